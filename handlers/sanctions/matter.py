"""What every step here asks of its matter: its case, the person in question, what stands for him."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import office
from handlers.cases import Case, CasePerson, Concerned
from handlers.cases.matter import case_of
from handlers.registers import ClueSubject, Meeting
from handlers.registers.record import clue_of
from handlers.sanctions.model import AgendaItem, Decision, Hearing, Proposal
from handlers.sanctions.weighing import EXPULSION
from workflows.errors import EngineFault, NotAllowed
from workflows.operations import Context

#: The act of a meeting that decides on sanctions.
SANCTION = "sanction"


def open_persons(session: Session, case: Case) -> Sequence[CasePerson]:
    """Return the persons of a case on whom nothing is decided yet, by their numbers."""
    rows = select(CasePerson).where(CasePerson.case_id == case.id, CasePerson.outcome.is_(None))
    return session.scalars(rows.order_by(CasePerson.person_no)).all()


def person_of(context: Context) -> CasePerson:
    """Return the person that a step is about (`subject_id`); EngineFault where he is not of the case."""
    subject = context.variables.get("subject_id")
    found = context.session.get(CasePerson, (case_of(context).id, subject)) if subject else None
    if found is None:
        raise EngineFault("The case has no such person.", element=context.element_id)
    return found


def concerned(session: Session, person: CasePerson) -> Concerned | None:
    """Return what is known of a person besides his name."""
    return session.get(Concerned, person.subject_id)


def name(session: Session, subject_id: int) -> str:
    """Return who a person is, in a line, for forms and pages."""
    found = session.get_one(ClueSubject, subject_id)
    return " ".join(filter(None, (found.name, found.unit, found.post)))


def proposal(session: Session, case_id: str, subject_id: int) -> Proposal | None:
    """Return the newest proposal for a person."""
    return _newest(session, Proposal, case_id, subject_id)


def expulsion_put(session: Session, person: CasePerson) -> bool:
    """Return whether a Party member's expulsion is what the review proposes (纪律处分条例 38, of the dead)."""
    row, known = proposal(session, person.case_id, person.subject_id), concerned(session, person)
    return bool(row and row.party == EXPULSION and known and known.party_member)


def hearing(session: Session, case_id: str, subject_id: int) -> Hearing | None:
    """Return the newest hearing of a person."""
    return _newest(session, Hearing, case_id, subject_id)


def decision(session: Session, case_id: str, subject_id: int) -> Decision | None:
    """Return the newest decision on a person, drafted or made."""
    return _newest(session, Decision, case_id, subject_id)


def meeting(session: Session, clue_id: str) -> Meeting | None:
    """Return the newest meeting that on sanctions in a matter."""
    rows = select(Meeting).where(
        Meeting.clue_id == clue_id, Meeting.act == SANCTION, Meeting.step == SANCTION
    )
    return session.scalars(rows.order_by(Meeting.id.desc()).limit(1)).first()


def put_before(context: Context) -> Meeting:
    """Return the meeting that agreed since the case was put before it; NotAllowed (`no_meeting`) without one."""
    clue, case = clue_of(context), case_of(context)
    items = select(AgendaItem.put_at).where(AgendaItem.case_id == case.id).order_by(AgendaItem.id.desc())
    put_at = context.session.scalar(items.limit(1))
    held = meeting(context.session, clue.id)
    if held is None or put_at is None or held.recorded_at < put_at:
        raise NotAllowed("No meeting of the standing committee has decided on this case.", code="no_meeting")
    return held


def organisation_units(session: Session) -> set[str]:
    """Return the codes of the units of the organisation department."""
    people = office.people_in(session, "organisation_department")
    return {code for one in people if one.login for code in office.units_of(session, one.login)}


def _newest(session: Session, table: Any, case_id: str, subject_id: int) -> Any:
    rows = select(table).where(table.case_id == case_id, table.subject_id == subject_id)
    return session.scalars(rows.order_by(table.id.desc()).limit(1)).first()
