"""The words of a story that stand for something else: days from today on, and what is free text in a form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from workflows import clock
from workflows.engine.timers import parse_duration
from workflows.forms import Field

TODAY = re.compile(r"today(?:\+(P\w+))?")
#: Numbers of matters stand in texts and variables alike.
NUMBER = re.compile(r"[A-Z]{2}-\d{4}-\d{5}")


def later(length: str, start: datetime) -> datetime:
    """Return the instant so long after another, in the words of BPMN timers: P1D, P7M, PT12H."""
    return parse_duration(length).after(start, clock.office_zone())


def plain(value: Any, now: datetime) -> Any:
    """Return a value as forms take it: `today`, `today+P6M` and the days of YAML become text."""
    if isinstance(value, list):
        return [plain(one, now) for one in value]
    if isinstance(value, dict):
        return {key: plain(one, now) for key, one in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    match = TODAY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return value
    moment = later(match.group(1), now) if match.group(1) else now
    return clock.day_of(moment).isoformat()


def narratives(part: Field | None, value: Any) -> Iterator[str]:
    """Yield what was written freely into a field, or into the fields of its rows."""
    if part is None or part.readonly:
        return
    if part.type == "dynamiclist" and isinstance(value, list):
        inner = {field.key: field for field in part.components}
        for row in value:
            for key, one in row.items():
                yield from narratives(inner.get(key), one)
    if part.type in ("textfield", "textarea") and isinstance(value, str) and not NUMBER.fullmatch(value):
        yield value
