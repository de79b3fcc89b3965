"""Instants as the Camunda 7 REST API writes them: `2026-11-22T09:00:00.000+0000`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

MILLISECOND = timedelta(milliseconds=1)

_SHAPE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:?\d\d)")


def written(instant: datetime | None) -> str | None:
    """Return the instant as text, in UTC and whole milliseconds."""
    if instant is None:
        return None
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "+0000")


def read(text: str) -> datetime:
    """Return the aware UTC instant of such a text; ValueError says what would be right."""
    if not _SHAPE.fullmatch(text):
        raise ValueError(
            f"{text!r} is no date: it must look like 2026-11-22T09:00:00.000+0800 (in an address, + is %2B)."
        )
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a day and time that exist.") from None


def milliseconds(start: datetime, end: datetime | None) -> int | None:
    """Return how many whole milliseconds lie between, None while there is no end."""
    return None if end is None else (end - start) // MILLISECOND
