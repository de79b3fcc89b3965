"""When a limit ends, and how that was counted.

The day of the event is not counted. Months end on the same-numbered day, or the last of the month
(民法典 202). A last day that is a rest day moves to the next working day (民法典 203), unless liberty is at
stake (刑事诉讼法 105). Working days leave out weekends and holidays and count adjusted working weekends. What is
due each quarter ends with the quarter in which its event lies. Day limits end at 24:00 on the office's clock;
hours run from the hour and are never moved. Where a rule leaves open how it is counted, `Limit.conventions` say
what the office has decided; those that bear on a count are named in it.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workflows.calendar.changes import Change, Extension, Pause, added, after_until, paused_days, stands_now
from workflows.calendar.limits import (
    EXTENDED_FROM_LAST_DAY,
    EXTENSIONS,
    FIRST_DAY_COUNTS,
    LAST_DAY_STAYS,
    QUARTERLY,
    Limit,
    ends,
)
from workflows.calendar.workdays import DAY, NATIONAL, WorkDays, add_working_days
from workflows.errors import InvalidInput

Step = dict[str, Any]


@dataclass(frozen=True)
class Due:
    """When a limit ends: the instant (aware UTC), the office's last day, and the count step by step.

    `provisional`: the count met a year whose holiday plan is not loaded. `explanation` is JSON, a list of
    steps with `what`: `start` (at, day), `counted_from` (day), `holiday` (from, to, zh, en), `makeup` (day),
    `weekends` (n: rest days left out beside holidays), `counted` (n working days, day), `last_day` (day),
    `month_end` (day, wanted), `moved` (from, to, zh, en), `kept` (day: a rest day that moves nothing), `hours`
    (n), `provisional` (years), `local` (jurisdiction), `set` (day of a plan); of changes `extended`
    (n more units, all together), `until` (day that was set), `paused` (from, to: the day it ran again, n days of
    unit; or hours), `stands` (day); `convention` (question, option, document). Days are ISO 8601; the last is `date`.
    """

    at: datetime
    date: date
    provisional: bool
    limit: Limit | None
    explanation: list[Step]
    paused: bool = False  #: the clock stands: the end is where it stood


def due(
    limit: Limit,
    start: datetime | date,
    days: WorkDays,
    zone: ZoneInfo,
    changes: Sequence[Change] = (),
    until: date | None = None,
) -> Due:
    """Return when the limit ends that starts with an event at `start`, an aware instant or an office day.

    `until` is the day that a person has set, by an approved plan for one: the end of a limit without a number of its
    own, and of one with a number where that would be later.

    `changes` are the approved pauses and extensions in their order. Extensions lengthen the rule's own number; a
    pause adds its actual days in the rule's unit (months: natural days), hours to the minute. While the clock
    stands, `paused` says so and the end is where it stood.
    """
    if until is None and not ends(limit.n, limit.unit):
        raise InvalidInput(
            f"The limit {limit.id} has no number ({limit.unit}): its due date is set by a person.",
            code="limit_without_number",
            limit=limit.id,
        )
    try:
        apart = limit.does(EXTENDED_FROM_LAST_DAY) and limit.unit != "hours"
        n = own(limit) + (0 if apart else added(changes))
        return (
            by_hours(limit, n, start, zone, changes, until)
            if limit.unit == "hours"
            else by_days(limit, n, start, days, zone, changes, until)
        )
    except OverflowError:
        raise InvalidInput(f"{own(limit)} {limit.unit} after {start} is out of range.", code="days") from None


def own(limit: Limit) -> int:
    """Return the rule's own number of units; what is due each quarter has one."""
    return 1 if limit.n is None else limit.n


def by_hours(
    limit: Limit,
    n: int,
    start: datetime | date,
    zone: ZoneInfo,
    changes: Sequence[Change] = (),
    until: date | None = None,
) -> Due:
    """Return the end of a limit in hours: from the hour, holidays or not."""
    if not isinstance(start, datetime):
        raise InvalidInput(
            f"The limit {limit.id} is in hours: it needs an instant, not a day.", code="limit_start"
        )
    end = start.astimezone(UTC) + timedelta(hours=n)
    steps = [started(start, local_day(start, zone), zone), *extended(limit, n), {"what": "hours", "n": n}]
    if until is not None and midnight(until, zone) < end:
        end = midnight(until, zone)
        steps.append({"what": "set", "day": iso(until)})
    for change in after_until(changes):
        if isinstance(change, Extension):
            if change.until is not None:
                end = midnight(change.until, zone)
                steps.append({"what": "until", "day": iso(change.until)})
            else:
                end += timedelta(hours=change.n or 0)
                steps.append({"what": "extended", "n": change.n, "unit": "hours"})
        elif change.end is None:
            steps.append({"what": "stands", "day": clock_words(change.start, zone)})
        elif change.start < end:
            length = change.end - max(change.start, start)
            end += length
            steps.append(
                {"what": "paused", "hours": round(length / timedelta(hours=1), 2)}
                | {"from": clock_words(change.start, zone), "to": clock_words(change.end, zone)}
            )
    paused = stands_now(changes) is not None
    return Due(end, end.astimezone(zone).date(), False, limit, steps, paused)


