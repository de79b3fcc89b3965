"""Rows written past the session: those of every step, which nobody loads, compares or refreshes.

What a step leaves to `later` is of its own instance, and nobody else asks for it before the commit: where several
instances are moved in one transaction (`gathered`), it waits for the end, and goes in one statement for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import Insert, Table, Update, insert
from sqlalchemy.orm import Session

from workflows.model import Base

Rows = Sequence[Mapping[str, Any]]
Waiting = dict[tuple[Insert | Update, frozenset[str]], list[Mapping[str, Any]]]  #: by statement and columns
_GATHERED = "duban.gathered"


def add(session: Session, kind: type[Base], rows: Rows) -> None:
    """Insert rows that all name the same columns; the others get their defaults."""
    if rows:
        session.connection().execute(_insert(kind), list(rows))


def add_later(session: Session, kind: type[Base], rows: Rows) -> None:
    """Insert such rows, at the end if rows are `gathered`."""
    later(session, _insert(kind), rows)


def later(session: Session, statement: Insert | Update, rows: Rows) -> None:
    """Execute a statement for each of these parameters, at the end if rows are `gathered`."""
    waiting = session.info.get(_GATHERED)
    if not rows:
        return
    if waiting is None:
        session.connection().execute(statement, list(rows))
    else:
        waiting.setdefault((statement, frozenset(rows[0])), []).extend(rows)


@contextmanager
def gathered(session: Session) -> Iterator[None]:
    """Let what is left to later inside wait for the end of the block; an exception leaves nothing to be written."""
    waiting: Waiting = {}
    session.info[_GATHERED] = waiting
    try:
        yield
    finally:
        del session.info[_GATHERED]
    _write(session, waiting)


def _write(session: Session, waiting: Waiting) -> None:
    for (statement, _), rows in sorted(waiting.items(), key=lambda one: _place(one[0][0].table)):
        session.connection().execute(statement, rows)


def table(kind: type[Base]) -> Table:
    """Return the table of a model, for statements that pass the session by."""
    found = kind.__table__
    assert isinstance(found, Table)
    return found


@cache
def _insert(kind: type[Base]) -> Insert:
    # Inline: the numbers that the database gives are not asked back.
    return insert(table(kind)).inline()


@cache
def _place(of: Any) -> int:
    """Return a table's place behind all that it points at."""
    return Base.metadata.sorted_tables.index(of)
