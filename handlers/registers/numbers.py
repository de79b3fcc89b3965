"""Numbers of the office: one series per kind and year, counted up by a locked row and never given twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, String, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from workflows import clock
from workflows.model import Base

PREFIXES = {
    "transfer": "YS",
    "receipt": "HZ",
    "clue": "XS",
    "letter": "YJ",
    "feedback": "FK",
    "notice": "GZ",
    "distribution": "FB",
    "disposal": "CZ",
    "return": "BS",
    "extension": "YQ",
    "sealed": "MF",
    "quarterly": "JD",
    "supervision": "DB",
    "unsealing": "QF",
    "recusal": "HB",
    "finding": "SJ",
    "destruction": "XH",
    "meeting": "HY",
    "correction": "GX",
    "case": "LA",
    "verify_plan": "CF",
    "verify_report": "CB",
    "filing": "LC",
    "filing_notice": "LT",
    "facts_shown": "SC",
    "investigated": "SB",
    "clarification": "CQ",
    "tolerance_filing": "RB",
    "tolerance": "RC",
    "false_accusation": "WG",
    "consultation": "ZY",
    "sanction": "JJ",
    "death": "SW",
    "prosecution": "QS",
    "review_report": "SL",
    "hearing": "CG",
    "inquiry": "HX",
    "talk": "TH",
    "inquiry_letter": "HH",
    "acceptance": "CX",
    "measure": "XT",
    "interview": "YT",
    "judgement": "SP",
    "accountability": "WZ",
    "interference": "GY",
    "leak": "XM",
    "accident": "AQ",
    "announcements": "XB",
    "suspension": "TZ",
}


class NumberSeries(Base):
    """How far one kind of number has been counted in one year."""

    __tablename__ = "number_series"

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


def next_number(session: Session, kind: str, at: datetime) -> str:
    """Return the next number of the kind, such as `XS-2026-00001`, in the office's year of `at`.

    The row stays locked until the transaction ends: two writers wait for one another and a rollback
    gives the number back to nobody who has seen it.
    """
    year = at.astimezone(clock.office_zone()).year
    if not _raise(session, kind, year):
        _open(session, kind, year)
    last = session.scalar(select(NumberSeries.last).where(*_key(kind, year)))
    return f"{PREFIXES[kind]}-{year}-{last:05d}"


def _key(kind: str, year: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return NumberSeries.kind == kind, NumberSeries.year == year


def _raise(session: Session, kind: str, year: int) -> bool:
    # One statement, so that the row is locked from the moment it is counted up.
    raised = session.execute(
        update(NumberSeries)
        .where(*_key(kind, year))
        .values(last=NumberSeries.last + 1)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", raised).rowcount == 1


def _open(session: Session, kind: str, year: int) -> None:
    try:
        with session.begin_nested():
            session.execute(insert(NumberSeries).values(kind=kind, year=year, last=1))
    except IntegrityError:
        # Somebody opened the year between our two statements: count up theirs.
        _raise(session, kind, year)
