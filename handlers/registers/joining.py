"""Joining a clue to an earlier one about the same facts; what becomes of that one is its result, too (domain x5).

A joined clue waits for the end of the original, by a signal that names it, and then tells its own agency and its
own reporter as any clue does.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from handlers import links
from handlers.registers import intake
from handlers.registers.model import Clue
from handlers.registers.record import Answers, clue_of, move, note
from workflows.errors import EngineFault
from workflows.operations import Context, Recorded, operation

#: Stages at which nothing more becomes of a clue.
ENDED = ("returned", "transferred", "fed_back")


@operation("clues.join")
def join(context: Context, *, clue_id: str) -> dict[str, Any]:
    """Join the clue to the earlier one that it repeats, and tell whether that has ended; both records say so."""
    clue = clue_of(context, clue_id)
    original = _locked(context, clue)
    links.link(context.session, original.scope_id, clue.scope_id)
    note(context, original, "clue.repeated", number=clue.clue_no or clue.transfer_no)
    move(context, clue, "joined", number=original.clue_no or original.transfer_no)
    ended = original.concluded_at is not None or original.stage in ENDED
    return {"original_id": original.id, "original": "ended" if ended else "open"}


@operation("clues.follow_original")
def follow_original(context: Context, *, clue_id: str) -> dict[str, Any]:
    """Conclude the clue with the original: limits run from the same day, and the same office has the result.

    A clue without a number of its own has no handlers: the case-supervision office tells its agency.
    """
    clue = clue_of(context, clue_id)
    original = context.session.get_one(Clue, clue.duplicate_of)
    clue.concluded_at = original.concluded_at or context.now
    clue.office_code = clue.office_code or original.office_code
    note(context, clue, "clue.original_ended", number=original.clue_no or original.transfer_no)
    move(context, clue, "concluded", way="JN")
    return {
        "concluded_at": clue.concluded_at.isoformat(),
        "feedback_by": "office" if clue.clue_no else "case_supervision",
    }


@operation("clues.original_result", use="prefill")
def original_result(context: Context) -> dict[str, Any]:
    """Return what the agency of the original was told, if it was told by now."""
    original = context.session.get(Clue, clue_of(context).duplicate_of)
    return {"text": original.feedback} if original and original.feedback else {}


def take_up(context: Context, clue: Clue) -> None:
    """Make a joined clue without a number one of its own: there is new evidence, and it is to be registered."""
    original = context.session.get_one(Clue, clue.duplicate_of)
    clue.duplicate_of = clue.concluded_at = clue.office_code = None
    note(context, clue, "clue.related", number=original.clue_no or original.transfer_no)
    note(context, original, "clue.related", number=clue.transfer_no)
    move(context, clue, "received", receipt=clue.receipt_no)


@operation("clues.begin_again")
def begin_again(context: Context, *, answers: Answers) -> Recorded:
    """Begin the course of a joined clue that is taken up by itself; T11 runs from now."""
    clue = clue_of(context)
    if context.actor is not None or clue.stage != "received" or clue.clue_no is not None:
        raise EngineFault("The clue is not to be taken up.", element=context.element_id)
    clue.instance_id = context.instance_id
    known = intake.variables(context.session, clue, otherwise=clue.submitted_by)
    # The reporter was told that it is accepted, and T08 is watched on.
    taken = {"assigned": "no", "tell": "no", "received_at": context.now.isoformat()}
    return Recorded(variables=known | taken)


def _locked(context: Context, clue: Clue) -> Clue:
    """Return the original, locked: it cannot end between our looking and our waiting, unheard by us."""
    wanted = select(Clue).where(Clue.id == clue.duplicate_of).with_for_update()
    return context.session.scalars(wanted.execution_options(populate_existing=True)).one()
