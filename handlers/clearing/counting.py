"""The three counters of §3e, kept apart: matters filed (项), people exempted (名), people publicly cleared (名)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handlers import codes
from handlers.clearing.model import Clarification, Tolerance, ToleranceFiling
from handlers.registers import ClueSubject
from workflows import clock

DONE = ("carried_out", "closed")


@dataclass(frozen=True)
class Counts:
    """Of a span of days: never added, never compared with one another (domain §7)."""

    filed: int  #: filings whose receipt was given
    exempted: int  #: different persons exempted
    cleared: int  #: different persons cleared in public


def between(session: Session, first: date, last: date) -> Counts:
    """Return the counters of the days from `first` to `last`, both counted, in the office's zone."""
    begin, end = _instant(first), _instant(last + timedelta(days=1))
    filed = select(func.count()).select_from(ToleranceFiling)
    filed = filed.where(ToleranceFiling.received_at >= begin, ToleranceFiling.received_at < end)
    exempted = select(Tolerance.subject_id).where(
        Tolerance.outcome == "exempt", Tolerance.decided_on.between(first, last)
    )
    cleared = select(Clarification.subject_id, Clarification.methods).where(
        Clarification.state.in_(DONE), Clarification.clarified_on.between(first, last)
    )
    public = {row["code"] for row in codes.rows("clarification_methods") if row["public"] == "true"}
    return Counts(
        filed=session.scalar(filed) or 0,
        exempted=_persons(session, set(session.scalars(exempted))),
        cleared=_persons(session, {one for one, how in session.execute(cleared) if public & set(how)}),
    )


def _persons(session: Session, subjects: set[int | None]) -> int:
    """Return how many different persons these are: of the same name, unit and post is one."""
    rows = select(ClueSubject.name, ClueSubject.unit, ClueSubject.post).where(
        ClueSubject.id.in_([one for one in subjects if one is not None])
    )
    return len({tuple(row) for row in session.execute(rows.where(ClueSubject.kind == "person"))})


def _instant(day: date) -> datetime:
    return datetime.combine(day, time(), clock.office_zone())
