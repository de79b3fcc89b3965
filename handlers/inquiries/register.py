"""The register of the four acts (domain §3b): reminder talk, interview, talk or letter inquiry, admonition.

They are listed in one order of time and counted each for itself, never together: an inquiry disposes of a clue, an
admonition is a measure of the first form, the other two supervise without a clue.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, cast, func, literal, null, select, union_all
from sqlalchemy.orm import Session

from handlers.inquiries.measures import ADMONITION
from handlers.inquiries.model import FirstFormMeasure, Inquiry, Interview, InterviewPerson
from handlers.registers import Clue, ClueSubject

#: The acts that a clue asks for; the others (`Interview.kind`) have none.
INQUIRY, WARNED = "inquiry", "admonition"
ACTS = ("reminder", "summons", INQUIRY, WARNED)


@dataclass(frozen=True)
class Wanted:
    """What the register is narrowed to; empty leaves a thing open."""

    act: str = ""
    number: str = ""
    office: str = ""
    since: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True)
class Count:
    """How often an act was done, and to how many each time (次, 人次)."""

    times: int
    persons: int


def entries(matters: ColumnElement[bool], talks: ColumnElement[bool], wanted: Wanted) -> Select[Any]:
    """Return the rows `act number at state office clue_id ref` of what both conditions show, newest first.

    `matters` is a condition over `Clue`, `talks` one over `Interview`: what the wall lets the reader know of.
    """
    rows = union_all(_interviews(talks), _inquiries(matters), _admonitions(matters)).subquery()
    found = select(rows).where(*_narrowed(rows.c, wanted))
    return found.order_by(rows.c.at.desc(), rows.c.number.desc())


def counts(session: Session, found: Select[Any]) -> dict[str, Count]:
    """Return for each act how often it is among the rows, and with how many persons: each for itself."""
    rows = found.order_by(None).subquery()
    times = _by_act(session, select(rows.c.act, func.count()).group_by(rows.c.act))
    talked = select(rows.c.act, func.count()).join(
        InterviewPerson, InterviewPerson.interview_id == rows.c.ref
    )
    talked = talked.where(rows.c.act.not_in((INQUIRY, WARNED))).group_by(rows.c.act)
    persons = _by_act(session, talked)
    asked = select(Inquiry.subjects).join(rows, (rows.c.ref == Inquiry.id) & (rows.c.act == INQUIRY))
    persons[INQUIRY] = sum(len(each) for each in session.scalars(asked))
    persons[WARNED] = times.get(WARNED, 0)
    return {act: Count(times.get(act, 0), persons.get(act, 0)) for act in ACTS}


def _by_act(session: Session, counted: Select[Any]) -> dict[str, int]:
    return {row[0]: row[1] for row in session.execute(counted)}


def people(session: Session, row: Row[Any]) -> list[tuple[str, str]]:
    """Return whom an act is done to: name, and unit with post."""
    if row.act in (INQUIRY, WARNED):
        return [(one.name, f"{one.unit} {one.post}".strip()) for one in _subjects(session, row)]
    talked = select(InterviewPerson).where(InterviewPerson.interview_id == row.ref)
    return [(one.name, one.post) for one in session.scalars(talked.order_by(InterviewPerson.id))]


def _subjects(session: Session, row: Row[Any]) -> list[ClueSubject]:
    if row.act == WARNED:
        ids = [session.get_one(FirstFormMeasure, row.ref).subject_id]
    else:
        ids = [int(one) for one in session.get_one(Inquiry, row.ref).subjects]
    return [session.get_one(ClueSubject, one) for one in ids]


def _interviews(talks: ColumnElement[bool]) -> Select[Any]:
    row = Interview
    return select(
        row.kind.label("act"),
        row.number.label("number"),
        row.proposed_at.label("at"),
        row.state.label("state"),
        row.office_code.label("office"),
        cast(null(), Clue.id.type).label("clue_id"),
        row.id.label("ref"),
    ).where(talks)


def _inquiries(matters: ColumnElement[bool]) -> Select[Any]:
    return _of_clue(Inquiry, INQUIRY, Inquiry.planned_at).where(matters)


def _admonitions(matters: ColumnElement[bool]) -> Select[Any]:
    found = _of_clue(FirstFormMeasure, WARNED, FirstFormMeasure.decided_at)
    return found.where(matters, FirstFormMeasure.measure == ADMONITION)


def _of_clue(table: Any, act: str, at: Any) -> Select[Any]:
    columns = (literal(act), table.number, at, table.state, Clue.office_code, Clue.id, table.id)
    return select(*columns).join(Clue, Clue.id == table.clue_id)


def _narrowed(rows: Any, wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.act:
        found.append(rows.act == wanted.act)
    if wanted.number:
        # Numbers only: a search by name across matters is nobody's (domain rule 9).
        found.append(rows.number.contains(wanted.number, autoescape=True))
    if wanted.office:
        found.append(rows.office == wanted.office)
    if wanted.since:
        found.append(rows.at >= wanted.since)
    if wanted.before:
        found.append(rows.at < wanted.before)
    return found