def by_days(
    limit: Limit,
    n: int,
    start: datetime | date,
    days: WorkDays,
    zone: ZoneInfo,
    changes: Sequence[Change] = (),
    until: date | None = None,
) -> Due:
    """Return the end of a limit in days or months: 24:00 of its last day."""
    day = local_day(start, zone) if isinstance(start, datetime) else start
    counts = limit.does(FIRST_DAY_COUNTS)
    stays = limit.liberty or limit.does(LAST_DAY_STAYS)
    apart = limit.does(EXTENDED_FROM_LAST_DAY)
    steps = [started(start, day, zone, counts=counts), *extended(limit, n)]
    first, exact, found = own_end(limit, day, n, days, until, counts=counts)
    steps += found
    for change in changes if apart else after_until(changes):
        if isinstance(change, Extension) and apart and not (exact or stays or limit.unit == "working_days"):
            first, found = moved(first, days)
            steps += found
        first, exact, found = shifted(limit.unit, first, change, exact, day - DAY * counts, days, zone)
        steps += found
    last = first
    if limit.unit != "working_days" and not exact:
        last = first if stays else next_running_day(first, changes, days, zone)
        steps += settled(first, last, days, stays=stays)
    unloaded = unknown(limit, day, first, last, days, stays=stays or exact)
    if unloaded:
        steps.append({"what": "provisional", "years": unloaded})
    if days.jurisdiction != NATIONAL:
        steps.append({"what": "local", "jurisdiction": days.jurisdiction})
    steps += agreed(limit, changes)
    return Due(midnight(last, zone), last, bool(unloaded), limit, steps, stands_now(changes) is not None)


def own_end(
    limit: Limit, day: date, n: int, days: WorkDays, until: date | None, *, counts: bool
) -> tuple[date, bool, list[Step]]:
    """Return the last day without changes, whether somebody has set it, and how it was found."""
    if ends(limit.n, limit.unit):
        first, found = stretched(limit.unit, day, n, days, counts=counts)
        if until is None or first <= until:
            return first, False, found
    assert until is not None
    return until, True, [{"what": "set", "day": iso(until)}]


