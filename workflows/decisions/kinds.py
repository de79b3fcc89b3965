"""What the types of a table's columns mean among the kinds of our values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workflows.expressions.functions import duration, to_date, to_datetime
from workflows.expressions.values import equal, kind

#: typeRef → kind; other typeRefs mean anything.
TYPES: Mapping[str, str] = {
    "string": "text",
    "boolean": "true/false",
    "integer": "number",
    "long": "number",
    "double": "number",
    "number": "number",
    "date": "date",
    "dateTime": "instant",
    "date and time": "instant",
    "dayTimeDuration": "duration",
    "days and time duration": "duration",
}
WHOLE = frozenset({"integer", "long"})
#: JSON has no dates: a text becomes one where the typeRef asks for it.
READ: Mapping[str, Callable[[Any], Any]] = {"date": to_date, "instant": to_datetime, "duration": duration}
#: How a constant of a kind is written in a cell.
WRITTEN: Mapping[str, str] = {
    "text": '"…"',
    "true/false": "true or false",
    "number": "as 12 or -3.5",
    "date": 'date("2026-01-31")',
    "instant": 'date and time("2026-01-31T08:00:00")',
    "duration": 'duration("P3D")',
}


def typed(value: Any, type_ref: str) -> Any:
    """Return the value as the declared type has it; ValueError if it is of another."""
    wanted = TYPES.get(type_ref)
    if wanted is None or value is None:
        return value
    if wanted in READ and kind(value) == "text":
        return READ[wanted](value)
    if kind(value) != wanted:
        raise ValueError(f"a {wanted} is due ({type_ref}), not a {kind(value)}")
    if type_ref in WHOLE and value != int(value):
        raise ValueError(f"a whole number is due ({type_ref}), not {value}")
    return value


def same(left: Any, right: Any) -> bool:
    """Return whether two results are equal."""
    return equal(left, right, lambda steps: None)
