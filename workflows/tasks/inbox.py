"""The inboxes: what is mine, what my groups may claim, what is theirs for whom I stand in, open, done by me.

Each page is read off an index in its order, so that it costs the same with 100,000 open tasks as with ten;
what the actor may not see is not in it and not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session, aliased, joinedload

from workflows.actor import Actor
from workflows.errors import InvalidInput
from workflows.keyset import cursor, place
from workflows.model import Instance, Task, TaskCandidate
from workflows.visibility import policy

BOXES = ("mine", "groups", "others", "open", "done")
#: Of these, what is offered: to the actor, or to those for whom he stands in.
OFFERED = ("groups", "others")
MAX_LIMIT = 1000
SORTS = {
    "due": Task.sorts_at,
    "created": Task.created_at,
    "name": Task.name,
    "priority": Task.priority,
    "assignee": Task.assignee,
    "id": Task.id,
}


@dataclass(frozen=True)
class Page:
    """One page of tasks, their instances and definitions loaded; `next` marks where the following begins."""

    rows: tuple[Task, ...]
    next: str | None


@dataclass(frozen=True)
class TaskFilter:
    """What a listing is narrowed to; None leaves a thing open."""

    text: str | None = None  #: in the name, the English name, or the business key
    level: str | None = None
    element_id: str | None = None
    name: str | None = None
    name_like: str | None = None  #: SQL pattern with %
    definition_key: str | None = None
    definition_id: str | None = None
    instance_id: str | None = None
    business_key: str | None = None
    scope_id: str | None = None
    assignee: str | None = None
    assigned: bool | None = None
    candidate_group: str | None = None
    candidate_user: str | None = None
    suspended: bool | None = None
    priority: int | None = None
    due_before: datetime | None = None
    due_after: datetime | None = None
    follow_up_before: datetime | None = None
    created_before: datetime | None = None
    created_after: datetime | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """Yield what the filter says, over `Task`."""
        for field in fields(self):
            if (value := getattr(self, field.name)) is not None:
                yield _CONDITIONS[field.name](value)


def listing(
    session: Session,
    actor: Actor,
    *,
    box: str = "open",
    limit: int = 50,
    after: str | None = None,
    offset: int = 0,
    sort: str | None = None,
    descending: bool = False,
    **narrowed: Any,
) -> Page:
    """Return a page of a box (`mine`, `groups`, `others`, `open`, `done`), soonest due first, `done` latest first.

    `after` is the `next` of the page before. `sort` (see `SORTS`) and `offset` serve interfaces that page by
    number, and not of what is offered. `narrowed` are fields of `TaskFilter`.
    """
    size = max(1, min(limit, MAX_LIMIT))
    behind, asked = place(after) if after else None, TaskFilter(**narrowed)
    if box in OFFERED:
        if sort or offset:
            raise InvalidInput(f"The box {box!r} is paged by its own order alone.", code="sort")
        rows = _takeable(session, actor, box, asked, behind, size + 1, partial(_loaded, session))
    else:
        wanted = _box(actor, box, asked, behind).order_by(*_order(box, sort, descending))
        rows = list(_loaded(session, wanted.offset(offset or None).limit(size + 1)))
    more = len(rows) > size and sort is None
    return Page(tuple(rows[:size]), _mark(box, rows[size - 1]) if more else None)


def count(
    session: Session, actor: Actor, *, box: str = "open", at_most: int | None = None, **narrowed: Any
) -> int:
    """Return how many tasks a box has, or `at_most` if there are at least so many."""
    if box in OFFERED:
        return len(
            _takeable(session, actor, box, TaskFilter(**narrowed), None, at_most, partial(_said, session))
        )
    wanted = _box(actor, box, TaskFilter(**narrowed), None).with_only_columns(Task.id)
    found = wanted.limit(at_most).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


def doable(actor: Actor) -> ColumnElement[bool]:
    """Return the condition over `Task` of what is the actor's, or offered to him; `withheld` is asked besides."""
    mine = or_(Task.assignee == actor.id, and_(Task.assignee.is_(None), _offered(actor)))
    return and_(Task.closed_at.is_(None), mine)


def able(session: Session, actor: Actor, tasks: Iterable[Task]) -> list[Task]:
    """Return those of the tasks, his or offered to him, that no other duty of the actor keeps him from."""
    asked = list(tasks)
    out = policy().withheld(session, actor, asked)
    return [task for task in asked if task.assignee == actor.id or task.id not in out]


