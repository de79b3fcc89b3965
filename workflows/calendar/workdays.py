"""Which days are worked: weekends, statutory holidays, and the weekends worked in exchange (调休上班)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import count, islice

from chinese_calendar import constants

from workflows.errors import InvalidInput

#: The whole country; a local calendar adds its own days (`CN-320500`: by the code of the region, GB/T 2260).
NATIONAL = "CN"
MAX_DAYS = 10_000  #: at most so many days are counted at once
DAY = timedelta(days=1)
CHINESE = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
    "Anti-Fascist 70th Day": "抗战胜利七十周年纪念日",
}
ENGLISH = {zh: en for en, zh in CHINESE.items()}
SATURDAY = 5


@dataclass(frozen=True)
class WorkDays:
    """The State Council's holiday plans of the loaded years; in other years only weekends are known."""

    years: frozenset[int] = frozenset()
    holidays: Mapping[date, str] = field(default_factory=dict)  #: day -> name, weekends within included
    makeup: frozenset[date] = frozenset()
    jurisdiction: str = NATIONAL  #: whose calendar it is

    @classmethod
    def official(cls) -> WorkDays:
        """Return the plans that the `chinesecalendar` data set holds (2004 and later)."""
        return _official()

    def with_year(
        self, year: int, holidays: Mapping[date, str] | Iterable[date], makeup: Iterable[date]
    ) -> WorkDays:
        """Return the calendar with the plan of a year added, or replaced by this one.

        A plan may reach into the December before (the make-up day of 2012's New Year was 2011-12-31).
        """
        named = dict(holidays) if isinstance(holidays, Mapping) else dict.fromkeys(holidays, "")
        worked = frozenset(makeup)
        guard_plan(year, named, worked)
        others = {day: name for day, name in self.holidays.items() if day.year != year and day not in worked}
        kept = {day for day in self.makeup if day.year != year and day not in named}
        return replace(self, years=self.years | {year}, holidays={**others, **named}, makeup=worked | kept)

    def with_changes(
        self, jurisdiction: str, holidays: Mapping[date, str], makeup: Iterable[date]
    ) -> WorkDays:
        """Return the calendar of a place: its own days off and days worked, over the country's."""
        worked = frozenset(makeup)
        kept = {day: name for day, name in self.holidays.items() if day not in worked}
        return replace(
            self,
            holidays={**kept, **holidays},
            makeup=(self.makeup - set(holidays)) | {day for day in worked if day.weekday() >= SATURDAY},
            jurisdiction=jurisdiction,
        )

    def loaded(self, year: int) -> bool:
        """Return whether the holiday plan of the year is known; without it, due dates are provisional."""
        return year in self.years

    def is_working(self, day: date) -> bool:
        """Return whether the day is worked: make-up weekends are, holidays and other weekends are not."""
        return day in self.makeup or (day.weekday() < 5 and day not in self.holidays)

    def is_makeup(self, day: date) -> bool:
        """Return whether the day is a weekend that is worked."""
        return day in self.makeup

    def holiday(self, day: date) -> dict[str, str] | None:
        """Return the names (`zh`, `en`) of the holiday on this day, None if there is none."""
        name = self.holidays.get(day)
        return None if name is None else {"zh": CHINESE.get(name, name), "en": ENGLISH.get(name, name)}


@lru_cache(maxsize=1)
def _official() -> WorkDays:
    holidays = {day: str(name) for day, name in constants.holidays.items()}
    years = frozenset(day.year for day in holidays)
    return WorkDays(years, holidays, frozenset(constants.workdays))


def guard_plan(year: int, holidays: Mapping[date, str], makeup: frozenset[date]) -> None:
    """Refuse a plan that cannot be one, naming the day."""
    if not holidays:
        raise InvalidInput(f"The holiday plan of {year} has no holiday.", code="holiday_plan")
    for day in sorted({*holidays, *makeup}):
        if not date(year - 1, 12, 1) <= day <= date(year, 12, 31):
            raise InvalidInput(
                f"{day} is not in the holiday plan's year {year}.", code="holiday_plan", day=str(day)
            )
        if day in holidays and day in makeup:
            raise InvalidInput(
                f"{day} cannot be both holiday and make-up day.", code="holiday_plan", day=str(day)
            )
        if day in makeup and day.weekday() < 5:
            raise InvalidInput(
                f"{day} is no weekend, so it is no make-up day.", code="holiday_plan", day=str(day)
            )


def add_working_days(day: date, n: int, days: WorkDays) -> date:
    """Return the n-th working day after the day (the day itself for 0)."""
    return walk(day, n, days, DAY)


def subtract_working_days(day: date, n: int, days: WorkDays) -> date:
    """Return the n-th working day before the day (the day itself for 0)."""
    return walk(day, n, days, -DAY)


def walk(day: date, n: int, days: WorkDays, step: timedelta) -> date:
    """Return the n-th working day in the direction of the step."""
    if not 0 <= n <= MAX_DAYS:
        raise InvalidInput(f"{n} working days cannot be counted, only 0 to {MAX_DAYS}.", code="days", n=n)
    if n == 0:
        return day
    ahead = (day + step * distance for distance in count(1))
    return next(islice((other for other in ahead if days.is_working(other)), n - 1, None))


def working_days_between(start: date, end: date, days: WorkDays) -> int:
    """Return how many working days come after `start` up to and with `end`; negative if `end` is before."""
    if end < start:
        return -working_days_between(end, start, days)
    if (end - start).days > 2 * MAX_DAYS:
        raise InvalidInput(f"More than {2 * MAX_DAYS} days cannot be counted.", code="days")
    return sum(days.is_working(start + DAY * distance) for distance in range(1, (end - start).days + 1))
