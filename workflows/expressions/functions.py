"""The pure functions that every expression may call; each raises ValueError in plain words.

Time is not among them: `now()` and `limit('T11')` come from the host of a run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Any

from workflows import calendar, clock
from workflows.expressions.values import MAX_STEPS, checked, instant, kind, member, order, text

NUMBER = re.compile(r"\s*-?[0-9]{1,40}(\.[0-9]{1,40})?\s*")
DURATION = re.compile(
    r"(-?)P(?:([0-9]{1,6})W)?(?:([0-9]{1,6})D)?(?:T(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,9})S)?)?"
)


def expect(value: Any, *kinds: str) -> Any:
    """Return the value if it is of one of these kinds."""
    if kind(value) not in kinds:
        raise ValueError(f"a {' or '.join(kinds)} is due, not a {kind(value)}")
    return value


def length(value: Any) -> int:
    """Return how many characters a text, or entries a list or map, has."""
    return len(expect(value, "text", "list", "map"))


def numbers(values: tuple[Any, ...]) -> list[Any]:
    """Return the numbers given one by one or as one list."""
    given = values[0] if len(values) == 1 and kind(values[0]) == "list" else values
    return [checked(expect(value, "number")) for value in given]


def extreme(sign: int) -> Callable[..., Any]:
    """Return `min` (-1) or `max` (1) over arguments or one list, of any kind that has an order."""

    def choose(*values: Any) -> Any:
        given = values[0] if len(values) == 1 and kind(values[0]) == "list" else values
        if not given:
            raise ValueError("the list is empty")
        best = given[0]
        for value in given:
            if order(value, best) == sign:
                best = value
        return best

    return choose


def total(*values: Any) -> Any:
    """Return the sum of numbers given one by one or as one list."""
    return sum(numbers(values))


def rounded(value: Any, digits: Any = 0) -> Any:
    """Return the number rounded half away from zero, as people round; whole without `digits`."""
    expect(value, "number")
    if kind(digits) != "number" or not isinstance(digits, int) or not 0 <= digits <= 10:
        raise ValueError("the digits are a whole number from 0 to 10")
    if isinstance(value, int):
        return value
    result = Decimal(repr(checked(value))).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return int(result) if digits == 0 else float(result)


def number(value: Any) -> int | float:
    """Return the number that a text spells; numbers stay."""
    if isinstance(value, (int, float)) and kind(value) == "number":
        return value
    if not NUMBER.fullmatch(expect(value, "text", "number")):
        raise ValueError("the text is not a number such as 12 or -3.5")
    return float(value) if "." in value else int(value)


def boolean(value: Any) -> bool:
    """Return the truth that a text spells (`true`, `false`); truths stay."""
    if kind(value) == "true/false":
        return bool(value)
    if value not in ("true", "false"):
        raise ValueError("only true and false are truths")
    return bool(value == "true")


def contains(container: Any, item: Any) -> bool:
    """Return whether a list has the element, a map the key, or a text the part."""
    left = [MAX_STEPS]

    def spend(steps: int) -> None:
        left[0] -= steps
        if left[0] < 0:
            raise ValueError("the list is too long to search")

    return member(item, container, spend)


def starts_with(value: Any, start: Any) -> bool:
    """Return whether a text starts with another."""
    return bool(expect(value, "text").startswith(expect(start, "text")))


def ends_with(value: Any, end: Any) -> bool:
    """Return whether a text ends with another."""
    return bool(expect(value, "text").endswith(expect(end, "text")))


def lower(value: Any) -> str:
    """Return the text in small letters."""
    return str(expect(value, "text").lower())


def upper(value: Any) -> str:
    """Return the text in capitals."""
    return str(expect(value, "text").upper())


def trim(value: Any) -> str:
    """Return the text without blanks around it."""
    return str(expect(value, "text").strip())


def join(values: Any, between: Any = ", ") -> str:
    """Return the elements of a list as one text."""
    return str(expect(between, "text")).join(text(value) for value in expect(values, "list"))


def get(container: Any, key: Any, default: Any = None) -> Any:
    """Return the entry of a map or list, or the default if it, or the container, is not there."""
    if kind(container) == "map" and kind(key) == "text":
        return container.get(key, default)
    if (
        kind(container) == "list"
        and kind(key) == "number"
        and isinstance(key, int)
        and 0 <= key < len(container)
    ):
        return container[key]
    return default


def coalesce(*values: Any) -> Any:
    """Return the first argument that is there and not null."""
    return next((value for value in values if value is not None), None)


def to_date(value: Any) -> date:
    """Return the day of an ISO 8601 text, or the office's day of an instant."""
    if isinstance(value, calendar.Due):
        return value.date
    if kind(value) == "instant":
        return clock.day_of(aware(value))
    if kind(value) == "date":
        return value
    if len(expect(value, "text", "date", "instant")) == 10:
        return date.fromisoformat(value)
    return to_date(to_datetime(value))


