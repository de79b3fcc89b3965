"""What runs, where it stands, how late it is and what has failed: numbers and lists for who operates the processes.

Each is of those instances that a condition over `Instance` lets through: the policy's for one actor, or all of them.
Faults, timers and jobs tell where an instance stands: they are for those from whom nothing of the run is hidden.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session, joinedload

from workflows import clock
from workflows.actor import Actor
from workflows.incidents import planned
from workflows.keyset import cursor, place
from workflows.model import Activity, Incident, Instance, Job, ProcessDefinition, Task, Timer
from workflows.visibility import policy

#: Passages of a version, the latest, over which the usual time of a step is taken.
PASSAGES = 5_000
#: Lines of one list.
MOST = 200


@dataclass
class Running:
    """What runs on one version."""

    definition: ProcessDefinition
    active: int = 0
    suspended: int = 0
    overdue: int = 0  #: open tasks behind their due date
    incidents: int = 0  #: open, of instances seen whole


@dataclass
class Step:
    """What stands at one element."""

    standing: int = 0
    overdue: int = 0
    usual: timedelta | None = None  #: mean time of the latest passages that came to their end


@dataclass(frozen=True)
class Page:
    """One page of instances, latest started first; `next` marks where the following begins."""

    rows: tuple[Instance, ...]
    next: str | None


def versions(session: Session, seen: ColumnElement[bool], whole: ColumnElement[bool]) -> list[Running]:
    """Return the versions on which something runs, by process, the newest first."""
    counted: dict[str, dict[str, int]] = defaultdict(dict)
    running = (Instance.ended_at.is_(None), seen)
    by_state = select(Instance.definition_id, Instance.state, func.count()).where(*running)
    for definition_id, state, number in session.execute(
        by_state.group_by(Instance.definition_id, Instance.state)
    ):
        counted[definition_id][state] = number
    late = select(Instance.definition_id, func.count()).join(Task, Task.instance_id == Instance.id)
    late = late.where(*running, *_late()).group_by(Instance.definition_id)
    faults = select(Instance.definition_id, func.count()).join(Incident, Incident.instance_id == Instance.id)
    faults = faults.where(whole, Incident.resolved_at.is_(None)).group_by(Instance.definition_id)
    for name, question in (("overdue", late), ("incidents", faults)):
        for definition_id, number in session.execute(question):
            counted[definition_id][name] = number
    rows = select(ProcessDefinition).where(ProcessDefinition.id.in_(counted))
    order = (ProcessDefinition.key, ProcessDefinition.version.desc())
    return [Running(row, **counted[row.id]) for row in session.scalars(rows.order_by(*order))]


def steps(
    session: Session, definition_id: str, seen: ColumnElement[bool], passages: ColumnElement[bool]
) -> dict[str, Step]:
    """Return what stands at each element of a version, and how long it usually does; `passages` is over `Activity`.

    What a process has called is counted with its caller.
    """
    found: dict[str, Step] = defaultdict(Step)
    of_version = (Instance.definition_id == definition_id, seen)
    standing = select(Activity.element_id, func.count()).join(Instance, Instance.id == Activity.instance_id)
    standing = standing.where(*of_version, passages, Instance.ended_at.is_(None), Activity.left_at.is_(None))
    for element, number in session.execute(standing.group_by(Activity.element_id)):
        found[element].standing = number
    late = select(Task.element_id, func.count()).join(Instance, Instance.id == Task.instance_id)
    late = late.where(*of_version, Task.stage.is_(None) | Task.element_id.in_(list(found)), *_late())
    for element, number in session.execute(late.group_by(Task.element_id)):
        found[element].overdue = number
    done = select(Activity.element_id, Activity.entered_at, Activity.left_at)
    done = done.join(Instance, Instance.id == Activity.instance_id)
    done = done.where(*of_version, passages, Activity.left_at.is_not(None), Activity.cancelled.is_(False))
    lasted: dict[str, list[timedelta]] = defaultdict(list)
    for element, entered_at, left_at in session.execute(done.order_by(Activity.id.desc()).limit(PASSAGES)):
        assert left_at is not None
        lasted[element].append(left_at - entered_at)
    for element, times in lasted.items():
        found[element].usual = sum(times, timedelta()) / len(times)
    return dict(found)


def instances(
    session: Session,
    actor: Actor,
    *,
    definition_id: str | None = None,
    text: str = "",
    state: str = "",
    element: str = "",
    overdue: bool = False,
    incident: bool = False,
    after: str | None = None,
    limit: int = 50,
) -> Page:
    """Return a page of the instances that the actor may see and that match.

    `text`: the beginning of a business key, or an id. `state`: one, or "running" for all that have not ended.
    """
    found = select(Instance).where(policy().instances(actor))
    if definition_id:
        found = found.where(Instance.definition_id == definition_id)
    if text:
        begins = Instance.business_key.startswith(text, autoescape=True)
        found = found.where(or_(begins, Instance.id == text))
    if state == "running":
        found = found.where(Instance.ended_at.is_(None))
    elif state:
        found = found.where(Instance.state == state)
    if element:
        here = select(Activity.instance_id).join(Instance, Instance.id == Activity.instance_id)
        here = here.where(
            Activity.element_id == element, Activity.left_at.is_(None), policy().passages(actor)
        )
        found = found.where(Instance.id.in_(here))
    if overdue:
        late = select(Task.instance_id).where(*_late(), policy().tasks(actor))
        found = found.where(Instance.id.in_(late))
    if incident:
        failed = select(Incident.instance_id).where(Incident.resolved_at.is_(None))
        found = found.where(Instance.id.in_(failed), policy().whole(actor))
    if after:
        found = found.where(tuple_(Instance.started_at, Instance.id) < place(after))
    found = found.order_by(Instance.started_at.desc(), Instance.id.desc())
    rows = session.scalars(found.limit(limit + 1).options(joinedload(Instance.definition))).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(tuple(rows[:limit]), cursor(last.started_at, last.id) if last else None)


def incidents(
    session: Session, actor: Actor, *, instance_id: str | None = None
) -> Sequence[tuple[Incident, Instance | None]]:
    """Return the open incidents of instances that the actor sees whole, the oldest first, at most `MOST`.

    Those where nothing was started, which belong to no instance, are for who may start the process.
    """
    found = select(Incident, Instance).outerjoin(Instance, Instance.id == Incident.instance_id)
    found = found.where(Incident.resolved_at.is_(None))
    if instance_id:
        found = found.where(Incident.instance_id == instance_id)
    of_none = and_(Incident.instance_id.is_(None), Incident.definition_id.is_not(None))
    found = found.where(or_(policy().whole(actor), of_none))
    rows: Any = session.execute(found.order_by(Incident.created_at, Incident.id).limit(MOST)).all()
    return [
        (incident, instance)
        for incident, instance in rows
        if instance is not None
        or policy().may(session, actor, "start", planned(session, incident, actor)).allowed
    ]


def timers(
    session: Session, actor: Actor, *, instance_id: str | None = None, trying: bool = False
) -> Sequence[tuple[Timer, Instance]]:
    """Return what waits for its time, or has failed, the next one first, at most `MOST`; `trying`: has failed once."""
    return _pending(session, Timer, actor, instance_id, trying)


def jobs(
    session: Session, actor: Actor, *, instance_id: str | None = None, trying: bool = False
) -> Sequence[tuple[Job, Instance]]:
    """Return the jobs that are to be done, or have failed; as `timers`."""
    return _pending(session, Job, actor, instance_id, trying)


def _pending(
    session: Session, kind: Any, actor: Actor, instance_id: str | None, trying: bool
) -> Sequence[tuple[Any, Instance]]:
    found = select(kind, Instance).join(Instance, Instance.id == kind.instance_id)
    found = found.where(kind.status.in_(("waiting", "suspended", "failed")), policy().whole(actor))
    if instance_id:
        found = found.where(kind.instance_id == instance_id)
    if trying:
        found = found.where(or_(kind.attempts > 0, kind.status == "failed"))
    rows = session.execute(found.order_by(kind.due_at, kind.id).limit(MOST)).all()
    return [(row, instance) for row, instance in rows]


def _late() -> Collection[ColumnElement[bool]]:
    return Task.closed_at.is_(None), Task.due_at <= clock.now()


def next_try(row: Timer | Job) -> datetime | None:
    """Return when a timer or job is tried next; None for one that waits for an operator."""
    return None if row.status != "waiting" else max(row.due_at, row.retry_at or row.due_at)
