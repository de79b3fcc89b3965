"""What the steps of the case line ask of their matter: its persons, its case, and answers that name them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from handlers import codes
from handlers.cases.model import Case, CaseLink, CasePerson, Concerned
from handlers.registers import Clue, ClueSubject
from handlers.registers.record import FEWEST_HANDLERS, Answers, clue_of, handlers_of
from workflows.errors import EngineFault, refused
from workflows.forms import Option, Options
from workflows.operations import Context, operation


def people(session: Session, clue: Clue) -> Sequence[ClueSubject]:
    """Return the persons that a matter is about, in order; who was split off goes on in a matter of his own."""
    elsewhere = exists().where(CasePerson.subject_id == ClueSubject.id, CasePerson.outcome == "split")
    rows = select(ClueSubject).where(ClueSubject.clue_id == clue.id, ClueSubject.kind == "person", ~elsewhere)
    return session.scalars(rows.order_by(ClueSubject.id)).all()


@operation("cases.people", use="options")
def people_options(context: Context) -> Options:
    """Return the persons of the matter (`clue_people`), for forms that are about one of them."""
    rows = people(context.session, clue_of(context))
    return {"clue_people": [Option(str(row.id), _named(row), _named(row)) for row in rows]}


@operation("cases.team", use="options")
def team_options(context: Context) -> Options:
    """Return the handlers of the matter as the `staff` of a plan or a talk: nobody else may be of its team."""
    return codes.staff(context.session, handlers_of(context.session, clue_of(context)))


def person_of(context: Context, given: Any, field: str) -> ClueSubject:
    """Return the person of the matter that an answer names; InvalidInput names the field."""
    found = next((p for p in people(context.session, clue_of(context)) if str(p.id) == str(given)), None)
    if found is None:
        raise refused(field, "not_of_matter")
    return found


def concerned_of(context: Context) -> Concerned:
    """Return whom the process is about (`subject_id`); EngineFault where he is not of its own matter."""
    clue, subject = clue_of(context), context.variables.get("subject_id")
    found = context.session.get(Concerned, subject) if subject else None
    if found is None or found.clue_id != clue.id:
        raise EngineFault("The matter has no such person.", element=context.element_id)
    return found


def living(session: Session, clue: Clue) -> list[ClueSubject]:
    """Return the persons of a matter who are alive."""
    dead = select(Concerned.subject_id).where(Concerned.clue_id == clue.id, Concerned.died_on.is_not(None))
    gone = set(session.scalars(dead))
    return [person for person in people(session, clue) if person.id not in gone]


def everybody(context: Context, given: Iterable[Any], field: str, *, alive: bool = False) -> None:
    """Refuse a list that names a person of the matter twice or leaves one out; `alive`: who is dead is not in it."""
    of = living if alive else people
    wanted = sorted(str(p.id) for p in of(context.session, clue_of(context)))
    if sorted(str(one) for one in given) != wanted:
        raise refused(field, "everybody_once", count=len(wanted))


def open_case(session: Session, clue: Clue) -> Case | None:
    """Return the matter's case that runs, None where none was filed."""
    found = select(Case).where(Case.clue_id == clue.id, Case.closed_at.is_(None))
    return session.scalars(found.order_by(Case.opened_at.desc()).limit(1)).first()


def case_of(context: Context) -> Case:
    """Return the case that a step is about; EngineFault where none runs."""
    found = open_case(context.session, clue_of(context))
    if found is None:
        raise EngineFault("The matter has no case that runs.", element=context.element_id)
    return found


def persons_of(session: Session, case: Case) -> Sequence[CasePerson]:
    """Return the persons of a case by their numbers."""
    rows = select(CasePerson).where(CasePerson.case_id == case.id)
    return session.scalars(rows.order_by(CasePerson.person_no)).all()


def going(session: Session, case: Case) -> list[CasePerson]:
    """Return the persons whom a case still goes on about, by their numbers."""
    return [row for row in persons_of(session, case) if row.outcome is None]


def carried(session: Session, clue: Clue) -> Sequence[CaseLink]:
    """Return the links by which other cases, or parts of them, came to this matter, in order."""
    rows = select(CaseLink).where(CaseLink.to_clue_id == clue.id, CaseLink.state == "done")
    return session.scalars(rows.order_by(CaseLink.id)).all()


def ledgers_of(session: Session, clue: Clue) -> set[str]:
    """Return the matters whose property is this one's: its own, and those that were joined to it."""
    return {clue.id, *(row.clue_id for row in carried(session, clue) if row.kind == "joined")}


def team_of(context: Context, answers: Answers, field: str = "members") -> list[str]:
    """Return the members a plan names: two at least, all of them handlers of the matter (§4.2 rule 2)."""
    named = list(dict.fromkeys(answers[field]))
    if len(named) < FEWEST_HANDLERS:
        raise refused(field, "too_few", min=FEWEST_HANDLERS)
    known = handlers_of(context.session, clue_of(context))
    if strangers := [login for login in named if login not in known]:
        raise refused(field, "not_of_team", logins=strangers)
    return named


def next_of(context: Context, table: Any) -> int:
    """Return the next number within the matter of a ledger with `clue_id` and `number`."""
    last = select(func.max(table.number)).where(table.clue_id == clue_of(context).id)
    return (context.session.scalar(last) or 0) + 1


def day(answers: Answers, key: str) -> date | None:
    """Return the day that an answer gives, None for none."""
    return date.fromisoformat(answers[key]) if answers.get(key) else None


def _named(row: ClueSubject) -> str:
    return " ".join(filter(None, (row.name, row.unit, row.post)))
