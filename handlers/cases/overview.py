"""What pages show of a matter's case: numbers and dates for all who may know of it, ledgers for who sees its content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from handlers import codes
from handlers.cases import matter, persons
from handlers.cases.ledgers import Evidence, Measure, PropertyItem, Showing, Talk
from handlers.cases.matter import people
from handlers.cases.model import Allegation, Case, CaseLink, CasePerson, Concerned
from handlers.registers import Clue, ClueSubject
from workflows import calendar, clock, limits, plans


@dataclass(frozen=True)
class Person:
    """A person of the matter as its page shows him."""

    name: str
    number: str  #: within the case, empty before a filing
    label: str  #: code of `codes/person_labels.csv`
    rank: str | None
    outcome: str | None
    held_up: bool  #: no promotion, transfer or retirement meanwhile (政务处分法 52)


@dataclass(frozen=True)
class Link:
    """How a case is linked to another, or to another body."""

    kind: str  #: code of `codes/case_links.csv`
    came: bool  #: from the other to this one
    other: str  #: the other's number, or the body
    state: str  #: asked refused done
    row: CaseLink


@dataclass(frozen=True)
class Overview:
    """Everything of the case line that a matter has, each list in the order in which it came."""

    cases: Sequence[Case]
    persons: Sequence[Person]
    names: dict[int, str]  #: of the subjects
    ledgers: dict[str, Sequence[Any]]
    links: Sequence[Link] = ()

    def __bool__(self) -> bool:
        return bool(
            self.cases or any(self.ledgers.values()) or any(p.label != "reported" for p in self.persons)
        )


def of_clue(session: Session, clue: Clue) -> Overview:
    """Return what the case line knows of a matter; it is false where that is nothing yet."""
    cases = session.scalars(select(Case).where(Case.clue_id == clue.id).order_by(Case.opened_at)).all()
    subjects = people(session, clue)
    tables: dict[str, Any] = {
        "allegations": Allegation,
        "measures": Measure,
        "talks": Talk,
        "evidence": Evidence,
        "property": PropertyItem,
        "showings": Showing,
    }
    came = matter.carried(session, clue)
    ledgers = {name: _entries(session, clue, table, came) for name, table in tables.items()}
    shown = [_person(session, cases, subject) for subject in subjects]
    return Overview(cases, shown, _names(session, clue, came), ledgers, _links(session, clue))


def _entries(session: Session, clue: Clue, table: Any, came: Sequence[CaseLink]) -> Sequence[Any]:
    """Return a ledger with what cases that came to this one had entered: of a part, what is about its persons."""
    ours = table.clue_id == clue.id
    for link in came:
        theirs = table.clue_id == link.clue_id
        if link.kind != "joined" and hasattr(table, "subject_id"):
            theirs = and_(theirs, table.subject_id.in_(link.subjects))
        ours = or_(ours, theirs)
    return session.scalars(select(table).where(ours).order_by(table.id)).all()


def _names(session: Session, clue: Clue, came: Sequence[CaseLink]) -> dict[int, str]:
    matters = {clue.id, *(link.clue_id for link in came)}
    rows = select(ClueSubject.id, ClueSubject.name).where(ClueSubject.clue_id.in_(matters))
    return {row.id: row.name for row in session.execute(rows)}


def _links(session: Session, clue: Clue) -> list[Link]:
    # Who is asked for as a target learns of it once it is done.
    came = and_(CaseLink.to_clue_id == clue.id, CaseLink.state == "done")
    rows = select(CaseLink).where(or_(CaseLink.clue_id == clue.id, came))
    found = []
    for row in session.scalars(rows.order_by(CaseLink.id)):
        here, there = row.case_id, row.to_case_id
        other = session.get(Case, there if row.clue_id == clue.id else here) if there else None
        found.append(
            Link(row.kind, row.clue_id != clue.id, other.case_no if other else row.body, row.state, row)
        )
    return found


def last_day(session: Session, measure: Measure) -> date | None:
    """Return the last day that the law gives a measure (T17–T20): to be read, no clock runs on it here."""
    rule = next((row["limit"] for row in codes.rows("measures") if row["code"] == measure.kind), "")
    if not rule or measure.done_on is None:
        return None
    limit = limits.current(session, rule, measure.done_on)
    if limit.unit == "hours":
        return measure.done_on
    return calendar.due(limit, measure.done_on, plans.work_days(session), clock.office_zone()).date


def _person(session: Session, cases: Sequence[Case], subject: ClueSubject) -> Person:
    known = session.get(Concerned, subject.id)
    rows = select(CasePerson).where(CasePerson.subject_id == subject.id)
    filed = next((row for row in session.scalars(rows) if row.case_id in {case.id for case in cases}), None)
    running = filed is not None and filed.closed_at is None
    return Person(
        name=subject.name,
        number=filed.person_no if filed else "",
        label=persons.label(known) if known else persons.FIRST,
        rank=(known.rank_at_event if known else None) or subject.rank,
        outcome=filed.outcome if filed else None,
        held_up=running and any(case.closed_at is None for case in cases),
    )
