"""Open tasks by the day on which they are due: a person's, and whoever's conditions name; one query each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from workflows.actor import Actor
from workflows.model import NEVER, Task, TaskCandidate
from workflows.tasks.inbox import able, doable, offered_to
from workflows.visibility import policy

#: More than anybody reads in a month; asking for one more tells whether there are more.
MAX_DEADLINES = 1000


def mine(
    session: Session,
    actor: Actor,
    *,
    until: datetime,
    since: datetime | None = None,
    limit: int = MAX_DEADLINES,
) -> Sequence[Task]:
    """Return the actor's open tasks, and those that he may claim, due in [since, until), soonest first."""
    own = [Task.assignee == actor.id]
    return where(session, actor, own, offered=offered_to(actor), since=since, until=until, limit=limit)


def where(
    session: Session,
    actor: Actor,
    conditions: Sequence[ColumnElement[bool]],
    *,
    offered: Iterable[tuple[str, str]] = (),
    until: datetime,
    since: datetime | None = None,
    limit: int = MAX_DEADLINES,
) -> Sequence[Task]:
    """Return the open tasks due in [since, until) that the actor may see, soonest first.

    They meet any of the conditions over `Task`, or are to be claimed by any of the candidates (kind, name). Each of
    these is read off its index in its order, as inboxes are; instance and definition are loaded.
    """
    seen = policy().tasks(actor)
    arms = []
    for condition in conditions:
        arm = select(Task.id.label("task_id")).where(
            Task.closed_at.is_(None), *_between(Task.sorts_at, since, until), condition, seen
        )
        arms.append(select(arm.order_by(Task.sorts_at).limit(limit).subquery().c.task_id))
    for kind, name in offered:
        arm = (
            select(TaskCandidate.task_id)
            .join(Task, Task.id == TaskCandidate.task_id)
            .where(
                TaskCandidate.kind == kind,
                TaskCandidate.name == name,
                TaskCandidate.claimable,
                *_between(TaskCandidate.sorts_at, since, until),
                seen,
            )
        )
        arms.append(select(arm.order_by(TaskCandidate.sorts_at).limit(limit).subquery().c.task_id))
    return _loaded(session, select(Task).where(Task.id.in_(union_all(*arms))), limit)


def standing(session: Session, actor: Actor, *, limit: int = MAX_DEADLINES) -> Sequence[Task]:
    """Return the actor's open tasks, and those that he may claim, whose clock is paused: they are due on no day."""
    wanted = select(Task).where(Task.paused_at.is_not(None), doable(actor), policy().tasks(actor))
    return able(session, actor, _loaded(session, wanted.where(Task.sorts_at == NEVER), limit))


def _between(
    column: InstrumentedAttribute[datetime], since: datetime | None, until: datetime
) -> list[ColumnElement[bool]]:
    return [column < until, *([] if since is None else [column >= since])]


def _loaded(session: Session, wanted: Select[Task], limit: int) -> Sequence[Task]:
    rows = wanted.order_by(Task.sorts_at, Task.id).limit(limit)
    return session.scalars(rows.options(joinedload(Task.instance), joinedload(Task.definition))).all()
