"""What happens when a holiday plan is taken in: due dates that it touches are counted again, each on record.

The plan and a job are one transaction. The job looks for the tasks and timers whose due dates change, a slice at
a time, and leaves each instance to a job of its own, which takes that instance's lock. It looks twice: what was
being written by the old calendar while it first looked is there the second time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from workflows import audit, clock, moving, persistence, plans, recounting_timers
from workflows.calendar import Plan
from workflows.model import CalendarYear, Instance, Job, Task, new_id
from workflows.persistence import deadlines
from workflows.persistence.deadlines import Deadline

KIND = "recount"
SLICE = 500
#: Longer than any transaction may take.
AGAIN_AFTER = timedelta(minutes=5)
LOOKS = 2


def take_in(session: Session, plan: Plan, *, by: str, reason: str | None = None) -> CalendarYear | None:
    """Write a holiday plan and what counts its deadlines again; None where it is loaded already.

    `InvalidInput` names the lines that contradict what is loaded, unless there is a reason.
    """
    taken = plans.add(session, plan, by=by, reason=reason)
    if taken is None:
        return None
    detail = {"year": taken.year, "jurisdiction": taken.jurisdiction, "version": taken.version, "by": by}
    audit.record(session, actor=None, act="calendar.load", detail=detail | {"reason": reason})
    session.execute(insert(Job), [_job(f"{KIND}:{taken.id}", {"plan": taken.id, "after": "", "look": 1})])
    return taken


def spread(session: Session, payload: Mapping[str, Any]) -> tuple[dict[str, Any], timedelta] | None:
    """Leave the next slice's instances to jobs of their own; return how and when to go on, None at the end."""
    plan = session.get_one(CalendarYear, payload["plan"])
    of = payload.get("of", "tasks")
    if of == "tasks":
        touched, after = _tasks(session, _first(plan), payload["after"])
    else:
        touched, after = recounting_timers.touched(session, _first(plan), payload["after"], SLICE)
    if after is None and of == "timers":
        touched = [*touched, *recounting_timers.kept(session)]
    _leave(session, plan, payload, sorted(set(touched)))
    if after is not None:
        return {**payload, "after": after}, timedelta(0)
    if of == "tasks":
        return {**payload, "of": "timers", "after": ""}, timedelta(0)
    if payload["look"] < LOOKS:
        return {**payload, "of": "tasks", "after": "", "look": payload["look"] + 1}, AGAIN_AFTER
    return None


def _tasks(session: Session, since: datetime, after: str) -> tuple[Sequence[str], str | None]:
    """Return the instances of which a due date changes, of the next slice of tasks, and where to go on."""
    tasks = session.scalars(
        select(Task)
        .where(Task.closed_at.is_(None), Task.due_at >= since, Task.id > after)
        .order_by(Task.id)
        .limit(SLICE)
    ).all()
    moving = [task.instance_id for task in tasks if _counted_again(session, task)]
    return moving, tasks[-1].id if len(tasks) == SLICE else None


def _leave(
    session: Session, plan: CalendarYear, payload: Mapping[str, Any], instances: Sequence[str]
) -> None:
    """Write a job for each instance that has none of this look yet."""
    keys = {f"{KIND}:{plan.id}:{payload['look']}:{instance}": instance for instance in instances}
    known = set(session.scalars(select(Job.key).where(Job.key.in_(keys))))
    if new := [_job(key, dict(payload), keys[key]) for key in keys if key not in known]:
        session.execute(insert(Job), new)


def recount(session: Session, instance: Instance, plan_id: str) -> None:
    """Count the timers and open tasks of a locked instance again; every change is on record: old, new and why."""
    plan = session.get_one(CalendarYear, plan_id)
    recounting_timers.recount(session, instance, plan, _first(plan))
    still_open = select(Task).where(Task.instance_id == instance.id, Task.closed_at.is_(None))
    for task in session.scalars(still_open.order_by(Task.id)):
        if found := _counted_again(session, task):
            with persistence.alone(session, instance.id):
                why = _why(task, found, plan)
                moving.move(session, instance, task, found, use=KIND, why=why)


def _counted_again(session: Session, task: Task) -> Deadline | None:
    """Return the deadline that the present calendar gives, None where it is the one that the task has."""
    found = deadlines.again(session, task)
    if found is None or task.paused_at is not None:
        return None  # what stands is counted by the calendar of the day on which it runs again
    if found.explained == task.due_explained and found.due_at == task.due_at:
        return None
    return found


def _why(task: Task, found: Deadline, plan: CalendarYear) -> dict[str, Any]:
    return {
        "was_provisional": task.due_provisional,
        "provisional": found.provisional,
        "year": plan.year,
        "jurisdiction": plan.jurisdiction,
        "plan_version": plan.version,
        "reason": plan.reason,
    }


def _first(plan: CalendarYear) -> datetime:
    """Return the first instant that a plan may touch: it may reach into the December before."""
    return datetime.combine(date(plan.year - 1, 12, 1), time(), clock.office_zone()).astimezone(UTC)


def _job(key: str, payload: dict[str, Any], instance_id: str | None = None) -> dict[str, Any]:
    return {
        "id": new_id(),
        "kind": KIND,
        "key": key,
        "instance_id": instance_id,
        "origin_id": instance_id,
        "payload": payload,
        "created_at": clock.now(),
        "due_at": clock.now(),
    }
