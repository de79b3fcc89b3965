"""A failed rectification comes by message: to the matter of who sends it, or to the one that somebody names.

What is judged of it: `handlers.accountability.judging`.
"""

from __future__ import annotations

from handlers.registers.record import Answers, clue_of, numbered
from handlers.working import works_on
from workflows.errors import FieldError, InvalidInput
from workflows.operations import Context, Recorded, operation


@operation("dual.failed_rectification")
def begin(context: Context, *, answers: Answers) -> Recorded:
    """Begin on the matter whose rectification failed; InvalidInput, as if there were none, to who does not work on it."""
    clue = clue_of(context) if context.scope_id else numbered(context.session, context.business_key or "")
    told = context.actor is None or (clue is not None and works_on(context.session, context.actor, clue))
    if clue is None or not told:
        raise InvalidInput(
            "There is no such matter.", fields={"number": FieldError("clue_number")}, code="form"
        )
    return Recorded(scope_id=clue.scope_id, business_key=clue.transfer_no)