def stretched(
    unit: str, day: date, n: int, days: WorkDays, *, counts: bool = False
) -> tuple[date, list[Step]]:
    """Return the last day of n units after a day, or with it, before any move, and how it was found."""
    before = day - DAY * counts
    if unit == "working_days":
        last = add_working_days(before, n, days)
        counted = {"what": "counted", "n": n, "day": iso(last)}
        return last, [
            {"what": "counted_from", "day": iso(before + DAY)},
            *passed(before + DAY, last, days),
            counted,
        ]
    if unit == "months":
        first = add_months(day, n)
        if first.day != day.day:
            return first, [{"what": "month_end", "day": iso(first), "wanted": day.day}]
        # A month that begins with the 4th is over with the 3rd, one that begins with the 1st at the month's end.
        first -= DAY * counts
        return first, [{"what": "last_day", "day": iso(first)}]
    if unit == QUARTERLY:
        first = add_months(date(day.year, (day.month - 1) // 3 * 3 + 1, 1), 3 * n) - DAY
        return first, [{"what": "last_day", "day": iso(first)}]
    first = before + n * DAY
    return first, [
        {"what": "counted_from", "day": iso(before + DAY)},
        {"what": "last_day", "day": iso(first)},
    ]


def agreed(limit: Limit, changes: Sequence[Change]) -> list[Step]:
    """Return the steps that name the office's answers by which this was counted."""
    extended = any(isinstance(change, Extension) and change.until is None for change in changes)
    return [
        {"what": "convention", "question": one.question, "option": one.option, "document": one.document}
        for one in limit.conventions
        if extended or one.question != EXTENSIONS
    ]


def shifted(
    unit: str, last: date, change: Change, exact: bool, event: date, days: WorkDays, zone: ZoneInfo
) -> tuple[date, bool, list[Step]]:
    """Return where a pause, or an extension to a day, moves the last day, whether it is set, and the steps."""
    if isinstance(change, Extension):
        if change.until is not None:
            return change.until, True, [{"what": "until", "day": iso(change.until)}]
        longer, found = stretched(unit, last, change.n or 0, days)
        return longer, False, [{"what": "extended", "n": change.n, "unit": unit}, *found]
    begun, again = change.days(zone)
    if change.end is None:
        return last, exact, [{"what": "stands", "day": iso(begun)}]
    if begun > last:
        return last, exact, []  # the limit itself was over: only its move to a working day is stayed
    k = paused_days(change, event, unit, days, zone)
    counted = "working_days" if unit == "working_days" else "natural_days"
    moved = add_working_days(last, k, days) if unit == "working_days" else last + k * DAY
    step = {"what": "paused", "from": iso(begun), "to": iso(again), "n": k, "unit": counted}
    skipped = passed(last + DAY, moved, days) if unit == "working_days" and k else []
    return moved, exact and not k, [step, *skipped, {"what": "last_day", "day": iso(moved)}]


def extended(limit: Limit, n: int) -> list[Step]:
    """Return the step that says by how much the rule's number was lengthened."""
    more = n - own(limit)
    return [{"what": "extended", "n": more, "unit": limit.unit, "all": n}] if more else []


def next_running_day(day: date, changes: Sequence[Change], days: WorkDays, zone: ZoneInfo) -> date:
    """Return the day, or the first working day after it on which the clock does not stand."""
    ended = [one.days(zone) for one in changes if isinstance(one, Pause) and one.end is not None]
    found = next_working_day(day, days)
    while any(begun <= found < again for begun, again in ended if day < begun):
        found = next_working_day(found + DAY, days)
    return found


def unknown(limit: Limit, day: date, first: date, last: date, days: WorkDays, *, stays: bool) -> list[int]:
    """Return the years without a plan that the count met: all of working days, else those of the last days."""
    if limit.unit == "working_days":
        return unknown_years(day + DAY, last, days)
    return [] if stays else unknown_years(first, last, days)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return 24:00 of a day, aware UTC."""
    return datetime.combine(day + DAY, time(), zone).astimezone(UTC)


def clock_words(instant: datetime, zone: ZoneInfo) -> str:
    """Return an instant on the office's clock, to the minute."""
    return instant.astimezone(zone).isoformat(sep=" ", timespec="minutes")[:16]


def local_day(start: datetime, zone: ZoneInfo) -> date:
    """Return the office's day of an aware instant."""
    if start.tzinfo is None:
        raise ValueError("A limit starts at an aware instant.")
    return start.astimezone(zone).date()


def started(start: datetime | date, day: date, zone: ZoneInfo, *, counts: bool = False) -> Step:
    """Return the first step: the event itself, whose day is not counted unless the office has said so."""
    at = start.astimezone(zone).isoformat(timespec="seconds") if isinstance(start, datetime) else None
    return {"what": "start", "at": at, "day": iso(day)} | ({"counts": True} if counts else {})


def moved(first: date, days: WorkDays) -> tuple[date, list[Step]]:
    """Return the day, or the first working day after it, and the step that says so."""
    last = next_working_day(first, days)
    return last, settled(first, last, days, stays=False)


def settled(first: date, last: date, days: WorkDays, *, stays: bool) -> list[Step]:
    """Return what became of a last day at a weekend or holiday."""
    if first != last:
        return [{"what": "moved", "from": iso(first), "to": iso(last), **named(first, last, days)}]
    if days.is_makeup(first):
        return [{"what": "makeup", "day": iso(first)}]
    return [{"what": "kept", "day": iso(first)}] if stays and not days.is_working(first) else []


def passed(first: date, last: date, days: WorkDays) -> list[Step]:
    """Return the holidays left out, the make-up days counted, and how many plain weekend days were left out."""
    steps: list[Step] = []
    rest: list[date] = []
    weekends = 0
    for day in span(first, last):
        if not days.is_working(day):
            rest.append(day)
            continue
        steps += (found := left_out(rest, days))
        weekends += 0 if found else len(rest)
        rest = []
        if days.is_makeup(day):
            steps.append({"what": "makeup", "day": iso(day)})
    return [*steps, {"what": "weekends", "n": weekends}] if weekends else steps


def left_out(rest: list[date], days: WorkDays) -> list[Step]:
    """Return the step for a run of rest days, if a holiday is among them."""
    if not any(days.holiday(day) for day in rest):
        return []
    return [{"what": "holiday", "from": iso(rest[0]), "to": iso(rest[-1]), **named(rest[0], rest[-1], days)}]


def named(first: date, last: date, days: WorkDays) -> dict[str, str]:
    """Return the names of the first holiday in a span; empty names for a weekend."""
    names = (days.holiday(day) for day in span(first, last))
    return next((name for name in names if name), {"zh": "", "en": ""})


def span(first: date, last: date) -> list[date]:
    """Return the days from the first to the last."""
    return [first + DAY * distance for distance in range((last - first).days + 1)]


def unknown_years(first: date, last: date, days: WorkDays) -> list[int]:
    """Return the years of a span whose holiday plan is not loaded."""
    return [year for year in range(first.year, last.year + 1) if not days.loaded(year)]


def next_working_day(day: date, days: WorkDays) -> date:
    """Return the day, or the first working day after it."""
    return day if days.is_working(day) else add_working_days(day, 1, days)


def add_months(day: date, n: int) -> date:
    """Return the same-numbered day n months later (earlier if negative), or the last day of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + n, 12)
    if not 1 <= year <= 9999:
        raise OverflowError("The year is out of range.")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def iso(day: date) -> str:
    return day.isoformat()
