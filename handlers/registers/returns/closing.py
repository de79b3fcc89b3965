"""Closing a return: a signed list of what was transferred, or a signed nil return; or nobody asks any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.registers.model import MatterEvent
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, who
from handlers.registers.returns import paper
from handlers.registers.returns.model import PREFIX, AgencyReturn, ReturnedClue, ReturnPeriod
from handlers.registers.returns.reading import WAITING, Sent, is_late, listed
from workflows import instances, persistence, tasks
from workflows.actor import Actor
from workflows.errors import Conflict, EngineFault, FieldError, InvalidInput
from workflows.model import Task, TaskCandidate
from workflows.operations import Context, operation

#: The step at which an agency makes its return.
STEP = "a2"
#: Numbers that a refusal names.
SHOWN = 5


@operation("returns.close")
def close(context: Context, *, answers: Answers) -> None:
    """Take in an agency's signed return (a2): a list where clues were transferred, else a nil return.

    What contradicts the register is refused with a word that says what would be right; a return after the due
    day is late and says why.
    """
    row, period = _row(context)
    sent = listed(context.session, row)
    late = is_late(row, context.now)
    _check(answers, sent, late=late)
    row.kind, row.state = answers["kind"], _state(answers["kind"], late=late)
    row.number = next_number(context.session, "return", context.now)
    row.clues, row.ahead = len(sent), sum(one.ahead for one in sent)
    row.head_sign, row.reason = answers["head_sign"], (answers.get("reason") or "") if late else ""
    row.signed_by, row.signed_at = who(context), context.now
    context.session.add_all(
        ReturnedClue(clue_id=one.clue.id, return_id=row.id, ahead=one.ahead) for one in sent
    )
    paper.issue(context, row, period, sent)
    _note(context, row, f"return.{row.kind}", number=row.number, count=row.clues, late=late)


@operation("returns.likely", use="prefill")
def likely(context: Context) -> dict[str, Any]:
    """Return the kind of return that is right as things stand."""
    row, _ = _row(context)
    return {"kind": "batch" if listed(context.session, row) else "nil"}


@operation("returns.finish")
def finish(context: Context) -> None:
    """Close the period once nobody is waited for."""
    period = period_of(context)
    waiting = select(AgencyReturn.id).where(
        AgencyReturn.period_id == period.id, AgencyReturn.state.in_(WAITING)
    )
    context.session.flush()
    if context.session.scalar(waiting.limit(1)) is None:
        period.state, period.closed_at = "closed", context.now


def close_as(session: Session, row: AgencyReturn, *, actor: Actor, answers: Answers) -> None:
    """Complete the task behind a return, as the agency's clerk does on its page.

    `answers`: `kind` (batch nil), `head_sign`, `sign` (true), and `reason` where it is late. Raises Conflict
    (closed already, or a colleague has claimed it), NotFound, NotAllowed, InvalidInput naming fields.
    """
    task = task_of(session, row)
    if task is None:
        raise Conflict("The return is closed already.", code="return_closed")
    tasks.complete(session, task.id, actor=actor, answers=answers)


def task_of(session: Session, row: AgencyReturn) -> Task | None:
    """Return the open task of a return, None where it is closed."""
    offered = select(TaskCandidate.task_id).where(TaskCandidate.name == f"agency_clerk@{row.agency_code}")
    found = select(Task).where(Task.instance_id == row.instance_id, Task.element_id == STEP)
    return session.scalar(found.where(Task.closed_at.is_(None), Task.id.in_(offered)))


def return_of(session: Session, task: Task) -> AgencyReturn | None:
    """Return the return that a task is about, None for any other task."""
    if not (task.scope_id or "").startswith(PREFIX) or task.element_id != STEP:
        return None
    offered = select(TaskCandidate.name).where(TaskCandidate.task_id == task.id)
    codes = [name.removeprefix("agency_clerk@") for name in session.scalars(offered)]
    return session.scalar(
        select(AgencyReturn).where(
            AgencyReturn.instance_id == task.instance_id, AgencyReturn.agency_code.in_(codes)
        )
    )


def release(session: Session, row: AgencyReturn, *, actor: Actor, reason: str) -> None:
    """Let an agency off a return that it owes no more (it was dissolved, merged or struck off); say why.

    Raises Conflict where the return is closed, NotAllowed, InvalidInput without a reason.
    """
    if not reason.strip():
        raise InvalidInput("A reason is required.", fields={"reason": FieldError("required")})
    persistence.lock(session, row.instance_id)
    session.refresh(row, with_for_update=True)
    if row.state not in WAITING:
        raise Conflict("The return is closed already.", code="return_closed")
    row.state, row.reason = "released", reason.strip()
    row.signed_by = actor.id
    session.flush()
    instances.message(session, f"return_released_{row.agency_code}", actor=actor, instance_id=row.instance_id)


@operation("returns.note_release")
def note_release(context: Context, *, agency: str) -> None:
    """Leave a line in the period's record that the agency was let off."""
    row, _ = _row(context, agency)
    _note(context, row, "return.released")


def period_of(context: Context) -> ReturnPeriod:
    """Return the period that the step is about: by the matter, which no variable can change."""
    found = context.session.get(ReturnPeriod, (context.scope_id or "").removeprefix(PREFIX))
    if found is None:
        raise EngineFault("The matter is no return period.", element=context.element_id)
    return found


def _row(context: Context, agency: str | None = None) -> tuple[AgencyReturn, ReturnPeriod]:
    period = period_of(context)
    code = agency or context.variables.get("agency")
    wanted = select(AgencyReturn).where(
        AgencyReturn.period_id == period.id,
        AgencyReturn.agency_code == code,
        AgencyReturn.instance_id == context.instance_id,
    )
    found = context.session.scalar(wanted.with_for_update())
    if found is None:
        raise EngineFault(f"The period has no return of {code!r}.", element=context.element_id)
    return found, period


def _check(answers: Answers, sent: Sequence[Sent], *, late: bool) -> None:
    wrong: dict[str, FieldError] = {}
    if answers["kind"] == "nil" and sent:
        numbers = [one.clue.transfer_no for one in sent]
        wrong["kind"] = FieldError("return_not_nil", {"count": len(sent), "numbers": numbers[:SHOWN]})
    elif answers["kind"] == "batch" and not sent:
        wrong["kind"] = FieldError("return_empty")
    if late and not (answers.get("reason") or "").strip():
        wrong["reason"] = FieldError("return_late")
    if wrong:
        raise InvalidInput("The return is not what the register says.", fields=wrong)


def _state(kind: str, *, late: bool) -> str:
    if late:
        return "late"
    return "nil" if kind == "nil" else "returned"


def _note(context: Context, row: AgencyReturn, code: str, **params: Any) -> None:
    context.session.add(
        MatterEvent(
            scope_id=context.scope_id or "",
            at=context.now,
            actor=context.actor.id if context.actor else None,
            code=code,
            params={"agency": row.agency_code, **params},
        )
    )
