"""Those who answer for a unit: entered with a judgment, looked up in the register of cases, named on forms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from handlers import office
from handlers.accountability.model import DualJudgement, DutyOwner
from handlers.cases import Case, CasePerson
from handlers.registers import DUTY, ClueSubject
from handlers.registers.record import Answers
from workflows import calendar, clocks

PERSON = "person"


def enter(session: Session, judgement: DualJudgement, given: Answers) -> DutyOwner:
    """Return the new entry of one who answers: of the judgment's unit, with who has filed him already."""
    subject = ClueSubject(
        clue_id=judgement.clue_id,
        kind=DUTY,
        name=given["name"].strip(),
        unit=judgement.unit,
        post=given.get("post") or "",
        unit_code=judgement.unit_code,
    )
    session.add(subject)
    session.flush()
    case = filed(session, subject.name, judgement.unit) if given["object"] == PERSON else None
    row = DutyOwner(
        clue_id=judgement.clue_id,
        judgement_id=judgement.id,
        subject_id=subject.id,
        object=given["object"],
        responsibility=given["responsibility"],
        since=date.fromisoformat(given["since"]),
        until=date.fromisoformat(given["until"]) if given.get("until") else None,
        known=given["known"],
        action=given["action"],
        filed_case_id=case.id if case else None,
    )
    session.add(row)
    return row


def filed(session: Session, name: str, unit: str) -> Case | None:
    """Return the open case in which a person of this name and unit is filed (问责条例 9)."""
    of_unit = or_(ClueSubject.unit == unit.strip(), ClueSubject.unit == "")
    cases = (
        select(Case)
        .join(CasePerson, CasePerson.case_id == Case.id)
        .join(ClueSubject, ClueSubject.id == CasePerson.subject_id)
        .where(ClueSubject.name == name.strip(), of_unit, Case.closed_at.is_(None))
    )
    return session.scalars(cases.order_by(Case.opened_at.desc()).limit(1)).first()


def of_judgement(session: Session, judgement_id: str) -> Sequence[tuple[DutyOwner, ClueSubject]]:
    """Return who answers by a judgment, each with his name, in the order of entry."""
    rows = select(DutyOwner, ClueSubject).join(ClueSubject, ClueSubject.id == DutyOwner.subject_id)
    found = session.execute(rows.where(DutyOwner.judgement_id == judgement_id).order_by(DutyOwner.id))
    return [(row[0], row[1]) for row in found]


def cases_of_unit(session: Session, unit_code: str, *, months: int) -> int:
    """Return in how many cases opened in the last months persons of a unit are."""
    since = clocks.midnight(calendar.add_months(office.today(), -months))
    cases = (
        select(func.count(func.distinct(Case.id)))
        .join(CasePerson, CasePerson.case_id == Case.id)
        .join(ClueSubject, ClueSubject.id == CasePerson.subject_id)
        .where(ClueSubject.unit_code == unit_code, Case.opened_at >= since)
    )
    return session.scalar(cases) or 0
