"""How long a step has run and has left, in days, months and working days; and when each comes to a number.

Elapsed counts from the day on which the limit began, remaining to the last day of the limit; both change at 00:00 in
the office. Months are whole on the same-numbered day (民法典 202) and a fraction between: `> 1` is true from the day
after. Past the last day, remaining is below zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from workflows import calendar
from workflows.calendar import WorkDays
from workflows.expressions.functions import add_months

#: More than any month has days: the fraction of a month stays below one.
MONTH = 32


@dataclass(frozen=True)
class Course:
    """The time of one step, in days of the office."""

    start: date
    last: date
    days: WorkDays


@dataclass(frozen=True)
class Measure:
    """A number of each day, and the days on or about which it comes to a given number."""

    of: Callable[[Course, date], float]
    about: Callable[[Course, int], Iterator[date]]


def _elapsed_days(course: Course, day: date) -> float:
    return (day - course.start).days


def _remaining_days(course: Course, day: date) -> float:
    return (course.last - day).days


def _elapsed_months(course: Course, day: date) -> float:
    return _months(course.start, day)


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
    return calendar.working_days_between(course.start, day, course.days) if day > course.start else 0


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
        "elapsed_days": Measure(_elapsed_days, lambda c, n: iter([c.start + timedelta(n)])),
        "elapsed_months": Measure(_elapsed_months, lambda c, n: iter([add_months(c.start, n)])),
        "elapsed_working_days": Measure(
            _elapsed_working_days, lambda c, n: (_shifted(c.start, n + by, c.days) for by in (0, 1))
        ),
        "remaining_days": Measure(_remaining_days, lambda c, n: iter([c.last - timedelta(n)])),
        "remaining_months": Measure(_remaining_months, lambda c, n: iter([add_months(c.last, -n)])),
        "remaining_working_days": Measure(
            _remaining_working_days, lambda c, n: (_shifted(c.last, by - n, c.days) for by in (-1, 0, 1))
        ),
    }
)
