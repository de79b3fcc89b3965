"""ISO 8601 timers in the office's zone: months, weeks and days by the calendar, hours and less exactly.

The library's own timer code is not used: it evaluates the text, freezes the server's offset at import, reads
"-PT1H" as an hour ahead and fires an overdue cycle once for every missed turn.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workflows.engine import cron

_NUMBER = r"(\d+(?:[.,]\d+)?)"
_DURATION = re.compile(
    rf"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?\Z"
)
_CYCLE = re.compile(r"R(\d*)/([^/]+)(?:/([^/]+))?\Z")
_LONGEST = timedelta(days=400 * 366)

#: Kinds of `<timerEventDefinition>` children.
KINDS = ("timeDate", "timeDuration", "timeCycle")


class BadTimer(ValueError):
    """The text is no ISO 8601 instant, duration or cycle; says what would be right."""


@dataclass(frozen=True)
class Duration:
    """A length of time whose calendar part is counted by the calendar."""

    months: int
    days: int
    exact: timedelta

    def after(self, start: datetime, zone: ZoneInfo, times: int = 1) -> datetime:
        """Return the aware UTC instant `times` of this length after an aware `start`."""
        moved = start
        if self.months or self.days:
            wall = _add_months(start.astimezone(zone), self.months * times)
            moved = wall + timedelta(days=self.days * times)
        return moved.astimezone(UTC) + self.exact * times


def parse_duration(text: str) -> Duration:
    """Return the duration that `text` (such as P1M, P3D, PT1H30M) means."""
    match = _DURATION.match(text.strip())
    if match is None or not any(match.groups()):
        raise BadTimer(
            f"'{text}' is not a duration; write P3D for three days, PT1H for an hour, P1M for a month."
        )
    years, months, weeks, days = (int(group or 0) for group in match.groups()[:4])
    hours, minutes, seconds = (float((group or "0").replace(",", ".")) for group in match.groups()[4:])
    try:
        exact = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        whole = Duration(12 * years + months, 7 * weeks + days, exact)
        if exact + timedelta(days=whole.days + 31 * whole.months) <= _LONGEST:
            return whole
    except OverflowError:
        pass
    raise BadTimer(f"'{text}' is longer than 400 years.")


def parse_instant(text: str, zone: ZoneInfo) -> datetime:
    """Return the aware UTC instant of an ISO date or date-time, by the office's wall clock without offset."""
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadTimer(
            f"'{text}' is not an instant; write 2026-10-08T09:00:00+08:00 or 2026-10-08."
        ) from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=zone)
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise BadTimer(f"'{text}' is out of range.") from None


@dataclass(frozen=True)
class Cycle:
    """A repeated timer; `turns` None means for ever."""

    start: datetime  #: what is counted from: an end, too
    every: Duration
    turns: int | None
    at_start: int = 0  #: the turn that is at `start` itself

    def due(self, turn: int, zone: ZoneInfo) -> datetime | None:
        """Return the instant of the `turn`-th firing, counted from 1; None when there is none."""
        if self.turns is not None and turn > self.turns:
            return None
        try:
            return self.every.after(self.start, zone, turn - self.at_start)
        except (OverflowError, ValueError):
            return None

    def turn_after(self, turn: int, now: datetime, zone: ZoneInfo) -> int:
        """Return the first later turn after `now`: missed turns are skipped, not caught up."""
        following = turn + 1
        due = self.due(following, zone)
        if due is None or due > now:
            return following
        low, high = following, following + 1
        while (due := self.due(high, zone)) is not None and due <= now:
            low, high = high, high * 2
        while high - low > 1:
            middle = (low + high) // 2
            due = self.due(middle, zone)
            low, high = (middle, high) if due is not None and due <= now else (low, middle)
        return high


def parse_cycle(text: str, now: datetime, zone: ZoneInfo) -> Cycle:
    """Return the cycle of R3/PT1H, R/P1M, R5/2026-10-08T09:00:00Z/P1D or R/PT1H/2026-10-08 when armed at `now`.

    With a start of its own it fires then for the first time, with an end then for the last, as in Camunda 7.
    """
    match = _CYCLE.match(text.strip())
    if match is None or not (match[2].startswith("P") or match[3]):
        raise BadTimer(
            f"'{text}' is not a cycle; write R3/PT1H for three times hourly, R/P1M for monthly for ever."
        )
    turns = int(match[1]) if match[1] else None
    if match[2].startswith("P"):
        every = _between(text, parse_duration(match[2]))
        return (
            _until(parse_instant(match[3], zone), every, turns, now, zone)
            if match[3]
            else Cycle(now, every, turns)
        )
    start = parse_instant(match[2], zone)
    if match[3].startswith("P"):
        return Cycle(start, _between(text, parse_duration(match[3])), turns, 1)
    every = Duration(0, 0, parse_instant(match[3], zone) - start)
    return Cycle(start, _between(text, every), turns, 1)


