"""What is due: finding, leasing, firing, and what happens when firing fails.

A worker leases a few due timers in a short transaction of its own, then fires each in its own transaction,
which locks the instance first and reads the timer again: the same order as a clerk's completion. An instance
that is not due is never loaded. One broken timer never stops the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from workflows import clock, history, operations, persistence, starting
from workflows.actor import Actor
from workflows.errors import Conflict, EngineFault, NotFound
from workflows.ladder import LEVELS, Span, arm, load
from workflows.model import Incident, Instance, ProcessDefinition, ReminderRung, Task, Timer
from workflows.operations import Context

__all__ = ["Span", "arm", "due", "failed", "fire", "lease", "load_rungs", "next_due_at", "retry"]

MAX_ATTEMPTS = 5
FIRST_RETRY = timedelta(seconds=10)
RETRY_FACTOR = 4

load_rungs = load


def due(session: Session, limit: int = 100) -> Sequence[str]:
    """Return the ids of due timers that nobody has leased, in order of due time."""
    ready = select(Timer.id).where(_ready(clock.now())).order_by(Timer.due_at, Timer.id)
    return session.scalars(ready.limit(limit)).all()


def next_due_at(session: Session) -> datetime | None:
    """Return when the next waiting timer is due, None if none waits."""
    return session.scalar(select(func.min(Timer.due_at)).where(Timer.status == "waiting"))


def lease(
    session: Session, worker: str, limit: int = 20, length: timedelta = timedelta(minutes=2)
) -> list[str]:
    """Return the ids of due timers that are this worker's for a while, soonest first; commit at once.

    Two workers never get the same one: PostgreSQL skips rows that the other is taking, SQLite has one writer.
    """
    now = clock.now()
    ready = select(Timer.id).where(_ready(now)).order_by(Timer.due_at, Timer.id).limit(limit)
    ids = list(session.scalars(ready.with_for_update(skip_locked=True)))
    if not ids:
        return []
    taken = (
        update(Timer)
        .where(Timer.id.in_(ids), _ready(now))
        .values(leased_by=worker, leased_until=now + length)
    )
    got = set(session.scalars(taken.returning(Timer.id)))
    return [timer_id for timer_id in ids if timer_id in got]


def fire(session: Session, timer_id: str) -> bool:
    """Do what a due timer is for; return False if it is not due any more (done, cancelled, moved, suspended).

    An engine timer drains its instance, a rung calls its operation, a start begins an instance. Raises
    whatever the step raises: nothing of it may be committed, and the caller reports it to `failed`.
    """
    instance_id = session.scalar(select(Timer.instance_id).where(Timer.id == timer_id))
    instance = persistence.lock(session, instance_id) if instance_id else None
    fresh = select(Timer).where(Timer.id == timer_id).with_for_update()
    timer = session.scalars(fresh.execution_options(populate_existing=True)).one_or_none()
    if timer is None or timer.status != "waiting" or timer.due_at > clock.now():
        return False
    if instance is None:
        _start(session, timer)
    elif timer.kind == "ladder":
        _climb(session, timer, instance)
    else:
        _drain(session, timer, instance)
    return True


def failed(session: Session, timer_id: str, error: BaseException) -> str | None:
    """Note that firing failed: try again after 10 s, 40 s, 160 s …; after the fifth time raise an incident.

    Called in a transaction after the failed one. Returns the incident's id, if it came to that.
    """
    instance_id = session.scalar(select(Timer.instance_id).where(Timer.id == timer_id))
    if instance_id:
        persistence.lock(session, instance_id)
    timer = session.get(Timer, timer_id, with_for_update=True, populate_existing=True)
    if timer is None or timer.status != "waiting":
        return None
    timer.attempts += 1
    timer.leased_until = timer.leased_by = None
    if timer.attempts < MAX_ATTEMPTS:
        timer.retry_at = clock.now() + FIRST_RETRY * RETRY_FACTOR ** (timer.attempts - 1)
        return None
    timer.status = "failed"
    timer.retry_at = None
    return history.fault(
        session,
        kind="failedTimer",
        error=error,
        instance_id=timer.instance_id,
        timer_id=timer.id,
        element_id=timer.element_id,
    )


def retry(session: Session, incident_id: str, *, actor: Actor) -> None:
    """Let the timer of an open incident try again at once, and close the incident."""
    incident = session.get(Incident, incident_id)
    if incident is None:
        raise NotFound(f"There is no incident {incident_id}.")
    instance = persistence.lock(session, incident.instance_id) if incident.instance_id else None
    session.refresh(incident)
    if incident.resolved_at is not None:
        raise Conflict("The incident is already resolved.", code="resolved", by=incident.resolved_by)
    incident.resolved_at = clock.now()
    incident.resolved_by = actor.id
    timer = session.get(Timer, incident.timer_id, with_for_update=True) if incident.timer_id else None
    if timer is not None and timer.status == "failed":
        timer.status = "suspended" if instance is not None and instance.state == "suspended" else "waiting"
        timer.attempts = 0
        timer.retry_at = timer.leased_until = timer.leased_by = None
    history.record(
        session,
        actor=actor,
        act="incident.retry",
        instance_id=incident.instance_id,
        detail={"incident": incident_id},
    )


def _ready(now: datetime) -> ColumnElement[bool]:
    return and_(
        Timer.status == "waiting",
        Timer.due_at <= now,
        or_(Timer.leased_until.is_(None), Timer.leased_until < now),
        or_(Timer.retry_at.is_(None), Timer.retry_at <= now),
    )


def _drain(session: Session, timer: Timer, instance: Instance) -> None:
    due_at = timer.due_at
    with persistence.advance(session, instance, actor=None):
        pass  # leaving drains, and a due timer is what drains first
    if timer.status == "waiting" and timer.due_at == due_at:
        raise EngineFault(f"The timer {timer.element_id} is due but did not fire.", element=timer.element_id)
    _done(timer, again=timer.status == "waiting")
    _audit(session, "timer.fire", instance, {"element": timer.element_id})


def _climb(session: Session, timer: Timer, instance: Instance) -> None:
    """Reach a rung: the task shows the level, the rung's operation notifies and records."""
    rung = session.get_one(ReminderRung, (timer.ladder, timer.ladder_version, timer.rung))
    task = session.get_one(Task, timer.task_id, populate_existing=True)
    _done(timer)
    if LEVELS.index(rung.level) > LEVELS.index(task.level):
        task.level = rung.level
    context = Context(
        session=session,
        actor=None,
        now=clock.now(),
        instance_id=instance.id,
        definition_key=instance.definition_key,
        business_key=instance.business_key,
        scope_id=task.scope_id,
        element_id=task.element_id,
        task_id=task.id,
    )
    with persistence.alone(session, instance.id):
        operations.find(rung.operation)(context, **rung_arguments(rung))


def rung_arguments(rung: ReminderRung) -> dict[str, Any]:
    """Return what a rung's operation is called with, beside its context."""
    return {"rung": rung.rung, "level": rung.level, "recipients": tuple(rung.recipients.split())}


def _start(session: Session, timer: Timer) -> None:
    definition = session.get_one(ProcessDefinition, timer.definition_id)
    if not definition.suspended:
        begun = persistence.begin(session, definition, actor=None, start_node=timer.element_id)
        _audit(session, "instance.start", begun, {"definition": definition.id})
    _done(timer)
    following = starting.next_start(session, definition, timer.element_id or "", clock.now())
    if following is not None:
        starting.arm(session, definition, timer.element_id or "", following)


def _audit(session: Session, act: str, instance: Instance, detail: Mapping[str, Any]) -> None:
    history.record(
        session, actor=None, act=act, instance_id=instance.id, scope_id=instance.scope_id, detail=detail
    )


def _done(timer: Timer, *, again: bool = False) -> None:
    timer.leased_until = timer.leased_by = timer.retry_at = None
    timer.attempts = 0
    if not again:
        timer.status = "fired"
        timer.fired_at = clock.now()