def next_of(session: Session, instance_id: str, actor: Actor) -> Sequence[Task]:
    """Return the open tasks of an instance that the actor may do, soonest due first."""
    wanted = select(Task).where(Task.instance_id == instance_id, doable(actor), policy().tasks(actor))
    return able(session, actor, session.scalars(wanted.order_by(Task.sorts_at, Task.id)))


def _takeable(
    session: Session,
    actor: Actor,
    box: str,
    narrowed: TaskFilter,
    behind: tuple[datetime, str] | None,
    most: int | None,
    fetch: Callable[[Select[Task]], Iterable[Any]],
) -> list[Any]:
    """Return so many of a box of what is offered, from a place on, and no other duty of the actor keeps him from.

    Duties are asked of the rows of a page: within the arms that make it, they would cost more than all the rest.
    """
    arms = _others if box == "others" else _groups
    found: list[Any] = []
    while True:
        size = min(most or MAX_LIMIT, MAX_LIMIT)
        wanted = select(Task).where(arms(actor, tuple(narrowed.conditions()), behind, size))
        rows = list(fetch(wanted.order_by(*_order(box, None, False)).limit(size)))
        out = policy().withheld(session, actor, rows)
        found += [row for row in rows if row.id not in out]
        if len(rows) < size or (most is not None and len(found) >= most):
            return found[:most]
        behind = (rows[-1].sorts_at, rows[-1].id)


def _said(session: Session, wanted: Select[Task]) -> Iterable[Any]:
    """Return of tasks no more than counting asks for."""
    columns = (Task.id, Task.sorts_at, Task.duty, Task.act, Task.stage)
    return session.execute(wanted.with_only_columns(*columns))


def _loaded(session: Session, wanted: Select[Task]) -> Iterable[Task]:
    return session.scalars(wanted.options(joinedload(Task.instance), joinedload(Task.definition)))


def _box(actor: Actor, box: str, narrowed: TaskFilter, behind: tuple[datetime, str] | None) -> Select[Task]:
    """Return the tasks of a box, other than of what is offered, behind a place."""
    if box not in BOXES:
        raise InvalidInput(f"There is no box {box!r}; there are: {', '.join(BOXES)}.", code="box")
    wanted = select(Task).where(policy().tasks(actor), *narrowed.conditions())
    if box == "done":
        wanted = wanted.where(Task.closed_by == actor.id, Task.outcome == "completed")
        return wanted.where(tuple_(Task.closed_at, Task.id) < behind) if behind else wanted
    wanted = wanted.where(Task.closed_at.is_(None))
    if box == "mine":
        wanted = wanted.where(Task.assignee == actor.id)
    return wanted.where(tuple_(Task.sorts_at, Task.id) > behind) if behind else wanted


def _groups(
    actor: Actor, narrowed: Sequence[ColumnElement[bool]], behind: tuple[datetime, str] | None, first: int
) -> ColumnElement[bool]:
    """Return the condition that a task is offered to the actor: so many, soonest due, are enough."""
    conditions = [policy().tasks(actor), *narrowed]
    return among_offered(offered_to(actor), conditions, behind=behind, first=first)


def _others(
    actor: Actor, narrowed: Sequence[ColumnElement[bool]], behind: tuple[datetime, str] | None, first: int
) -> ColumnElement[bool]:
    """Return the condition that a task is his for whom the actor stands in, and not the actor's to do anyway."""
    theirs = or_(Task.assignee.is_not(None), not_(_offered(actor)))
    conditions = [policy().for_others(actor), theirs, *narrowed]
    arms: list[ColumnElement[bool]] = []
    for one in actor.stands_in:
        mine = select(Task.id).where(Task.assignee == one.id, Task.closed_at.is_(None), *conditions)
        if behind:
            mine = mine.where(tuple_(Task.sorts_at, Task.id) > behind)
        mine = mine.order_by(Task.sorts_at, Task.id).limit(first)
        arms.append(Task.id.in_(select(mine.subquery().c.id)))
        # What is offered to groups of both is the actor's own: a long list of it need not be read to find nothing.
        offered = offered_to(Actor(one.id, one.groups - actor.groups))
        arms.append(among_offered(offered, conditions, behind=behind, first=first))
    return or_(false(), *arms)


