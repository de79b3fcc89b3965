"""The office's calendar: the official plans, the years loaded since, and what a place has of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from workflows import calendar, clock
from workflows.calendar import NATIONAL, Plan, WorkDays
from workflows.errors import InvalidInput
from workflows.model import CalendarDay, CalendarYear, new_id

_jurisdiction = NATIONAL
#: Calendars by the plans that they are made of, which never change; the ids are unique everywhere.
_built: dict[tuple[str, ...], WorkDays] = {}


def use_jurisdiction(code: str) -> None:
    """Count by the calendar of this place from now on."""
    global _jurisdiction
    _jurisdiction = code


def jurisdiction() -> str:
    """Return whose calendar the office counts by."""
    return _jurisdiction


def jurisdictions(session: Session) -> set[str]:
    """Return the places of which a plan is loaded."""
    return set(session.scalars(select(CalendarYear.jurisdiction).distinct()))


def work_days(session: Session, jurisdiction: str | None = None) -> WorkDays:
    """Return the calendar of the office, or of another place; within a transaction always the same."""
    where = jurisdiction or _jurisdiction
    known: dict[str, WorkDays] = session.info.setdefault("work_days", {})
    if where not in known:
        known[where] = _build(session, where)
    return known[where]


def newest(session: Session, jurisdiction: str | None = None) -> Sequence[CalendarYear]:
    """Return the newest version of every loaded year that a place counts by, the country's first."""
    where = {NATIONAL, jurisdiction or _jurisdiction}
    rows = session.scalars(
        select(CalendarYear)
        .where(CalendarYear.jurisdiction.in_(where))
        .order_by(CalendarYear.jurisdiction, CalendarYear.year, CalendarYear.version)
    )
    return tuple({(row.jurisdiction, row.year): row for row in rows}.values())


def add(session: Session, plan: Plan, *, by: str, reason: str | None = None) -> CalendarYear | None:
    """Write a plan as the newest of its year; None where it says what is loaded already.

    One that contradicts a loaded year needs a reason: `InvalidInput` names the lines and the remedy.
    """
    known = _known(session, plan)
    differing = calendar.contradictions(plan, known) if known is not None else []
    if known is not None and not differing:
        return None
    if differing and not reason:
        raise InvalidInput(
            f"The year {plan.year} ({plan.jurisdiction}) is loaded already, and the file contradicts it: "
            f'{"; ".join(differing[:20])}. If the file is right, load it with --replace --reason "…".',
            code="calendar_contradicts",
            lines=differing,
        )
    row = CalendarYear(
        id=new_id(),
        jurisdiction=plan.jurisdiction,
        year=plan.year,
        version=1 + _versions(session, plan),
        reason=reason,
        loaded_by=by,
        loaded_at=clock.now(),
    )
    session.add(row)
    session.flush()
    days = ("day", "kind", "name", "source")
    session.execute(
        insert(CalendarDay),
        [{"plan_id": row.id, **{name: getattr(day, name) for name in days}} for day in plan.days],
    )
    session.info.pop("work_days", None)
    return row


def _versions(session: Session, plan: Plan) -> int:
    of_year = select(CalendarYear.version).where(
        CalendarYear.jurisdiction == plan.jurisdiction, CalendarYear.year == plan.year
    )
    return max(session.scalars(of_year), default=0)


def _known(session: Session, plan: Plan) -> Mapping[date, str] | None:
    """Return what is loaded of a plan's year (day → kind), None where nothing is."""
    for row in newest(session, plan.jurisdiction):
        if (row.jurisdiction, row.year) == (plan.jurisdiction, plan.year):
            return {day.day: day.kind for day in _days(session, row)}
    official = WorkDays.official()
    if plan.jurisdiction != NATIONAL or not official.loaded(plan.year):
        return None
    holidays = {day: "holiday" for day in official.holidays if day.year == plan.year}
    return holidays | {day: "makeup" for day in official.makeup if day.year == plan.year}


def _build(session: Session, jurisdiction: str) -> WorkDays:
    plans = newest(session, jurisdiction)
    key = tuple(plan.id for plan in plans)
    if key not in _built:
        days = WorkDays.official()
        for plan in plans:
            days = _with(session, days, plan)
        _built[key] = days
    return _built[key]


def _with(session: Session, days: WorkDays, plan: CalendarYear) -> WorkDays:
    rows = _days(session, plan)
    holidays = {row.day: row.name for row in rows if row.kind == "holiday"}
    makeup = [row.day for row in rows if row.kind == "makeup"]
    if plan.jurisdiction != NATIONAL:
        return days.with_changes(plan.jurisdiction, holidays, makeup)
    return days.with_year(plan.year, holidays, makeup)


def _days(session: Session, plan: CalendarYear) -> Sequence[CalendarDay]:
    of_plan = select(CalendarDay).where(CalendarDay.plan_id == plan.id).order_by(CalendarDay.day)
    return session.scalars(of_plan).all()
