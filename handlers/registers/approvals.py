"""Approval level by level, as other processes call it (`bpmn/approval`): opinions of A2, A3, A4, and A5's as recorded.

What is asked for is named by the variable `about`, a code of `codes/approval_subjects.csv`; opinions are kept under it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from handlers import codes, office
from handlers.registers.model import Clue, Opinion
from handlers.registers.record import Answers, clue_of, note, parties, sign
from workflows.errors import EngineFault, FieldError, InvalidInput, NotAllowed
from workflows.operations import Context, operation

#: Who may sign at a level: whoever is asked because nobody below may.
LEVELS = {
    "a2": frozenset({"office_head", "case_supervision_head", "leader", "principal"}),
    "a3": frozenset({"leader", "principal"}),
    "a4": frozenset({"principal"}),
    "a5": frozenset({"principal"}),
}
PREFIX = "approve_"


@operation("approvals.decide")
def decide(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Agree, return or refuse as A2, A3 or A4; the element is `approve_a2` and so on (domain §2.3)."""
    decision, opinion = answers["decision"], answers.get("opinion") or ""
    if decision != "agree" and not opinion.strip():
        raise InvalidInput("Say why.", fields={"opinion": FieldError("required")})
    return _decided(context, decision, opinion)


@operation("approvals.record_committee")
def record_committee(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Record what the principal of the Party committee at the same level decided (A5)."""
    detail = {"decided_on": answers["decided_on"], "document_no": answers.get("document_no") or ""}
    return _decided(context, answers["decision"], answers["opinion"], detail)


def about(context: Context) -> str:
    """Return what a shared part was called about; EngineFault where its caller does not say, or says nonsense."""
    found = str(context.variables.get("about") or "")
    if found not in {row["code"] for row in codes.rows("approval_subjects")}:
        raise EngineFault(
            f"What is asked for here is not said: about = {found!r}.", element=context.element_id
        )
    return found


def demand(context: Context, subject: str, lowest: str, since: datetime) -> None:
    """Refuse what nobody has approved: EngineFault unless the last opinion since an instant agrees, at a level or above.

    What cannot be undone asks the register itself, not the variables of a diagram that anybody may redraw.
    """
    levels = sorted(LEVELS)
    signed = select(Opinion).where(
        Opinion.clue_id == clue_of(context).id,
        Opinion.step.in_([step(subject, level) for level in levels]),
        Opinion.signed_at >= since,
    )
    last = context.session.scalars(signed.order_by(Opinion.id.desc()).limit(1)).first()
    enough = {step(subject, level) for level in levels[levels.index(lowest) :]}
    if last is None or last.decision != "agree" or last.step not in enough:
        raise EngineFault(
            f"{subject} has not been approved by {lowest.upper()} or above.", element=context.element_id
        )


def step(subject: str, level: str) -> str:
    """Return under which step the opinion of a level is kept: `filing_a4`."""
    return f"{subject}_{level}"


def _decided(
    context: Context, decision: str, opinion: str, detail: dict[str, Any] | None = None
) -> dict[str, Any]:
    level = (context.element_id or "").removeprefix(PREFIX)
    if level not in LEVELS:
        raise EngineFault(f"An approval is a step {PREFIX}a2, a3, a4 or a5.", element=context.element_id)
    office.require(context.actor, LEVELS[level])
    clue, subject = clue_of(context), about(context)
    if level != "a5":
        _once(context, clue, subject, level)
    sign(context, clue, step(subject, level), decision, opinion, detail)
    note(context, clue, f"approval.{decision}", about=subject, level=level.upper())
    return {f"decision_{level}": decision, "decision": decision}


def _once(context: Context, clue: Clue, subject: str, level: str) -> None:
    """Refuse who signed at another level of the same application by proxy or for one: each level is a person's."""
    others = [step(subject, other) for other in LEVELS if other not in (level, "a5")]
    signed = select(Opinion).where(Opinion.clue_id == clue.id, Opinion.step.in_(others))
    mine, stand_ins = parties(context), len(parties(context)) > 1
    for row in context.session.scalars(signed):
        if (stand_ins or row.on_behalf_of) and not mine.isdisjoint({row.login, row.on_behalf_of}):
            raise NotAllowed("Nobody signs at two levels of approval, by proxy or for one.", code="proposer")
