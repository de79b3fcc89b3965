"""What moves the end of a running limit: pauses, which add the time that they last, and extensions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from workflows.calendar.workdays import DAY, WorkDays


@dataclass(frozen=True)
class Pause:
    """The clock stands from an instant until another; of days, it stands on the first and runs on the last."""

    start: datetime  #: aware
    end: datetime | None = None  #: aware; None while it stands

    def days(self, zone: ZoneInfo) -> tuple[date, date]:
        """Return the office's first day on which the clock stands, and the first on which it runs again."""
        first = self.start.astimezone(zone).date()
        return first, self.end.astimezone(zone).date() if self.end else date.max


@dataclass(frozen=True)
class Extension:
    """So many units more, or a last day that the commission above has set: one of them."""

    n: int | None = None
    until: date | None = None


Change = Pause | Extension


def added(changes: Sequence[Change]) -> int:
    """Return how many units the extensions add to the number of the rule: those before a day was set."""
    total = 0
    for change in changes:
        if isinstance(change, Extension):
            if change.until is not None:
                break
            total += change.n or 0
    return total


def after_until(changes: Sequence[Change]) -> Sequence[Change]:
    """Return what comes after, and with, the first extension to a set day, and all pauses before it."""
    found: list[Change] = []
    for change in changes:
        fixed = any(isinstance(other, Extension) for other in found)
        if isinstance(change, Pause) or change.until is not None or fixed:
            found.append(change)
    return found


def paused_days(pause: Pause, event: date, unit: str, days: WorkDays, zone: ZoneInfo) -> int:
    """Return how many days of a limit fell into a pause that has ended; the day of the event never counts."""
    first, again = pause.days(zone)
    first = max(first, event + DAY)
    if unit == "working_days":
        return sum(days.is_working(day) for day in spanned(first, again))
    return max(0, (again - first).days)


def spanned(first: date, end: date) -> list[date]:
    """Return the days from the first until before the end."""
    return [first + DAY * distance for distance in range((end - first).days)]


def stands_now(changes: Sequence[Change]) -> Pause | None:
    """Return the pause that has not ended, if the clock stands."""
    return next((one for one in changes if isinstance(one, Pause) and one.end is None), None)


def paused_time(changes: Sequence[Change]) -> timedelta:
    """Return how long the clock has stood in all the pauses that have ended."""
    ended = (one for one in changes if isinstance(one, Pause))
    return sum((one.end - one.start for one in ended if one.end), timedelta())
