"""A unit's deadlines of a month: a grid of days, and the list of a chosen day."""

from __future__ import annotations

from datetime import date

from flask import redirect, render_template, request, url_for
from flask_babel import format_date
from werkzeug.wrappers import Response as AnyResponse

from handlers import deadlines as of_units
from handlers import office
from server.db import reading
from server.guard import guard
from server.pages import concerning, matter, names
from server.pages.blueprint import blueprint
from server.pages.deadlines import DAY, FIRST, LAST, day_of, days, monday_of, span
from workflows.actor import Actor
from workflows.errors import NotFound
from workflows.tasks import deadlines as listed

#: Deadlines that a day of the grid shows; the others stand in its list.
SHOWN = 4


@blueprint.get("/calendar")
@guard()
def deadlines_month(actor: Actor) -> str | AnyResponse:
    """Show the open deadlines of a unit in a month, as far as the reader may see them."""
    first = _month(request.args.get("month"), office.today())
    behind = _next(first)
    with reading() as session:
        units = of_units.units_for(session, actor)
        if not units:
            # Who belongs to no unit has his own week.
            return redirect(url_for("pages.deadlines"), 303)
        code = request.args.get("unit") or units[0].code
        if code not in {unit.code for unit in units}:
            raise NotFound(
                "There is no such unit, or its calendar is not for you to see.", code="calendar_unit"
            )
        since, until = span(first, behind)
        offered = of_units.offered(session, code)
        rows = listed.where(session, actor, of_units.of_unit(code), offered=offered, since=since, until=until)
        grid = days([first + DAY * n for n in range((behind - first).days)], rows)
        chosen = day_of(request.args.get("day"), FIRST)
        return render_template(
            "month.html",
            units=units,
            code=code,
            first=first,
            title=format_date(first, "yyyy年M月" if names.lang() == "zh" else "MMMM yyyy"),
            weekdays=_weekdays(),
            lead=first.weekday(),
            tail=-(first.weekday() + len(grid)) % 7,
            days=grid,
            chosen=next((one for one in grid if one.day == chosen), None),
            count=len(rows),
            cut=len(rows) == listed.MAX_DEADLINES,
            shown=SHOWN,
            matters=matter.headings(session, actor, {row.scope_id for row in rows}),
            of_whom=concerning.of_whom(session, actor, rows),
            before=_previous(first) if first > FIRST.replace(day=1) else None,
            after=behind if behind <= LAST else None,
        )


def _month(text: str | None, today: date) -> date:
    return day_of(f"{text}-01", today.replace(day=1)) if text else today.replace(day=1)


def _next(first: date) -> date:
    return (first + 31 * DAY).replace(day=1)


def _previous(first: date) -> date:
    return (first - DAY).replace(day=1)


def _weekdays() -> list[tuple[str, str]]:
    """Return the days of the week from Monday on: short for the eye, whole for the ear."""
    monday = monday_of(date(2026, 3, 2))
    short = "EEEEE" if names.lang() == "zh" else "EEE"
    return [(format_date(monday + DAY * n, short), format_date(monday + DAY * n, "EEEE")) for n in range(7)]
