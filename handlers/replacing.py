"""Who declares that he has to keep out, and who comes in the place of a handler who is out (监察法 67).

A clue has two handlers at least. Before the study the head assigns anew (a8); later another one is assigned beside
who is left, signs for the file and declares, and the step that is under way goes on with its draft and its limit.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from handlers.recusals import RECUSED, Recusal
from handlers.recusing import keep_out
from handlers.registers import Clue, ClueHandler, handling
from handlers.registers.numbers import next_number
from handlers.registers.record import (
    FEWEST_HANDLERS,
    Answers,
    clue_of,
    hand_over,
    handlers_of,
    note,
    receive,
    who,
)
from workflows import persistence, tasks
from workflows.errors import FieldError, InvalidInput
from workflows.model import Task, TaskCandidate
from workflows.operations import Context, operation

#: Stages in which the handlers are being assigned anyway.
ASSIGNING = frozenset({"assigning", "signing"})


@operation("clues.declare")
def declare(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Sign for the file and declare on recusal; who has to keep out is out of the matter in every role (a8)."""
    clue = clue_of(context)
    mine = _assignment(context, clue)
    said = handling.declare(context, answers=answers)
    if mine is not None and mine.recused:
        _recuse(context, clue, answers)
    return said


@operation("recusals.short_handed")
def short_handed(context: Context) -> dict[str, Any]:
    """Return whether the matter is left with too few handlers, and which office is to assign another."""
    clue = clue_of(context)
    under_way = clue.office_code is not None and clue.concluded_at is None and clue.stage not in ASSIGNING
    left = handlers_of(context.session, clue)
    short = under_way and _was_handled(context, clue) and len(left) < FEWEST_HANDLERS
    return {"short_handed": "yes" if short else "no", "office": clue.office_code or ""}


@operation("recusals.assign_handler")
def assign_handler(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Assign another handler of the office in the place of who is out."""
    clue, chosen = clue_of(context), answers["handler"]
    if chosen in handlers_of(context.session, clue):
        raise InvalidInput("He handles it already.", fields={"handler": FieldError("handler_already")})
    handling.check_handlers(context, clue, [chosen], field="handler")
    context.session.add(
        ClueHandler(clue_id=clue.id, login=chosen, assigned_by=who(context), assigned_at=context.now)
    )
    hand_over(context, clue, "assignment", to_login=chosen)
    note(context, clue, "clue.handler_added", login=chosen)
    return {"new_handler": chosen}


@operation("recusals.take_over")
def take_over(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Sign for the file and declare on recusal as the handler who comes in; then share in the steps under way."""
    clue = clue_of(context)
    receive(context, clue, "assignment")
    mine = _assignment(context, clue)
    if mine is None:
        # The step came to somebody else: who was to sign has been recused meanwhile.
        return {"recusal_new": "yes"}
    mine.declared_at = context.now
    if answers["recusal"] == "yes":
        mine.recused, mine.grounds = True, handling.grounds(answers)
        note(context, clue, "clue.recused", login=mine.login)
        _recuse(context, clue, answers)
        return {"recusal_new": "yes"}
    note(context, clue, "clue.declared", login=mine.login)
    _share(context, clue, mine.login)
    return {"recusal_new": "no"}


@operation("clues.current_handlers")
def current_handlers(context: Context) -> dict[str, Any]:
    """Return who handles the clue now, for the steps to come."""
    return {"handlers": handlers_of(context.session, clue_of(context))}


def _recuse(context: Context, clue: Clue, answers: Answers) -> None:
    """Keep who declares it out of the matter: nobody has to decide on what the law lets him say himself."""
    login = who(context)
    row = Recusal(
        number=next_number(context.session, "recusal", context.now),
        scope_id=clue.scope_id,
        login=login,
        state=RECUSED,
        ground=answers["grounds"],
        reason=answers.get("grounds_text") or "",
        asked_by=login,
        asked_at=context.now,
        decided_by=login,
        decided_at=context.now,
    )
    context.session.add(row)
    keep_out(context, clue, login)


def _share(context: Context, clue: Clue, login: str) -> None:
    """Offer the steps under way that are the handlers' by name to the new one, too."""
    session = context.session
    named = select(TaskCandidate.task_id).where(
        TaskCandidate.kind == "user", TaskCandidate.name.in_(handlers_of(context.session, clue))
    )
    theirs = select(Task).where(
        Task.scope_id == clue.scope_id, Task.closed_at.is_(None), Task.id.in_(named), Task.proxy == "handler"
    )
    for instance_id in sorted({task.instance_id for task in session.scalars(theirs)}):
        persistence.lock(session, instance_id)
    for task in session.scalars(theirs.execution_options(populate_existing=True)):
        tasks.offer_to(session, task, login, kind="user")


def _assignment(context: Context, clue: Clue) -> ClueHandler | None:
    mine = select(ClueHandler).where(
        ClueHandler.clue_id == clue.id, ClueHandler.login == who(context), ClueHandler.ended_at.is_(None)
    )
    return context.session.scalars(mine.order_by(ClueHandler.id.desc()).limit(1)).first()


def _was_handled(context: Context, clue: Clue) -> bool:
    return (
        context.session.scalar(select(ClueHandler.id).where(ClueHandler.clue_id == clue.id).limit(1))
        is not None
    )
