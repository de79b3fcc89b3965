"""Cron expressions of timer cycles as Camunda 7 reads them (Quartz): six or seven fields, seconds first.

Times are those of the office's clock. Where the clock jumps ahead, what would have fired in the hour left out
fires at the jump, once; where it goes back, only what fires in every hour fires in the repeated one again.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_SECOND = timedelta(seconds=1)
#: Years that a search goes ahead: leap days and the like are not farther apart.
_HORIZON = 60

DayRule = Callable[[date], bool]


class BadCron(ValueError):
    """The text is no cron expression; says what would be right."""


@dataclass(frozen=True)
class Cron:
    """A parsed expression."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: tuple[int, ...]
    years: tuple[int, ...] | None
    days: tuple[DayRule, ...]  #: a day is right when one of them says so

    @property
    def hourly(self) -> bool:
        """Tell whether it fires in every hour of its days."""
        return len(self.hours) == 24

    def after(self, instant: datetime, zone: ZoneInfo) -> datetime | None:
        """Return the aware UTC instant at which it fires next after an aware one; None when never again."""
        local = instant.astimezone(zone)
        wall, offset, since = local.replace(tzinfo=None), _offset(instant, zone), instant
        while (found := self._next_wall(wall)) is not None:
            at = (found - offset).replace(tzinfo=UTC)
            change = _change(since, at, zone)
            if change is None:
                if self.hourly or not at.astimezone(zone).fold:
                    return at
                wall, since = found, at
                continue
            offset = _offset(change, zone)
            begins = change.replace(tzinfo=None) + offset
            if found < begins:
                return change
            wall, since = begins - _SECOND, change
        return None

    def _next_wall(self, wall: datetime) -> datetime | None:
        first = wall.replace(microsecond=0, fold=0) + _SECOND
        for day in self._dates(first.date()):
            low = first.time() if day == first.date() else time.min
            for at in self._times(low):
                return datetime.combine(day, at)
        return None

    def _dates(self, first: date) -> Iterator[date]:
        last = min(first.year + _HORIZON, 9999)
        for year in range(first.year, last + 1):
            if self.years is not None and year not in self.years:
                continue
            for month in self.months:
                for number in range(1, calendar.monthrange(year, month)[1] + 1):
                    day = date(year, month, number)
                    if day >= first and any(rule(day) for rule in self.days):
                        yield day

    def _times(self, low: time) -> Iterator[time]:
        for hour in (h for h in self.hours if h >= low.hour):
            for minute in self.minutes:
                for second in self.seconds:
                    if (at := time(hour, minute, second)) >= low:
                        yield at


def looks_like(text: str) -> bool:
    """Tell whether a text is meant as cron: fields with blanks between them."""
    return len(text.split()) > 1


def parse(text: str) -> Cron:
    """Return the cron expression of `0 0/5 * * * ?`; raises `BadCron`."""
    fields = text.upper().split()
    if len(fields) not in (6, 7):
        raise BadCron(
            f"'{text}' has {len(fields)} fields; a cron expression has six, seconds first, and perhaps a year: "
            "0 0/5 * * * ? for every five minutes."
        )
    second, minute, hour, day, month, weekday = fields[:6]
    years = _numbers(fields[6], 1970, 2199) if len(fields) == 7 and fields[6] != "*" else None
    return Cron(
        _numbers(second, 0, 59),
        _numbers(minute, 0, 59),
        _numbers(hour, 0, 23),
        _numbers(month, 1, 12, _MONTHS),
        years,
        _days(day, weekday),
    )


def _numbers(field: str, low: int, high: int, names: dict[str, int] | None = None) -> tuple[int, ...]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            begin, end = low, high
        else:
            begin = _number(first, low, high, names)
            end = _number(last, low, high, names) if dash else (high if step else begin)
        # Quartz lets a range run over the end: 22-2 is from ten in the evening to two at night.
        whole = [*range(begin, end + 1)] if begin <= end else [*range(begin, high + 1), *range(low, end + 1)]
        found.update(whole[:: _number(step, 1, high, None)] if step or part.endswith("/") else whole)
    return tuple(sorted(found))


def _number(text: str, low: int, high: int, names: dict[str, int] | None) -> int:
    number = (names or {}).get(text, int(text) if text.isdecimal() and len(text) < 5 else -1)
    if not low <= number <= high:
        raise BadCron(f"'{text}' is no number from {low} to {high} of a cron expression.")
    return number


def _days(day: str, weekday: str) -> tuple[DayRule, ...]:
    if day in "*?" and weekday in "*?":
        if day == weekday == "?":
            raise BadCron("One of day and weekday says which, the other one is '?'.")
        return (lambda _: True,)
    if day not in "*?" and weekday not in "*?":
        raise BadCron("A cron expression names days of the month or of the week, not both: one is '?'.")
    if weekday in "*?":
        return tuple(_day_of_month(part) for part in day.split(","))
    return tuple(_day_of_week(part) for part in weekday.split(","))


def _day_of_month(part: str) -> DayRule:
    if part == "LW":
        return lambda day: day == _nearest_workday(day, _last(day))
    if match := re.fullmatch(r"L(?:-(\d{1,2}))?", part):
        before = int(match.group(1) or 0)
        return lambda day: day.day == _last(day) - before
    if match := re.fullmatch(r"(\d{1,2})W", part):
        wanted = _number(match.group(1), 1, 31, None)
        return lambda day: wanted <= _last(day) and day == _nearest_workday(day, wanted)
    numbers = _numbers(part, 1, 31)
    return lambda day: day.day in numbers


def _day_of_week(part: str) -> DayRule:
    if match := re.fullmatch(r"(\w+)#(\d)", part):
        which, turn = _weekday(match.group(1)), _number(match.group(2), 1, 5, None)
        return lambda day: day.isoweekday() % 7 + 1 == which and (day.day + 6) // 7 == turn
    if match := re.fullmatch(r"(\w+)L", part):
        last = _weekday(match.group(1))
        return lambda day: day.isoweekday() % 7 + 1 == last and day.day + 7 > _last(day)
    numbers = (7,) if part == "L" else _numbers(part, 1, 7, _DAYS)
    return lambda day: day.isoweekday() % 7 + 1 in numbers


def _weekday(text: str) -> int:
    return _number(text, 1, 7, _DAYS)


def _last(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _nearest_workday(month: date, number: int) -> date:
    """Return the working day (Monday to Friday) of the month that is nearest to a day of it."""
    wanted = month.replace(day=number)
    if wanted.isoweekday() == 6:
        return wanted + timedelta(days=-1 if number > 1 else 2)
    if wanted.isoweekday() == 7:
        return wanted + timedelta(days=1 if number < _last(month) else -2)
    return wanted


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _change(since: datetime, until: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the first second of another offset between two instants, None where there is none to matter."""
    before = _offset(since, zone)
    if _offset(until, zone) == before:
        return None
    low, high = since, until
    while high - low > _SECOND:
        middle = low + timedelta(seconds=(high - low) // _SECOND // 2)
        low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
    return high.replace(microsecond=0)
