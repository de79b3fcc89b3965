"""The signature of the second person, as other processes call it (`bpmn/second_signature`): domain §4.2 rule 2."""

from __future__ import annotations

from typing import Any

from handlers.registers.approvals import about
from handlers.registers.record import Answers, clue_of, note, sign
from workflows.operations import Context, operation

#: What the opinion of the second person is kept under, behind what it is about.
STEP = "second"


@operation("signatures.second")
def second(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Sign as the other one who was there, or send the record back: that it is another is the wall's to hold."""
    clue, subject = clue_of(context), about(context)
    sign(context, clue, f"{subject}_{STEP}", answers["second"], answers.get("reason") or "")
    note(context, clue, f"second.{answers['second']}", about=subject)
    return {"second": answers["second"]}
