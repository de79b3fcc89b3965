"""My week: what is due for the reader, day by day, with what he may claim and what is overdue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from flask import render_template, request
from flask_babel import format_date
from flask_babel import gettext as _

from handlers import office
from handlers.deadlines import units_for
from server.db import reading
from server.guard import guard
from server.pages import concerning, matter, names
from server.pages.blueprint import blueprint
from server.pages.frame import work_days
from workflows import clock, ladder
from workflows.actor import Actor
from workflows.model import Task
from workflows.tasks import deadlines as listed

DAY, WEEK = timedelta(days=1), timedelta(days=7)
#: Beyond these no calendar of ours goes.
FIRST, LAST = date(2000, 1, 3), date(2099, 12, 28)


@dataclass(frozen=True)
class Day:
    """One day with what is due on it."""

    day: date
    words: str  #: such as “Monday 9 March”
    off: str  #: the holiday's name, or that it is a weekend; empty on a working day
    makeup: bool  #: a weekend that is worked
    today: bool
    tasks: tuple[Task, ...]


@blueprint.get("/week")
@guard()
def deadlines(actor: Actor) -> str:
    """Show what is due for the reader in a week; in the present one also what is overdue from before."""
    today = office.today()
    monday = monday_of(day_of(request.args.get("week"), today))
    since, until = span(monday, monday + WEEK)
    present = monday == monday_of(today)
    with reading() as session:
        rows = listed.mine(session, actor, since=None if present else since, until=until)
        paused = listed.standing(session, actor) if present else ()
        return render_template(
            "week.html",
            paused=paused,
            late=[row for row in rows if row.sorts_at < since],
            days=days([monday + DAY * n for n in range(7)], rows),
            cut=len(rows) == listed.MAX_DEADLINES,
            matters=matter.headings(session, actor, {row.scope_id for row in (*rows, *paused)}),
            of_whom=concerning.of_whom(session, actor, (*rows, *paused)),
            monday=monday,
            sunday=monday + 6 * DAY,
            before=monday - WEEK if monday > FIRST else None,
            after=monday + WEEK if monday + WEEK <= LAST else None,
            present=present,
            units=units_for(session, actor),
        )


def days(wanted: Sequence[date], tasks: Sequence[Task]) -> list[Day]:
    """Return these days, each with the tasks that are due on it."""
    by_day: dict[date, list[Task]] = {}
    for task in tasks:
        by_day.setdefault(ladder.last_day(task.sorts_at), []).append(task)
    return [_day(one, by_day) for one in wanted]


def span(first: date, behind: date) -> tuple[datetime, datetime]:
    """Return from when to when, aware UTC, a due instant lies on a day from `first` until the day before `behind`.

    A deadline at 24:00 belongs to the day that it ends: the instants are those just after midnight.
    """
    zone, hair = clock.office_zone(), timedelta(microseconds=1)
    since, until = (datetime.combine(day, time(), zone).astimezone(UTC) + hair for day in (first, behind))
    return since, until


def day_of(text: str | None, otherwise: date) -> date:
    """Return the day that an address names; another where it names none that we have."""
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return otherwise
    return found if FIRST <= found <= LAST else otherwise


def monday_of(day: date) -> date:
    """Return the first day of the week."""
    return day - DAY * day.weekday()


def _day(day: date, by_day: Mapping[date, list[Task]]) -> Day:
    calendar = work_days()
    off = "" if calendar.is_working(day) else _day_off(calendar.holiday(day))
    return Day(
        day=day,
        words=format_date(day, "M月d日 EEEE" if names.lang() == "zh" else "EEEE d MMMM"),
        off=off,
        makeup=calendar.is_makeup(day),
        today=day == office.today(),
        tasks=tuple(by_day.get(day, ())),
    )


def _day_off(name: Mapping[str, str] | None) -> str:
    """Return the holiday of a day; of a plain weekend, that it is off."""
    return (name or {}).get(names.lang()) or _("day off")
