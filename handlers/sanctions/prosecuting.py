"""Handing a person to the procuratorate (移送审查起诉): opinion, receipt, what it decides (监察法 52, 54)."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import office
from handlers.cases import CasePerson
from handlers.registers import approvals, papers
from handlers.registers.numbers import next_number
from handlers.registers.papers import kinds
from handlers.registers.papers.facts import Subject, identity
from handlers.registers.papers.facts import day as written
from handlers.registers.record import Answers, clue_of, keep_files, note, sign, who
from handlers.sanctions.effects import reviewers_unit
from handlers.sanctions.matter import decision, name, person_of
from handlers.sanctions.model import Prosecution
from workflows.errors import EngineFault, refused
from workflows.operations import Context, operation

PAPER = "prosecution_opinion"
#: How often the procuratorate may return it for a supplementary investigation (监察法 54).
MOST_RETURNS = 2


@operation("prosecutions.begin")
def begin(context: Context) -> dict[str, Any]:
    """Return the unit of the reviewers, whose head approves first; EngineFault where the case has no such person."""
    person_of(context)
    return {"review_office": reviewers_unit(context.session)}


@operation("prosecutions.known", use="prefill")
def known(context: Context) -> dict[str, Any]:
    """Return who it is about, with the facts of the decision."""
    person = person_of(context)
    row = decision(context.session, person.case_id, person.subject_id)
    before = of_person(context.session, person)
    facts = before.facts if before else row.facts if row else ""
    said = {
        "person": name(context.session, person.subject_id),
        "facts": facts,
        "charge": before.charge if before else "",
    }
    return {key: value for key, value in said.items() if value}


@operation("prosecutions.write")
def write(context: Context, *, answers: Answers) -> None:
    """Write the opinion (起诉意见书); what is written again takes the place of what was not approved."""
    office.require(context.actor, {"reviewer"})
    clue, person = clue_of(context), person_of(context)
    row = of_person(context.session, person)
    if row is None:
        row = Prosecution(
            clue_id=clue.id,
            case_id=person.case_id,
            subject_id=person.subject_id,
            number=next_number(context.session, "prosecution", context.now),
            recorded_by=who(context),
        )
        context.session.add(row)
    row.recorded_at = context.now
    row.charge, row.facts = answers["charge"], answers["facts"]
    sign(context, clue, "prosecution", "proposed", answers["charge"])
    context.session.flush()
    papers.issue(context, clue, PAPER, row.number)
    note(context, clue, "prosecution.written", number=row.number)


@operation("prosecutions.hand")
def hand(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Record the hand-over of person, file, evidence and property, with the procuratorate's receipt."""
    office.require(context.actor, {"reviewer"})
    clue, row = clue_of(context), _known(context)
    approvals.demand(context, "prosecution", "a4", row.recorded_at)
    row.handed, row.handed_on = answers["handed"], date.fromisoformat(answers["handed_on"])
    row.received_by, row.receipt_no = answers["received_by"], answers["receipt_no"]
    keep_files(context, clue, answers.get("files"), "prosecution_receipt", "files")
    note(context, clue, "prosecution.handed", number=row.number, day=answers["handed_on"])
    return {"handed_on": answers["handed_on"]}


@operation("prosecutions.answer")
def answer(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Record what the procuratorate decided; a return for a supplementary investigation is possible twice (T41)."""
    office.require(context.actor, {"reviewer"})
    clue, row, result = clue_of(context), _known(context), answers["result"]
    on = date.fromisoformat(answers["result_on"])
    if row.handed_on is not None and on < row.handed_on:
        raise refused("result_on", "earliest", earliest=row.handed_on.isoformat())
    if result == "supplement":
        if row.returns >= MOST_RETURNS:
            raise refused("result", "supplement_twice")
        row.returns += 1
    row.result, row.result_on, row.remark = result, on, answers.get("remark") or ""
    note(context, clue, f"prosecution.{result}", number=row.number, day=answers["result_on"])
    if result != "supplement":
        _settle(context)
    return {"prosecution": result, "returned_on": answers["result_on"]}


@operation("prosecutions.supplement")
def supplement(context: Context, *, answers: Answers) -> None:
    """Keep what was investigated besides for the procuratorate (T41: one month)."""
    office.require(context.actor, {"handler", "office_head"})
    clue = clue_of(context)
    sign(context, clue, "prosecution_supplement", "completed", answers["added"])
    keep_files(context, clue, answers.get("files"), "case_material", "files")
    note(context, clue, "prosecution.supplemented", number=_known(context).number)


@operation("prosecutions.died")
def died(context: Context) -> None:
    """End the transfer: the person died."""
    note(context, clue_of(context), "prosecution.died", number=person_of(context).person_no)


def _settle(context: Context) -> None:
    """Let the person's case be over where no sanction is still to be carried out."""
    person = person_of(context)
    row = decision(context.session, person.case_id, person.subject_id)
    if row is None or not (row.party or row.administrative):
        person.closed_at = context.now


def of_person(session: Session, person: CasePerson) -> Prosecution | None:
    """Return the transfer of a person to the procuratorate, None where there is none."""
    rows = select(Prosecution).where(
        Prosecution.case_id == person.case_id, Prosecution.subject_id == person.subject_id
    )
    return session.scalars(rows.order_by(Prosecution.id.desc()).limit(1)).first()


def _known(context: Context) -> Prosecution:
    row = of_person(context.session, person_of(context))
    if row is None:
        raise EngineFault("No opinion on prosecution was written.", element=context.element_id)
    return row


def _prosecution(on: Subject) -> dict[str, Any]:
    rows = select(Prosecution).where(Prosecution.clue_id == on.clue.id).order_by(Prosecution.id.desc())
    row = on.session.scalars(rows.limit(1)).first()
    if row is None:
        return {}
    return {
        "number": row.number,
        **identity(on, row.subject_id),
        "charge": row.charge,
        "facts": row.facts,
        "on": written(row.recorded_at),
    }


kinds.offer(PAPER, {**kinds.INWARD, "prosecution": _prosecution})
