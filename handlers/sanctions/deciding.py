"""Deciding on sanctions: put to the standing committee, decided for each person (c13–c14; §2.3)."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select, update

from handlers import office
from handlers.cases import CasePerson
from handlers.cases.matter import case_of, day
from handlers.registers import Meeting, papers
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, clue_of, note, sign, who
from handlers.sanctions import choosing, effects
from handlers.sanctions.choosing import TRANSFERRED
from handlers.sanctions.matter import (
    concerned,
    decision,
    name,
    open_persons,
    person_of,
    proposal,
    put_before,
)
from handlers.sanctions.model import AgendaItem, Decision, Sanction
from handlers.sanctions.preconditions import check
from handlers.sanctions.weighing import PROBATION, party_months, together
from workflows.errors import EngineFault, NotAllowed, refused
from workflows.operations import Context, operation

PAPER = "sanction_decision"


@operation("sanctions.begin")
def begin(context: Context) -> dict[str, Any]:
    """Return on whom is to be decided, who may record the meeting, and the head office of the review."""
    case = case_of(context)
    members = [person.login for person in office.people_in(context.session, "standing_committee")]
    return {
        "case_id": case.id,
        "subject_ids": [row.subject_id for row in open_persons(context.session, case)],
        "recorders": members,
    }


@operation("sanctions.put")
def put(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Put the case before the standing committee, with a proposal for each person (c13)."""
    office.require(context.actor, {"reviewer"})
    clue, case = clue_of(context), case_of(context)
    for person in open_persons(context.session, case):
        if proposal(context.session, case.id, person.subject_id) is None:
            raise refused("reasons", "no_proposal", number=person.person_no)
    context.session.add(
        AgendaItem(
            clue_id=clue.id,
            case_id=case.id,
            reasons=answers["reasons"],
            put_by=who(context),
            put_at=context.now,
        )
    )
    note(context, clue, "sanction.put", number=case.case_no)
    return {"put_at": context.now.isoformat()}


@operation("sanctions.proposed", use="prefill")
def proposed(context: Context) -> dict[str, Any]:
    """Return who is decided on, and what was proposed for him."""
    person = person_of(context)
    row = proposal(context.session, person.case_id, person.subject_id)
    said: dict[str, Any] = {
        "person": name(context.session, person.subject_id),
        "person_situation": choosing.words(context, person),
    }
    if row is not None:
        each = [{"kind": row.administrative}] if row.administrative else []
        said |= {"outcome": row.outcome, "party": row.party, "each": each, "facts": row.facts}
    return {key: value for key, value in said.items() if value}