def among_offered(
    offered: Iterable[tuple[str, str]],
    conditions: Sequence[ColumnElement[bool]],
    *,
    behind: tuple[datetime, str] | None = None,
    first: int | None = None,
) -> ColumnElement[bool]:
    """Return the condition that a task meets these and is anybody's of these candidates (kind, name) to claim.

    `first`: so many, soonest due, behind a place are enough; those of each candidate are read off the index, and merged.
    """
    arms = []
    for kind, name in offered:
        arm = select(TaskCandidate.task_id).join(Task, Task.id == TaskCandidate.task_id)
        arm = arm.where(
            TaskCandidate.kind == kind, TaskCandidate.name == name, TaskCandidate.claimable, *conditions
        )
        if behind:
            arm = arm.where(tuple_(TaskCandidate.sorts_at, TaskCandidate.task_id) > behind)
        if first is not None:
            arm = arm.order_by(TaskCandidate.sorts_at, TaskCandidate.task_id).limit(first)
        # A bare ORDER BY inside a UNION is no SQL to SQLite.
        arms.append(select(arm.subquery().c.task_id))
    return Task.id.in_(union_all(*arms))


def _offered(actor: Actor) -> ColumnElement[bool]:
    # An alias: asked within what reads the candidates itself.
    named = aliased(TaskCandidate)
    return exists().where(
        named.task_id == Task.id,
        or_(
            and_(named.kind == "user", named.name == actor.id),
            and_(named.kind == "group", named.name.in_(sorted(actor.groups))),
        ),
    )


def offered_to(actor: Actor) -> Iterator[tuple[str, str]]:
    """Yield kind and name of every candidate that the actor is."""
    yield "user", actor.id
    for group in sorted(actor.groups):
        yield "group", group


def _order(box: str, sort: str | None, descending: bool) -> tuple[Any, ...]:
    if sort is not None:
        if sort not in SORTS:
            raise InvalidInput(f"Tasks are not sorted by {sort!r} but by {', '.join(SORTS)}.", code="sort")
        column = SORTS[sort]
        return (column.desc() if descending else column.asc(), Task.id)
    return (Task.closed_at.desc(), Task.id.desc()) if box == "done" else (Task.sorts_at, Task.id)


def _mark(box: str, task: Task) -> str:
    if box == "done" and task.closed_at:
        return cursor(task.closed_at, task.id)
    return cursor(task.sorts_at, task.id)


def _candidate(kind: str, name: str) -> ColumnElement[bool]:
    return exists().where(
        TaskCandidate.task_id == Task.id, TaskCandidate.kind == kind, TaskCandidate.name == name
    )


def _of_instance(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Instance.id == Task.instance_id, condition)


def _contains(text: str) -> ColumnElement[bool]:
    return or_(
        Task.name.icontains(text, autoescape=True),
        Task.name_en.icontains(text, autoescape=True),
        _of_instance(Instance.business_key.icontains(text, autoescape=True)),
    )


_CONDITIONS = {
    "text": _contains,
    "level": lambda value: Task.level == value,
    "element_id": lambda value: Task.element_id == value,
    "name": lambda value: Task.name == value,
    "name_like": lambda value: Task.name.like(value),
    "definition_key": lambda value: _of_instance(Instance.definition_key == value),
    "definition_id": lambda value: Task.definition_id == value,
    "instance_id": lambda value: Task.instance_id == value,
    "business_key": lambda value: _of_instance(Instance.business_key == value),
    "scope_id": lambda value: Task.scope_id == value,
    "assignee": lambda value: Task.assignee == value,
    "assigned": lambda value: Task.assignee.is_not(None) if value else Task.assignee.is_(None),
    "candidate_group": lambda value: _candidate("group", value),
    "candidate_user": lambda value: _candidate("user", value),
    "suspended": lambda value: Task.suspended.is_(value),
    "priority": lambda value: Task.priority == value,
    "due_before": lambda value: Task.due_at < value,
    "due_after": lambda value: Task.due_at > value,
    "follow_up_before": lambda value: or_(Task.follow_up_at.is_(None), Task.follow_up_at < value),
    "created_before": lambda value: Task.created_at < value,
    "created_after": lambda value: Task.created_at > value,
}