def _between(text: str, every: Duration) -> Duration:
    if every.exact < timedelta() or not (every.months or every.days or every.exact):
        raise BadTimer(f"'{text}' repeats without any time between.")
    return every


def _until(end: datetime, every: Duration, turns: int | None, now: datetime, zone: ZoneInfo) -> Cycle:
    """Return the cycle whose last turn is at `end`; without a number of turns, all those after `now`."""
    if turns is None:
        turns = 1
        while every.after(end, zone, -turns) > now:
            turns *= 2
        low = turns // 2
        while turns - low > 1:
            middle = (low + turns) // 2
            low, turns = (middle, turns) if every.after(end, zone, -middle) > now else (low, middle)
    return Cycle(end, every, turns, turns)


def check_literal(kind: str, text: str, zone: ZoneInfo) -> None:
    """Raise `BadTimer` when a literal cannot be what its element says."""
    arm(kind, text, datetime(2000, 1, 1, tzinfo=UTC), zone)


def arm(kind: str, value: Any, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """Return what a waiting timer remembers: `due` (aware UTC, ISO) and, for a cycle, `cycle` and `turn`.

    `value` is an ISO text, an aware or office-zone datetime, a date or a timedelta. What the value says
    wins over the element around it, since every modeller writes durations into dates now and then.
    """
    if isinstance(value, timedelta):
        return {"due": (now + value).isoformat()}
    if isinstance(value, date):
        value = value.isoformat()
    if not isinstance(value, str) or not value.strip():
        raise BadTimer(f"A timer needs an ISO 8601 text, not {value!r}.")
    text = value.strip()
    if text.startswith("R"):
        return _arm_cycle(parse_cycle(text, now, zone), text, now, zone)
    if text.startswith("P"):
        return {"due": parse_duration(text).after(now, zone).isoformat()}
    if text.startswith("-P"):
        raise BadTimer(f"'{text}' lies in the past; a timer waits for a length of time of 0 or more.")
    if kind == "timeCycle" and cron.looks_like(text):
        return _arm_cron(text, now, zone)
    return {"due": parse_instant(text, zone).isoformat()}


def _arm_cron(text: str, after: datetime, zone: ZoneInfo) -> dict[str, Any]:
    try:
        due = cron.parse(text).after(after, zone)
    except cron.BadCron as problem:
        raise BadTimer(str(problem)) from problem
    if due is None:
        raise BadTimer(f"'{text}' never fires any more.")
    return {"due": due.isoformat(), "cron": text}


def _arm_cycle(cycle: Cycle, text: str, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    turn = cycle.turn_after(0, now, zone)
    if cycle.due(turn, zone) is None:
        turn = 1  # like a date that is past, one that is over fires at once
    due = cycle.due(turn, zone)
    if due is None:
        raise BadTimer(f"'{text}' never fires.")
    return {"due": due.isoformat(), "cycle": {"text": text, "start": now.isoformat()}, "turn": turn}


def rearm(timer: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> dict[str, Any] | None:
    """Return the next turn of a timer that has just fired, None when it is spent."""
    if text := timer.get("cron"):
        following = cron.parse(text).after(max(now, datetime.fromisoformat(timer["due"])), zone)
        return None if following is None else {"due": following.isoformat(), "cron": text}
    kept = timer.get("cycle")
    if kept is None:
        return None
    cycle = parse_cycle(kept["text"], datetime.fromisoformat(kept["start"]), zone)
    turn = cycle.turn_after(timer["turn"], now, zone)
    due = cycle.due(turn, zone)
    return None if due is None else {"due": due.isoformat(), "cycle": kept, "turn": turn}


def _add_months(wall: datetime, months: int) -> datetime:
    if not months:
        return wall
    year, month = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError
    day = min(wall.day, calendar.monthrange(year, month + 1)[1])
    return wall.replace(year=year, month=month + 1, day=day)
