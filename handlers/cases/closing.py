"""How a case ends: decided and carried out, withdrawn, or stopped because nobody is alive or it goes on elsewhere."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from handlers.cases import matter
from handlers.cases.ledgers import PropertyItem
from handlers.cases.matter import case_of
from handlers.cases.model import Case
from handlers.registers import Clue
from handlers.registers.record import clue_of, note
from workflows.operations import Context, operation

#: What stopped a case, as its message says → what its persons' outcome is.
OUTCOMES = {"dead": "dead", "joined": "joined", "handed": "handed"}


@operation("cases.close")
def close(context: Context) -> dict[str, Any]:
    """Close a case whose decisions are carried out; return what the clue comes to (`resolution`)."""
    clue, case = clue_of(context), case_of(context)
    _shut(context, case, None)
    note(context, clue, "case.closed", number=case.case_no)
    outcomes = {row.outcome for row in matter.persons_of(context.session, case)}
    return {"resolution": "withdrawn" if outcomes == {"withdrawn"} else "decided"}


@operation("cases.stop")
def stop(context: Context) -> dict[str, Any]:
    """Close a case that is stopped, as the message says (`stopped_by`); return its `resolution` and `held` property.

    Property goes with the case where that goes on elsewhere; where nobody is alive it is still to be disposed of.
    """
    clue, why = clue_of(context), context.variables["stopped_by"]
    case = matter.open_case(context.session, clue)
    if case is not None:
        _shut(context, case, OUTCOMES[why])
    note(context, clue, f"case.stopped_{why}", number=case.case_no if case else "")
    held = "yes" if why == "dead" and case is not None and _held(context, clue) else "no"
    return {"resolution": why, "held": held, "stopped_at": context.now.isoformat()}


def _shut(context: Context, case: Case, outcome: str | None) -> None:
    case.stage, case.closed_at = "closed", context.now
    for row in matter.persons_of(context.session, case):
        row.outcome = row.outcome or outcome
        row.closed_at = row.closed_at or context.now


def _held(context: Context, clue: Clue) -> bool:
    rows = select(PropertyItem.id).where(
        PropertyItem.clue_id.in_(matter.ledgers_of(context.session, clue)), PropertyItem.released_on.is_(None)
    )
    return context.session.scalar(rows.limit(1)) is not None
