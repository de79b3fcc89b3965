"""Interviews proposed because a step is late (约谈): the leader in charge decides whether there is one."""

from __future__ import annotations

from handlers.registers.record import Answers, clue_of, note, sign
from workflows.operations import Context, operation


@operation("interviews.decide")
def decide(context: Context, *, answers: Answers) -> None:
    """Sign whether those responsible are talked to, and on which day."""
    clue = clue_of(context)
    agreed = answers["decision"] == "agree"
    detail = {"on": answers["talk_on"]} if agreed else None
    sign(context, clue, "i_decide", answers["decision"], answers.get("opinion") or "", detail)
    note(context, clue, f"interview.{answers['decision']}", day=answers["talk_on"] if agreed else None)
