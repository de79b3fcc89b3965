"""Return periods as the office's data (`bpmn/return_calendar.csv`): how long they are, when returns are due.

A period is some months that begin at a month of the year (two from January on: 双月移送, T10). Its returns are due
so many working days after its last day; none means the last day itself, or the next working day where that is a
rest day. Who is asked late, because a period was opened late, has at least the catch-up days. What 双月 means is the
office's to decide: each option has its own versions, and a decision holds from the first day of a month on.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

from sqlalchemy.orm import Session

from workflows import calendar, conventions
from workflows.calendar import WorkDays
from workflows.errors import InvalidInput
from workflows.model import TimeConvention

FILE = Path(__file__).parent.parent / "bpmn" / "return_calendar.csv"
DAY = timedelta(days=1)
#: What the office decides about it: `codes/time_conventions.csv`.
QUESTION = "two_monthly"
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
    option: str = ""  #: which answer of the office it goes with; empty: until the office decides


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


@dataclass(frozen=True)
class ReturnCalendar:
    """The versions by which periods are reckoned, each from its day on; the first one also before."""

    rules: tuple[Rule, ...]

    def period_of(self, day: date) -> Period:
        """Return the period in which a day lies; where a version ends, its last period ends with it."""
        rule = [one for one in self.rules if one is self.rules[0] or one.effective_from <= day][-1]
        month = day.year * 12 + day.month - 1
        begin = month - (month - (rule.first_month - 1)) % rule.months
        first = date(begin // 12, begin % 12 + 1, 1)
        last = calendar.add_months(first, rule.months) - DAY
        if rule is not self.rules[0]:
            first = max(first, rule.effective_from)
        if later := [one.effective_from for one in self.rules if one.effective_from > day]:
            last = min(last, later[0] - DAY)
        return Period(_label(first, last), first, last, rule)

    def before(self, period: Period) -> Period:
        """Return the period that came before."""
        return self.period_of(period.first - DAY)

    def after(self, period: Period) -> Period:
        """Return the period that comes next."""
        return self.period_of(period.last + DAY)

    def recent(self, day: date, count: int = 7) -> list[Period]:
        """Return the period of a day and those before it, the newest first."""
        found = [self.period_of(day)]
        while len(found) < count:
            found.append(self.before(found[-1]))
        return found

    def labelled(self, label: str) -> Period:
        """Return the period of this name; InvalidInput where no period is called so."""
        try:
            found = self.period_of(date.fromisoformat(f"{label[:7]}-01"))
        except ValueError:
            found = None
        if found is None or found.label != label:
            raise InvalidInput(
                f"There is no return period {label!r}; one is called {self.period_of(date(2026, 9, 1)).label}."
            )
        return found


def standing(session: Session) -> ReturnCalendar:
    """Return the office's calendar: that of the file, by what the office has decided about it since."""
    decided: list[TimeConvention] = []
    for row in conventions.versions(session, QUESTION):
        decided = [one for one in decided if one.effective_from < row.effective_from] + [row]
    found = [one for one in rules() if one.option == (decided[0].effect if decided else "")]
    for row in decided[1:]:
        ours = [one for one in rules() if one.option == row.effect]
        begun = [one for one in ours if one.effective_from <= row.effective_from] or ours[:1]
        found = [one for one in found if one.effective_from < row.effective_from]
        found.append(replace(begun[-1], effective_from=row.effective_from))
        found += [one for one in ours if one.effective_from > row.effective_from]
    return ReturnCalendar(tuple(found))


def options() -> frozenset[str]:
    """Return what the office may choose among; empty for what holds until it decides."""
    return frozenset(one.option for one in rules())


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
    found.sort(key=lambda rule: rule.option)
    for earlier, later in pairwise(found):
        same = later.option == earlier.option
        if same and (later.version == earlier.version or later.effective_from <= earlier.effective_from):
            raise InvalidInput(
                f"Version {later.version} of the return calendar must come into force after version "
                f"{earlier.version} ({earlier.effective_from}).",
                code="version",
            )
    return found


@cache
def rules() -> tuple[Rule, ...]:
    """Return the versions of every option in the file, each option's the earliest first."""
    return tuple(read(FILE.read_text("utf-8")))


def _rules(table: csv.DictReader[str]) -> Iterator[Rule]:
    for number, row in enumerate(table, 2):
        values = {name: _number(number, name, row[name] or "") for name in _NUMBERS}
        if 12 % values["months"]:
            raise _bad(number, "months", "must divide the year: 1, 2, 3, 4, 6 or 12")
        day = _day(number, row["effective_from"] or "")
        yield Rule(effective_from=day, option=row.get("option") or "", **values)


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
