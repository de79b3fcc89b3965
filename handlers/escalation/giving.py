"""The verbs that pass a task on: if nobody has claimed it in time, or if it is not finished in time.

A rule goes through the door that a supervisor's reassignment goes through: whom the wall keeps from the task does
not get it. Where nobody behind the named role may have it, those above are asked in their order; where nobody at
all may, it stays where it is and those above are told. Nothing is decided, and nothing passes by itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handlers import office
from handlers.escalation.recipients import all_to_tell, behind, is_blocked, next_above, people_to_tell
from handlers.escalation.recording import record, tell
from workflows import tasks
from workflows.actor import Actor
from workflows.model import Task
from workflows.operations import Context, operation
from workflows.spans import Reached
from workflows.visibility import policy


@operation("escalation.reassign_if_not_claimed", use="rung")
def reassign_if_not_claimed(context: Context, *, reached: Reached) -> None:
    """Give a task that nobody has claimed to somebody behind `give_to`; where that is nobody, tell its candidates."""
    task = context.session.get_one(Task, context.task_id)
    if task.assignee is None:
        _pass_on(context, task, "reassign_if_not_claimed", reached)
        return
    kept = tell(context, task, "deadline.kept", reached, [])
    record(context, task, "deadline.kept", {**kept, "verb": "reassign_if_not_claimed", "has": task.assignee})


@operation("escalation.reassign_if_not_finished", use="rung")
def reassign_if_not_finished(context: Context, *, reached: Reached) -> None:
    """Take an unfinished task from whoever has it: for somebody behind `give_to`, or back to its candidates."""
    task = context.session.get_one(Task, context.task_id)
    _pass_on(context, task, "reassign_if_not_finished", reached)


def _pass_on(context: Context, task: Task, verb: str, reached: Reached) -> None:
    session, before = context.session, task.assignee
    if reached.give_to is None and task.candidates:
        code, told = _release(session, task), people_to_tell(session, task, "handler")
    elif chosen := _choose(session, task, reached.give_to or "head"):
        tasks.pass_on(session, task, chosen)
        code, told = "deadline.given", [chosen]
    else:
        code, told = "deadline.stranded", people_to_tell(session, task, reached.give_to or "head")
    also = [] if before in (None, task.assignee) else [before]
    told = [*told, *also, *all_to_tell(session, task, reached.recipients)]
    said = tell(context, task, code, reached, list(dict.fromkeys(login for login in told if login)))
    record(context, task, code, {**said, "verb": verb, "had": before, "has": task.assignee})


def _release(session: Session, task: Task) -> str:
    if task.assignee is not None:
        tasks.pass_on(session, task, None)
    return "deadline.released"


def _choose(session: Session, task: Task, asked: str | None) -> str | None:
    """Return who is to have the task: the least burdened of those behind the first recipient who may have it."""
    while asked is not None:
        people = (_present(session, task, login) for login in behind(session, task, asked))
        able = [login for login in people if login and _may_have(session, task, login)]
        if able:
            return _least_burdened(session, able)
        asked = next_above(asked)
    return None


def _present(session: Session, task: Task, login: str) -> str | None:
    """Return the login, or who stands in for it today."""
    if not office.is_away(session, login):
        return login
    return office.proxy_for(session, login, blocked=lambda one: is_blocked(session, task, one))


def _may_have(session: Session, task: Task, login: str) -> bool:
    return login != task.assignee and policy().may(session, Actor(login), "hold", task).allowed


def _least_burdened(session: Session, logins: Sequence[str]) -> str:
    burdens = select(Task.assignee, func.count()).where(Task.assignee.in_(logins), Task.closed_at.is_(None))
    has = {row[0]: int(row[1]) for row in session.execute(burdens.group_by(Task.assignee))}
    return min(logins, key=lambda login: (has.get(login, 0), login))
