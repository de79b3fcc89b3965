"""Hearing a person before an administrative sanction: told, heard, and what became of it (政务处分法 43)."""

from __future__ import annotations

from datetime import date
from typing import Any

from handlers import office
from handlers.cases.matter import case_of
from handlers.registers import papers
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, clue_of, keep_files, note, who
from handlers.sanctions.matter import name, open_persons, person_of, proposal
from handlers.sanctions.model import Hearing, Proposal
from handlers.sanctions.weighing import heavier
from workflows.errors import EngineFault, refused
from workflows.operations import Context, operation


@operation("hearings.persons")
def persons(context: Context) -> dict[str, Any]:
    """Return whom an administrative sanction is proposed for: they are heard (T25)."""
    case, found = case_of(context), []
    for person in open_persons(context.session, case):
        row = proposal(context.session, case.id, person.subject_id)
        if row is not None and row.administrative:
            found.append(person.subject_id)
    return {"to_hear": found, "hearings": len(found)}


@operation("hearings.intended", use="prefill")
def intended(context: Context) -> dict[str, Any]:
    """Return who is heard."""
    return {"person": name(context.session, person_of(context).subject_id)}


@operation("hearings.hear")
def hear(context: Context, *, answers: Answers) -> None:
    """Record what the person was told and said; what is proposed after it may be lighter, never heavier."""
    office.require(context.actor, {"reviewer"})
    clue, person = clue_of(context), person_of(context)
    row = proposal(context.session, person.case_id, person.subject_id)
    if row is None:
        raise EngineFault("Nothing is proposed for this person.", element=context.element_id)
    after = answers.get("administrative_after") or row.administrative
    if heavier(after, row.administrative):
        raise refused("administrative_after", "aggravated")
    context.session.add(
        Hearing(
            clue_id=clue.id,
            case_id=person.case_id,
            subject_id=person.subject_id,
            told_on=date.fromisoformat(answers["told_on"]),
            party=row.party,
            administrative=row.administrative,
            statement=answers["statement"],
            adopted=answers["adopted"],
            reasons=answers.get("reasons") or "",
            recorded_by=who(context),
            recorded_at=context.now,
        )
    )
    if after != row.administrative:
        context.session.add(_lighter(row, after, who(context), context))
    papers.issue(context, clue, "hearing_notice", next_number(context.session, "hearing", context.now))
    keep_files(context, clue, answers.get("files"), "hearing_record", "files")
    note(context, clue, "review.heard", number=person.person_no, day=answers["told_on"])


def _lighter(row: Proposal, administrative: str | None, login: str, context: Context) -> Proposal:
    """Return the proposal again with the lighter sanction; the earlier one stays."""
    said = ("clue_id", "case_id", "subject_id", "outcome", "party", "facts", "assessment", "reasons")
    same = {key: getattr(row, key) for key in said}
    return Proposal(**same, administrative=administrative, proposed_by=login, proposed_at=context.now)
