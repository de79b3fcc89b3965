"""How long a step has run and has left, in days, months and working days; and when each comes to a number.

Elapsed counts from the day on which the limit began, remaining to the last day of the limit; both change at 00:00 in
the office. Elapsed leaves out the days on which the clock stood; months go on by as many days later. Months are whole on
the same-numbered day (民法典 202) and a fraction between: `> 1` is true from the day after. Past the last day, remaining
is below zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from workflows import calendar
from workflows.calendar import WorkDays, spanned
from workflows.expressions.functions import add_months

#: More than any month has days: the fraction of a month stays below one.
MONTH = 32


@dataclass(frozen=True)
class Course:
    """The time of one step, in days of the office."""

    start: date
    last: date
    days: WorkDays
    stood: tuple[
        tuple[date, date], ...
    ] = ()  #: pauses: the first day of each, and that on which the clock ran again

    def standing(self, until: date) -> list[date]:
        """Return the days after the first, up to a day and with it, on which the clock stood."""
        return [
            day for first, again in self.stood for day in spanned(first, again) if self.start < day <= until
        ]

    def stops(self) -> list[list[date]]:
        """Return on which days the clock has stood before the first pause, after it, after the second …"""
        ends = [self.start, *(again for _, again in self.stood)]
        return [self.standing(end) for end in ends]

    def worked(self, days: list[date]) -> int:
        """Return how many of some days are worked."""
        return sum(self.days.is_working(day) for day in days)


@dataclass(frozen=True)
class Measure:
    """A number of each day, and the days on or about which it comes to a given number."""

    of: Callable[[Course, date], float]
    about: Callable[[Course, int], Iterator[date]]


def _elapsed_days(course: Course, day: date) -> float:
    return (day - course.start).days - len(course.standing(day))


def _remaining_days(course: Course, day: date) -> float:
    return (course.last - day).days


def _elapsed_months(course: Course, day: date) -> float:
    return _months(course.start + timedelta(len(course.standing(day))), day)


def _remaining_months(course: Course, day: date) -> float:
    if day > course.last:
        return -_months(course.last, day)
    whole = 0
    while add_months(course.last, -whole - 1) >= day:
        whole += 1
    return whole + (add_months(course.last, -whole) - day).days / MONTH


def _months(first: date, day: date) -> float:
    if day < first:
        return (day - first).days / MONTH
    whole = 0
    while add_months(first, whole + 1) <= day:
        whole += 1
    return whole + (day - add_months(first, whole)).days / MONTH


def _elapsed_working_days(course: Course, day: date) -> float:
    if day <= course.start:
        return 0
    between = calendar.working_days_between(course.start, day, course.days)
    return between - course.worked(course.standing(day))


def _remaining_working_days(course: Course, day: date) -> float:
    if day > course.last:
        return -calendar.working_days_between(course.last, day, course.days)
    return calendar.working_days_between(day, course.last, course.days)


def _shifted(first: date, by: int, days: WorkDays) -> date:
    if by < 0:
        return calendar.subtract_working_days(first, -by, days)
    return calendar.add_working_days(first, by, days) if by else first


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "elapsed_days": Measure(
            _elapsed_days, lambda c, n: (c.start + timedelta(n + len(stood)) for stood in c.stops())
        ),
        "elapsed_months": Measure(
            _elapsed_months,
            lambda c, n: (add_months(c.start + timedelta(len(stood)), n) for stood in c.stops()),
        ),
        "elapsed_working_days": Measure(
            _elapsed_working_days,
            lambda c, n: (
                _shifted(c.start, n + by + c.worked(stood), c.days) for stood in c.stops() for by in (0, 1)
            ),
        ),
        "remaining_days": Measure(_remaining_days, lambda c, n: iter([c.last - timedelta(n)])),
        "remaining_months": Measure(_remaining_months, lambda c, n: iter([add_months(c.last, -n)])),
        "remaining_working_days": Measure(
            _remaining_working_days, lambda c, n: (_shifted(c.last, by - n, c.days) for by in (-1, 0, 1))
        ),
    }
)
