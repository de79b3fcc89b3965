"""Cursors for paging by key: where a page ended, so that the next begins there at no cost."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime

import orjson

from workflows.errors import InvalidInput


def cursor(instant: datetime, identifier: str) -> str:
    """Return the opaque text that marks a place in a listing ordered by an instant and an id."""
    key = orjson.dumps([instant.astimezone(UTC).isoformat(), identifier])
    return base64.urlsafe_b64encode(key).decode().rstrip("=")


def place(text: str) -> tuple[datetime, str]:
    """Return the instant and id that a cursor marks; InvalidInput for anything that is none."""
    try:
        instant, identifier = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        at = datetime.fromisoformat(instant)
        if at.tzinfo is None or not isinstance(identifier, str):
            raise ValueError
    except (binascii.Error, ValueError, TypeError):
        raise InvalidInput("The cursor is not one that this listing gave.", code="cursor") from None
    return at, identifier
