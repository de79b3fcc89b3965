"""What a seal says: SHA-256 over one row, its place in the chain, and the seal before it.

The bytes are one JSON document in UTF-8: `{"event": {…}, "position": 7, "previous": "…", "sealed_at": "…"}`, keys in
order of their letters, without spaces. Of the row stand the columns that are not empty, so that a column added
later changes no older seal; `detail` stands as the text that the database holds; instants in UTC with microseconds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

#: What stands for the seal before the first one.
GENESIS = "0" * 64
#: The columns of a row, as they are sealed and exported.
COLUMNS = (
    "id",
    "at",
    "actor",
    "on_behalf_of",
    "act",
    "instance_id",
    "task_id",
    "scope_id",
    "object_id",
    "field_group",
    "purpose",
    "origin",
    "address",
    "request_id",
    "detail",
)


@dataclass(frozen=True)
class Head:
    """The end of the chain at some moment: noted elsewhere, it shows whether anything before it was touched."""

    position: int = 0
    hash: str = GENESIS

    def __str__(self) -> str:
        return f"{self.position}:{self.hash}"


@dataclass(frozen=True)
class Link:
    """One row and its seal, as they were found; nothing of them is believed."""

    position: int | None  #: None for a row that has no seal
    event_id: int | None  #: which row the seal names; None when even that cannot be read
    sealed_at: str | None
    hash: str | None
    event: Mapping[str, Any] | None  #: the columns that are not empty; None when there is no such row
    unreadable: bool = False  #: the row, or its seal, holds what no program wrote


def instant(moment: datetime) -> str:
    """Return an instant as it is sealed: UTC, always with microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def digest(previous: str, position: int, sealed_at: str, event: Mapping[str, Any]) -> str:
    """Return the seal of a row at this position, after the seal `previous`."""
    said = {"event": event, "position": position, "previous": previous, "sealed_at": sealed_at}
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()
