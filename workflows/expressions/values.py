"""The values of the language, their bounds, and what equality and order mean between them.

Values are JSON (null, true/false, numbers, text, lists, maps) and, from functions only, dates, instants,
durations and deadlines (`calendar.Due`, which compares and computes as its instant).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from workflows.calendar import Due
from workflows.errors import DubanError

MAX_SOURCE = 2_000  #: characters of one expression
MAX_DEPTH = 50
MAX_STEPS = 10_000  #: nodes evaluated and elements compared in one evaluation
MAX_TEXT = 100_000  #: characters
MAX_ITEMS = 10_000
MAX_WHOLE = 1_000_000  #: entries, and characters, of all lists and maps in a result
MAX_INTEGER = 10**30

KINDS: tuple[tuple[str, tuple[type, ...]], ...] = (
    # The order matters: bool is an int and datetime is a date to Python, but not here.
    ("true/false", (bool,)),
    ("number", (int, float)),
    ("text", (str,)),
    ("list", (list, tuple)),
    ("map", (Mapping,)),
    ("instant", (datetime,)),
    ("date", (date,)),
    ("deadline", (Due,)),
    ("duration", (timedelta,)),
)
ORDERED = frozenset({"number", "text", "instant", "date", "duration"})


class EvaluationError(DubanError):
    """An expression has no value here; the message says why and in which expression."""


class MissingVariable(EvaluationError):
    """A variable, or the member of a map or list, is not there; `params["name"]` says which."""


def kind(value: Any) -> str:
    """Return the language's word for the type of a value; `unknown` for what it must not touch."""
    if value is None:
        return "null"
    return next((word for word, types in KINDS if isinstance(value, types)), "unknown")


def checked(value: Any) -> Any:
    """Return the value if the language may hold it, else raise ValueError naming the bound."""
    word = kind(value)
    if word == "unknown":
        raise ValueError(f"a value of type {type(value).__name__} is none of the language's")
    if word == "number" and not (
        abs(value) < MAX_INTEGER if isinstance(value, int) else math.isfinite(value)
    ):
        raise ValueError("the number is too large")
    if word == "text" and len(value) > MAX_TEXT:
        raise ValueError(f"the text is longer than {MAX_TEXT} characters")
    if word in ("list", "map") and len(value) > MAX_ITEMS:
        raise ValueError(f"the {word} has more than {MAX_ITEMS} entries")
    return value


@dataclass
class Meter:
    """Steps that several evaluations may take together; what goes beyond ends the one that is at it."""

    left: int


def weighed(value: Any) -> Any:
    """Return the value unless it is huge when written out: `a = [a, a]` doubles it with each line."""
    extent(value)
    return value


def extent(value: Any) -> int:
    """Return how many entries and characters a value has when written out; ValueError where it is huge."""
    below, entries, characters = [(value, 0)], 0, 0
    while below:
        part, depth = below.pop()
        if isinstance(part, str):
            characters += len(part)
        elif isinstance(part, (list, tuple, Mapping)):
            entries += len(part)
            if depth < MAX_DEPTH:
                below.extend(
                    (inner, depth + 1) for inner in (part.values() if isinstance(part, Mapping) else part)
                )
        if entries > MAX_WHOLE or characters > MAX_WHOLE or depth >= MAX_DEPTH:
            raise ValueError(f"it holds over {MAX_WHOLE} entries or characters, or over {MAX_DEPTH} levels")
    return entries + characters


def instant(value: Any) -> Any:
    """Return the instant of a deadline, any other value as it is."""
    return value.at if isinstance(value, Due) else value


def equal(left: Any, right: Any, spend: Callable[[int], None]) -> bool:
    """Return whether two values are the same; values of different kinds never are (1 is not true)."""
    if type(left) is type(right) and type(left) in (str, int, float, bool):
        spend(1)
        return bool(left == right)
    pairs = [(left, right)]
    while pairs:
        spend(1)
        a, b = map(instant, pairs.pop())
        word = kind(a)
        if word != kind(b):
            return False
        if word == "list":
            if len(a) != len(b):
                return False
            pairs.extend(zip(a, b, strict=True))
        elif word == "map":
            if a.keys() != b.keys():
                return False
            pairs.extend((a[key], b[key]) for key in a)
        elif a != b:
            return False
    return True


def order(left: Any, right: Any) -> int:
    """Return -1, 0 or 1; raise ValueError where there is no order (different kinds, null, lists)."""
    left, right = instant(left), instant(right)
    if kind(left) != kind(right) or kind(left) not in ORDERED:
        raise ValueError(f"{kind(left)} and {kind(right)} have no order")
    try:
        return int(left > right) - int(left < right)
    except TypeError:  # one instant with and one without an offset
        raise ValueError("instants with and without an offset have no order") from None


def member(item: Any, container: Any, spend: Callable[[int], None]) -> bool:
    """Return whether a list has the element, a map the key, or a text the part."""
    if kind(container) == "list":
        return any(equal(item, other, spend) for other in container)
    if kind(container) == "map":
        return kind(item) == "text" and item in container
    if kind(container) == "text" and kind(item) == "text":
        return item in container
    raise ValueError(
        f"a {kind(container)} has no {kind(item)} in it; right of `in` stands a list, a map or a text"
    )


def text(value: Any) -> str:
    """Return a single value as text: null is empty, instants are ISO 8601; lists and maps are refused."""
    value = instant(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if kind(value) in ("list", "map", "unknown"):
        raise ValueError(f"a {kind(value)} cannot stand in a text")
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return duration_text(value) if isinstance(value, timedelta) else str(checked(value))


def duration_text(value: timedelta) -> str:
    """Return a duration in ISO 8601 (`P2DT3H`), seconds at the finest."""
    sign = "-" if value < timedelta(0) else ""
    minutes, seconds = divmod(int(abs(value).total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    clock = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
    return f"{sign}P{days}D" + (f"T{clock}" if clock else "")


def plain(value: Any) -> Any:
    """Return the value as JSON can hold it: dates, instants and durations become ISO 8601 text."""
    if isinstance(value, (date, timedelta, Due)):
        return text(value)
    if kind(value) == "list":
        return [plain(item) for item in value]
    if kind(value) == "map":
        return {key: plain(item) for key, item in value.items()}
    return value


def truth(value: Any) -> bool:
    """Return a condition's answer: null counts as false; anything but true, false and null is an error."""
    if value is None or isinstance(value, bool):
        return bool(value)
    raise EvaluationError(
        f"A condition must be true or false, not a {kind(value)}; compare it, or write `empty x`.",
        code="evaluation",
    )
