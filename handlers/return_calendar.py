"""Return periods as the office's data (`bpmn/return_calendar.csv`): how long they are, when returns are due.

A period is some months that begin at a month of the year (two from January on: 双月移送, T10). Its returns are due
so many working days after its last day; none means the last day itself, or the next working day where that is a
rest day. Who is asked late, because a period was opened late, has at least the catch-up days.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

from workflows import calendar
from workflows.calendar import WorkDays
from workflows.errors import InvalidInput

FILE = Path(__file__).parent.parent / "bpmn" / "return_calendar.csv"
DAY = timedelta(days=1)
#: Column → the least and the most that may stand there.
_NUMBERS = {
    "version": (1, 9_999),
    "first_month": (1, 12),
    "months": (1, 12),
    "due_working_days": (0, 250),
    "catch_up_working_days": (1, 250),
}


@dataclass(frozen=True)
class Rule:
    """One version of the return calendar, in force from a day on."""

    version: int
    effective_from: date
    first_month: int
    months: int
    due_working_days: int
    catch_up_working_days: int


@dataclass(frozen=True)
class Period:
    """One return period, such as `2026-09/10`, from its first to its last day."""

    label: str
    first: date
    last: date
    rule: Rule

    def due(self, days: WorkDays) -> date:
        """Return the last day on which a return is in time."""
        if self.rule.due_working_days:
            return calendar.add_working_days(self.last, self.rule.due_working_days, days)
        return self.last if days.is_working(self.last) else calendar.add_working_days(self.last, 1, days)

    def due_when_opened(self, on: date, days: WorkDays) -> date:
        """Return the last day for who is asked on a day: opened late, a period leaves the catch-up days."""
        caught_up = calendar.add_working_days(on, self.rule.catch_up_working_days, days)
        return max(self.due(days), caught_up)


def period_of(day: date) -> Period:
    """Return the period in which a day lies, by the version in force on it."""
    rule = [rule for rule in (rules()[0], *rules()) if rule.effective_from <= day or rule is rules()[0]][-1]
    month = day.year * 12 + day.month - 1
    begin = month - (month - (rule.first_month - 1)) % rule.months
    first = date(begin // 12, begin % 12 + 1, 1)
    last = calendar.add_months(first, rule.months) - DAY
    return Period(_label(first, last), first, last, rule)


def before(period: Period) -> Period:
    """Return the period that came before."""
    return period_of(period.first - DAY)


def after(period: Period) -> Period:
    """Return the period that comes next."""
    return period_of(period.last + DAY)


def recent(day: date, count: int = 7) -> list[Period]:
    """Return the period of a day and those before it, the newest first."""
    found = [period_of(day)]
    while len(found) < count:
        found.append(before(found[-1]))
    return found


def labelled(label: str) -> Period:
    """Return the period of this name; InvalidInput where no period is called so."""
    try:
        found = period_of(date.fromisoformat(f"{label[:7]}-01"))
    except ValueError:
        found = None
    if found is None or found.label != label:
        raise InvalidInput(
            f"There is no return period {label!r}; one is called {period_of(date(2026, 9, 1)).label}."
        )
    return found


def read(text: str) -> list[Rule]:
    """Return the versions in a file's text, the earliest first; InvalidInput names row and column."""
    table = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    wanted = {*_NUMBERS, "effective_from"}
    if missing := wanted - set(table.fieldnames or ()):
        raise InvalidInput(
            f"The return calendar lacks the columns {', '.join(sorted(missing))}.", code="columns"
        )
    found = sorted(_rules(table), key=lambda rule: rule.version)
    if not found:
        raise InvalidInput("The return calendar has no row.", code="rows")
    for earlier, later in pairwise(found):
        if later.version == earlier.version or later.effective_from <= earlier.effective_from:
            raise InvalidInput(
                f"Version {later.version} of the return calendar must come into force after version "
                f"{earlier.version} ({earlier.effective_from}).",
                code="version",
            )
    return found


@cache
def rules() -> tuple[Rule, ...]:
    """Return the office's versions, the earliest first."""
    return tuple(read(FILE.read_text("utf-8")))


def _rules(table: csv.DictReader[str]) -> Iterator[Rule]:
    for number, row in enumerate(table, 2):
        values = {name: _number(number, name, row[name] or "") for name in _NUMBERS}
        if 12 % values["months"]:
            raise _bad(number, "months", "must divide the year: 1, 2, 3, 4, 6 or 12")
        yield Rule(effective_from=_day(number, row["effective_from"] or ""), **values)


def _number(row: int, column: str, cell: str) -> int:
    least, most = _NUMBERS[column]
    if not (cell.isascii() and cell.isdecimal() and len(cell) < 5 and least <= int(cell) <= most):
        raise _bad(row, column, f"must be a whole number from {least} to {most}")
    return int(cell)


def _day(row: int, cell: str) -> date:
    try:
        day = date.fromisoformat(cell)
    except ValueError:
        raise _bad(row, "effective_from", "must be a day such as 2026-01-01") from None
    if day.day != 1:
        raise _bad(row, "effective_from", "must be the first day of a month, with which a period begins")
    return day


def _bad(row: int, column: str, why: str) -> InvalidInput:
    return InvalidInput(
        f"Row {row} of the return calendar, column {column}: {why}.", code="cell", row=row, column=column
    )


def _label(first: date, last: date) -> str:
    if (first.year, first.month) == (last.year, last.month):
        return f"{first:%Y-%m}"
    return f"{first:%Y-%m}/{last:%m}" if first.year == last.year else f"{first:%Y-%m}/{last:%Y-%m}"
