"""What stands in the registers of returns. Who may see it is the wall's: callers give its condition."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from handlers import return_calendar
from handlers.registers.model import Clue
from handlers.registers.returns.model import AgencyReturn, RectificationItem, ReturnedClue, ReturnPeriod
from workflows import clock

#: States of returns that the office waits for.
WAITING = ("open", "missed")
#: States of returns that came.
CLOSED = ("returned", "nil", "late")
MAJOR = "major"


@dataclass(frozen=True)
class Sent:
    """A clue that a return lists."""

    clue: Clue
    ahead: bool  #: a major one, which was sent at once (已先行移送)
    carried: bool  #: sent in the period before, after its return was closed


def periods(session: Session, *, before: date | None = None, limit: int = 12) -> Sequence[ReturnPeriod]:
    """Return the periods that were opened, the newest first; those that began before a day, if one is given."""
    found = select(ReturnPeriod).order_by(ReturnPeriod.first_on.desc())
    if before is not None:
        found = found.where(ReturnPeriod.first_on < before)
    return session.scalars(found.limit(limit)).all()


def returns(
    session: Session,
    seen: ColumnElement[bool],
    *,
    period_id: str | None = None,
    agency: str | None = None,
    states: Sequence[str] = (),
    limit: int = 1000,
) -> Sequence[tuple[AgencyReturn, ReturnPeriod]]:
    """Return the returns that may be seen (`wall.returns(actor)`) with their periods, the newest period first.

    Narrowed by period, agency (unit code) and states: open returned nil late missed released.
    """
    found = select(AgencyReturn, ReturnPeriod).join(ReturnPeriod, ReturnPeriod.id == AgencyReturn.period_id)
    found = found.where(seen).order_by(ReturnPeriod.first_on.desc(), AgencyReturn.agency_code)
    if period_id is not None:
        found = found.where(AgencyReturn.period_id == period_id)
    if agency is not None:
        found = found.where(AgencyReturn.agency_code == agency)
    if states:
        found = found.where(AgencyReturn.state.in_(states))
    return [(row, period) for row, period in session.execute(found.limit(limit))]


def items(session: Session, seen: ColumnElement[bool]) -> Sequence[RectificationItem]:
    """Return the items for rectification that may be seen (`wall.items(actor)`), the newest first."""
    found = select(RectificationItem).where(seen)
    return session.scalars(found.order_by(RectificationItem.opened_at.desc(), RectificationItem.id)).all()


def listed(session: Session, row: AgencyReturn) -> list[Sent]:
    """Return the clues of a return in the order in which they were sent.

    Closed, what it lists; else what it would list now: the agency's clues of the period that no other return
    lists, and of the period before what came after its return was closed. No clue is left out or listed twice.
    """
    found = select(Clue).order_by(Clue.submitted_at, Clue.transfer_no)
    period = session.get_one(ReturnPeriod, row.period_id)
    if row.state in CLOSED:
        found = found.join(ReturnedClue, ReturnedClue.clue_id == Clue.id)
        return _sent(session.scalars(found.where(ReturnedClue.return_id == row.id)), period)
    in_another = exists().where(ReturnedClue.clue_id == Clue.id)
    found = found.where(
        Clue.agency_code == row.agency_code,
        Clue.submitted_at >= midnight(_since(session, row, period)),
        Clue.submitted_at < midnight(period.last_on + timedelta(days=1)),
        ~in_another,
    )
    return _sent(session.scalars(found), period)


def is_late(row: AgencyReturn, now: datetime) -> bool:
    """Return whether a return that is closed now comes after its due day."""
    return now >= midnight(row.due_on + timedelta(days=1))


def midnight(day: date) -> datetime:
    """Return the first instant of an office day, aware UTC."""
    return datetime.combine(day, time(), clock.office_zone()).astimezone(UTC)


def _since(session: Session, row: AgencyReturn, period: ReturnPeriod) -> date:
    calendar = return_calendar.standing(session)
    earlier = calendar.before(calendar.period_of(period.first_on))
    closed = (
        select(AgencyReturn.id)
        .join(ReturnPeriod, ReturnPeriod.id == AgencyReturn.period_id)
        .where(ReturnPeriod.label == earlier.label, AgencyReturn.agency_code == row.agency_code)
        .where(AgencyReturn.state.in_(CLOSED))
    )
    return earlier.first if session.scalar(closed) else period.first_on


def _sent(clues: Iterable[Clue], period: ReturnPeriod) -> list[Sent]:
    begin = midnight(period.first_on)
    return [Sent(clue, clue.urgency == MAJOR, clue.submitted_at < begin) for clue in clues]
