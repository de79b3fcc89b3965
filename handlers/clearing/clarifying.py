"""Clearing of a name, carried out: letter, who is told, return visits, check for retaliation (domain §3e)."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import func, select

from handlers import links, notifications, office, wall
from handlers.clearing.beginning import logins
from handlers.clearing.exonerating import of_process
from handlers.clearing.model import ClarificationVisit
from handlers.registers import Clue, papers
from handlers.registers.record import Answers, clue_by_number, clue_of, keep_files, note, relate, who
from workflows.operations import Context, operation


@operation("clearing.letter", use="prefill")
def letter(context: Context) -> dict[str, Any]:
    """Return the approved text, for who carries it out."""
    row = of_process(context)
    return {"letter": row.text, "place": row.place or None}


@operation("clearing.carry_out")
def carry_out(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Record that it was done and make the letter (澄清函); what was recorded wrongly is recorded anew."""
    clue, row = clue_of(context), of_process(context)
    row.clarified_on = date.fromisoformat(answers["clarified_on"])
    row.place, row.reaction = answers.get("place") or row.place, answers["reaction"]
    keep_files(context, clue, answers.get("record"), "other", "record")
    papers.issue(context, clue, "clarification_letter", row.number)
    note(context, clue, "clarification.done", number=row.number, day=answers["clarified_on"])
    return {"clarified_on": answers["clarified_on"]}


@operation("clearing.tell")
def tell(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Record that the organisation department and the integrity archive were told: now it counts as carried out."""
    row = of_process(context)
    row.organisation_told_on = date.fromisoformat(answers["organisation_told_on"])
    row.archive_told_on = date.fromisoformat(answers["archive_told_on"])
    row.state = "carried_out"
    note(context, clue_of(context), "clarification.carried_out", number=row.number)
    return {"visits": 0}


@operation("clearing.visit")
def visit(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Record a return visit; a new report on the same facts is linked with the matter."""
    clue, row, session = clue_of(context), of_process(context), context.session
    session.add(
        ClarificationVisit(
            clarification_id=row.id,
            clue_id=clue.id,
            visited_on=date.fromisoformat(answers["visited_on"]),
            visited=answers["visited"],
            removed=answers["removed"] == "yes",
            result=answers["result"],
            recorded_by=who(context),
            recorded_at=context.now,
        )
    )
    if answers.get("new_report"):
        other = clue_by_number(session, answers["new_report"], "new_report", clue)
        links.link(session, clue.scope_id, other.scope_id)
        relate(context, clue, other)
    note(context, clue, "clarification.visited", number=row.number, day=answers["visited_on"])
    session.flush()
    visits = select(func.count()).where(ClarificationVisit.clarification_id == row.id)
    return {"visits": session.scalar(visits) or 0}


@operation("clearing.look_for_retaliation")
def look_for_retaliation(context: Context, *, answers: Answers) -> None:
    """Close the clearing with whether anybody took revenge for the report (检举控告规则 47)."""
    row = of_process(context)
    row.retaliation, row.retaliation_note = answers["retaliation"], answers.get("retaliation_note") or ""
    row.state = "closed"
    clue, code = clue_of(context), f"clarification.retaliation_{row.retaliation}"
    note(context, clue, code, number=row.number)
    if row.retaliation == "signs":
        notifications.notify(
            context.session,
            _leaders(context, clue),
            code=code,
            params={"number": row.number},
            scope_id=clue.scope_id,
        )


def _leaders(context: Context, clue: Clue) -> list[str]:
    """Return the leaders in whose line the matter is, by the wall."""
    leaders = logins(context.session, "leader")
    return [
        one for one in leaders if wall.view(context.session, office.actor_for(context.session, one), clue)
    ]
