"""What of somebody's work another may see and do for him while he is away, as SQL and as a check.

Only the share that is passed on stands here; that both may work in the matter at all is asked where the wall
asks it of everybody. Who stands in for whom today, and for which roles: `handlers.office`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select
from sqlalchemy.orm import Session

from handlers.office import Person
from handlers.recusals import RECUSED, blocking, state_of
from handlers.registers import ClueSubject
from handlers.wall.rules import PREFIX
from workflows.actor import Actor, StandIn
from workflows.model import ProcessDefinition, Task, TaskCandidate

#: Of a step: it is done in person only.
IN_PERSON = "none"
#: What may be done in another's place: never to pass a task on, nor anything with a whole matter.
ACTS = frozenset({"see", "claim", "release", "complete"})


def share(one: StandIn, task: Any) -> ColumnElement[bool]:
    """Return the condition that an open task is his who is away, and of what he passes on."""
    to_him = and_(TaskCandidate.kind == "user", TaskCandidate.name == one.id)
    to_them = and_(TaskCandidate.kind == "group", TaskCandidate.name.in_(sorted(one.groups)))
    named = task.proxy.in_(sorted(one.groups))
    if one.everything:
        mine, free = task.assignee == one.id, _offered(task, or_(to_him, to_them))
    else:
        mine = and_(task.assignee == one.id, or_(named, _offered(task, to_them)))
        free = or_(_offered(task, to_them), and_(named, _offered(task, to_him)))
    passed = [task.closed_at.is_(None), or_(task.proxy.is_(None), task.proxy != IN_PERSON)]
    if one.process is not None:
        of_process = select(ProcessDefinition.id).where(ProcessDefinition.key == one.process)
        passed.append(task.definition_id.in_(of_process))
    return and_(*passed, or_(mine, and_(task.assignee.is_(None), free)))


def has_share(session: Session, one: StandIn, task: Task) -> bool:
    """Whether an open task is his who is away, and of what he passes on."""
    if task.closed_at is not None or task.proxy == IN_PERSON or task.assignee not in (None, one.id):
        return False
    if one.process is not None:
        definition = session.get_one(ProcessDefinition, task.definition_id)
        if definition.key != one.process:
            return False
    to_them = any(row.kind == "group" and row.name in one.groups for row in task.candidates)
    to_him = any(row.kind == "user" and row.name == one.id for row in task.candidates)
    by_name = one.everything or task.proxy in one.groups
    return to_them or (by_name and (task.assignee is not None or to_him))


def passed(actor: Actor, task: Any) -> list[ColumnElement[bool]]:
    """Return the conditions, one for each for whom the actor stands in, that a task is passed on to him."""
    return [and_(share(one, task), open_to(actor, one, task.scope_id)) for one in actor.stands_in]


def is_passed(session: Session, actor: Actor, task: Task) -> bool:
    """Whether a task is passed on to the actor by somebody for whom he stands in."""
    return any(
        has_share(session, one, task) and is_open_to(session, actor, one, task.scope_id)
        for one in actor.stands_in
    )


def open_to(actor: Actor, one: StandIn, scope_id: Any) -> ColumnElement[bool]:
    """Return the condition that no recusal bars one of them, and that the matter is not about who stands in."""
    barred = [blocking(login, scope_id) for login in (one.id, *one.via)]
    return not_(or_(_about(actor.id, scope_id), *barred))


def is_open_to(session: Session, actor: Actor, one: StandIn, scope_id: str | None) -> bool:
    """Whether no recusal bars one of them, and the matter is not about who stands in."""
    if any(state_of(session, login, scope_id) == RECUSED for login in (one.id, *one.via)):
        return False
    return not is_about(session, actor.id, scope_id)


def is_about(session: Session, login: str, scope_id: str | None) -> bool:
    """Whether the matter is about somebody who is called like the person who signs in so."""
    return bool(session.scalar(select(_about(login, scope_id or ""))))


def _about(login: str, scope_id: Any) -> ColumnElement[bool]:
    clue_id = func.substr(scope_id, len(PREFIX) + 1)
    named = select(ClueSubject.id).join(Person, Person.name == ClueSubject.name)
    return exists(
        named.where(ClueSubject.clue_id == clue_id, Person.login == login).correlate_except(
            ClueSubject, Person
        )
    )


def _offered(task: Any, to: ColumnElement[bool]) -> ColumnElement[bool]:
    # Looked up by its key for each task that is judged: see `offered`.
    named = select(TaskCandidate.task_id).where(TaskCandidate.task_id == task.id, to)
    return exists(named.correlate(task).offset(0))
