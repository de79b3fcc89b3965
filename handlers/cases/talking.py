"""Talks of a verification or an investigation (谈话、询问): two of the staff, both sign (监察法 44)."""

from __future__ import annotations

from datetime import date

from handlers.cases.ledgers import Talk
from handlers.cases.matter import open_case, team_of
from handlers.registers.record import Answers, clue_of, note, who
from workflows.operations import Context, operation


@operation("talks.record")
def record(context: Context, *, answers: Answers) -> None:
    """Keep the record of a talk; InvalidInput (`staff`) where fewer than two of the team held it."""
    clue = clue_of(context)
    row = Talk(
        clue_id=clue.id,
        stage="investigation" if open_case(context.session, clue) else "verification",
        with_whom=answers["with_whom"],
        place=answers["place"],
        held_on=date.fromisoformat(answers["held_on"]),
        staff=team_of(context, answers, "staff"),
        record=answers["record"],
        filmed=bool(answers.get("filmed")),
        recorded_by=who(context),
        recorded_at=context.now,
    )
    context.session.add(row)
    note(context, clue, "talk.recorded", day=answers["held_on"], staff=row.staff)
