"""Rows written past the session: new ones of every step, which nobody loads, compares or refreshes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Insert, Table, insert
from sqlalchemy.orm import Session

from workflows.model import Base


def add(session: Session, kind: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns; the others get their defaults."""
    if rows:
        session.connection().execute(_insert(kind), list(rows))


def table(kind: type[Base]) -> Table:
    """Return the table of a model, for statements that pass the session by."""
    found = kind.__table__
    assert isinstance(found, Table)
    return found


@cache
def _insert(kind: type[Base]) -> Insert:
    # Inline: the numbers that the database gives are not asked back.
    return insert(table(kind)).inline()