@operation("sanctions.decide")
def decide(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Write down what the meeting decided on one person; InvalidInput names the condition that does not hold (G-c3)."""
    office.require(context.actor, {"reviewer"})
    person, held = person_of(context), put_before(context)
    row = drafted(context, person, answers, held)
    return write_down(context, person, row, held)


def write_down(context: Context, person: CasePerson, row: Decision, held: Meeting) -> dict[str, Any]:
    """Keep a draft whose conditions hold, and return what decides who approves it; InvalidInput names what does not."""
    check(context, person, row, earliest=held.held_on)
    supersede(context, person, row)
    note(context, clue_of(context), "sanction.decided", number=person.person_no, outcome=row.outcome)
    known = concerned(context.session, person)
    return {
        "outcome": row.outcome,
        "party": row.party or "none",
        "managed": (known.management if known else None)
        or context.variables.get("management")
        or "committee",
        "committee": "none",
    }


def supersede(context: Context, person: CasePerson, row: Decision) -> None:
    """Put a decision in the place of an earlier one on the person, whose sanctions then hold no more."""
    before = decision(context.session, person.case_id, person.subject_id)
    if before is not None:
        row.supersedes, before.state = before.id, "superseded"
        given = update(Sanction).where(Sanction.decision_id == before.id)
        context.session.execute(given.values(state="revoked"))
    context.session.add(row)


@operation("sanctions.record_committee")
def record_committee(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Record what the Party committee decided on a sanction that is its to approve (批准权限和程序规定; §2.3)."""
    office.require(context.actor, {"principal"})
    clue, person = clue_of(context), person_of(context)
    row, decided_on = _draft(context, person), date.fromisoformat(answers["decided_on"])
    if decided_on < put_before(context).held_on:
        # The commission agrees first, then the committee approves.
        raise refused("decided_on", "earliest", earliest=put_before(context).held_on.isoformat())
    row.committee_on, row.committee_no = decided_on, answers["document_no"]
    if answers["decision"] != "agree":
        row.state = "returned"
    sign(context, clue, "c13_committee", answers["decision"], answers.get("opinion") or "")
    note(context, clue, f"sanction.committee_{answers['decision']}", number=person.person_no)
    return {"committee": answers["decision"]}


@operation("sanctions.make")
def make(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Make the decision: its paper, its number, its sanctions with their periods (c14, T26)."""
    office.require(context.actor, {"reviewer"})
    clue, person = clue_of(context), person_of(context)
    row = _draft(context, person)
    authority = (context.variables.get("authority") or {}).get("authority")
    if authority == "committee" and row.committee_on is None:
        raise NotAllowed("The Party committee has not approved this sanction.", code="committee_missing")
    row.basis, row.authority, row.state = answers["basis"], authority or "commission", "made"
    row.number = next_number(context.session, "sanction", context.now)
    row.made_on = office.today()
    row.party_effective_on = row.committee_on or put_before(context).held_on
    person.outcome = row.outcome
    _reached(context, person, row)
    periods = effects.begin(context, row)
    context.session.flush()
    papers.issue(context, clue, PAPER, row.number)
    papers.issue(context, clue, "case_register", case_of(context).case_no)
    note(context, clue, "sanction.made", number=row.number, outcome=row.outcome)
    return {"decision_no": row.number, "periods": periods}


@operation("sanctions.paper", use="prefill")
def paper(context: Context) -> dict[str, Any]:
    """Return who the paper is about."""
    return {"person": name(context.session, person_of(context).subject_id)}


@operation("sanctions.sum_up")
def sum_up(context: Context) -> dict[str, Any]:
    """Return what became of the case: `decided`, `withdrawn` for all, or `again` where the committee disagreed."""
    case = case_of(context)
    rows = context.session.scalars(select(CasePerson.outcome).where(CasePerson.case_id == case.id)).all()
    if None in rows:
        return {"decision_result": "again"}
    case.decided_on, case.stage = office.today(), "execution"
    return {"decision_result": "withdrawn" if set(rows) == {"withdrawn"} else "decided"}


@operation("sanctions.again")
def again(context: Context) -> dict[str, Any]:
    """Say that the meeting did not agree: the case is reviewed again."""
    case = case_of(context)
    case.stage = "review"
    note(context, clue_of(context), "sanction.again", number=case.case_no)
    return {"decision_result": "again"}


def drafted(context: Context, person: CasePerson, answers: Answers, held: Meeting) -> Decision:
    """Return what the meeting decided on a person as a decision that is not kept yet."""
    party, instead = answers.get("party") or None, bool(answers.get("instead_of_removal"))
    kinds = [row["kind"] for row in answers.get("each") or () if row.get("kind")]
    administrative, months = together(kinds, answers.get("months"))
    probation = int(answers["probation_months"]) if party == PROBATION else None
    return Decision(
        clue_id=clue_of(context).id,
        case_id=person.case_id,
        subject_id=person.subject_id,
        state="drafted",
        outcome=answers["outcome"],
        party=party,
        party_months=party_months(party, instead=instead, probation=probation),
        probation_months=probation,
        instead_of_removal=instead,
        administrative=administrative,
        administrative_months=months,
        facts=answers["facts"],
        basis="",
        meeting_no=held.number or "",
        branch_on=day(answers, "branch_on"),
        branch_special=answers.get("branch_special") or None,
        congress_removed_on=day(answers, "congress_removed_on"),
        benefits=answers.get("benefits") or None,
        recorded_by=who(context),
        recorded_at=context.now,
    )


def _draft(context: Context, person: CasePerson) -> Decision:
    row = decision(context.session, person.case_id, person.subject_id)
    if row is None or row.state != "drafted":
        raise EngineFault("Nothing is decided on this person.", element=context.element_id)
    return row


def _reached(context: Context, person: CasePerson, row: Decision) -> None:
    """Let the person be called 受处分人 from now on, where he is."""
    known = concerned(context.session, person)
    given = bool(row.party or row.administrative)
    if known is not None and given:
        known.sanctioned_at = context.now
    if not given and not row.benefits and row.outcome != TRANSFERRED:
        person.closed_at = context.now