def to_datetime(value: Any) -> datetime:
    """Return the instant (UTC) of an ISO 8601 text or day; without an offset the office's clock is meant."""
    value = instant(value)
    if kind(value) == "date":
        value = datetime.combine(value, time())
    if kind(value) == "text":
        value = datetime.fromisoformat(value)
    return aware(expect(value, "instant")).astimezone(UTC)


def aware(moment: datetime) -> datetime:
    """Return the instant with an offset, the office's if it has none."""
    return moment if moment.tzinfo else moment.replace(tzinfo=clock.office_zone())


def duration(value: Any) -> timedelta:
    """Return an ISO 8601 duration in weeks, days, hours, minutes, seconds."""
    match = DURATION.fullmatch(expect(value, "text"))
    if match is None or not any(match.groups()[1:]):
        raise ValueError(
            "a duration is written P3D or PT12H; months and years have no fixed length, use add_months"
        )
    weeks, days, hours, minutes, seconds = (int(group or 0) for group in match.groups()[1:])
    length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -length if match.group(1) else length


def days_between(start: Any, end: Any) -> int:
    """Return how many days `end` is after `start`, by the office's calendar; negative if before."""
    return (to_date(end) - to_date(start)).days


def whole(value: Any) -> int:
    """Return the value if it is a whole number."""
    if kind(value) != "number" or not isinstance(value, int):
        raise ValueError("a whole number is due")
    return value


def on_days(start: Any, move: Callable[[date], date]) -> Any:
    """Return a day, or an instant on the office's clock, with its day moved."""
    start = instant(start)
    if kind(start) != "instant":
        return move(to_date(start))
    local = aware(start).astimezone(clock.office_zone())
    return datetime.combine(move(local.date()), local.timetz()).astimezone(UTC)


def add_days(start: Any, days: Any) -> Any:
    """Return the day or instant so many natural days later, at the same hour."""
    by = timedelta(days=whole(days))
    return on_days(start, lambda day: day + by)


def add_months(start: Any, months: Any) -> Any:
    """Return the same-numbered day so many months later, or the last of that month (民法典 202)."""
    by = whole(months)
    return on_days(start, lambda day: calendar.add_months(day, by))


def votes(ballots: Any, answer: Any, weight: Any = None) -> Any:
    """Return how many have signed with an answer, or what they weigh together by this entry of their item."""
    cast = [ballot for ballot in _ballots(ballots) if ballot["signed"]]
    return _weighed([one for one in cast if contains([one["output"]], answer)], weight)


def voters(ballots: Any, weight: Any = None) -> Any:
    """Return how many sign, those who have not done so yet included, or what they weigh together."""
    return _weighed(_ballots(ballots), weight)


def _ballots(value: Any) -> list[Any]:
    for ballot in expect(value, "list"):
        if kind(ballot) != "map" or not {"item", "output", "signed"} <= ballot.keys():
            raise ValueError("a list of ballots is due: maps of item, output and signed")
    return list(value)


def _weighed(ballots: list[Any], weight: Any) -> Any:
    if weight is None:
        return len(ballots)
    return sum(numbers(([get(ballot["item"], weight) for ballot in ballots],)))


BUILTINS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "len": length,
        "size": length,
        "min": extreme(-1),
        "max": extreme(1),
        "sum": total,
        "abs": lambda value: abs(expect(value, "number", "duration")),
        "round": rounded,
        "string": text,
        "number": number,
        "bool": boolean,
        "contains": contains,
        "starts_with": starts_with,
        "ends_with": ends_with,
        "lower": lower,
        "upper": upper,
        "trim": trim,
        "join": join,
        "get": get,
        "coalesce": coalesce,
        "date": to_date,
        "datetime": to_datetime,
        "duration": duration,
        "days_between": days_between,
        "add_days": add_days,
        "add_months": add_months,
        "votes": votes,
        "voters": voters,
    }
)
