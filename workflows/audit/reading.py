"""The chain as the database holds it, read in portions: however long it is, it takes little memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, Text, cast, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from workflows.audit.chain import COLUMNS, Head, Link, instant
from workflows.model import AuditEvent, AuditSeal

PORTION = 2000

_ROW = tuple(
    cast(AuditEvent.detail, Text).label("detail") if name == "detail" else getattr(AuditEvent, name)
    for name in COLUMNS
)
_SEAL = (AuditSeal.position, AuditSeal.event_id, AuditSeal.sealed_at, AuditSeal.hash)


def head(session: Session) -> Head:
    """Return where the chain ends now."""
    last = select(AuditSeal.position, AuditSeal.hash).order_by(AuditSeal.position.desc()).limit(1)
    found = session.execute(last).one_or_none()
    return Head(found.position, found.hash) if found else Head()


def links(session: Session) -> Iterator[Link]:
    """Give every seal with its row in order of position, then the rows that have no seal yet."""
    sealed = select(*_SEAL, *_ROW).outerjoin(AuditEvent, AuditEvent.id == AuditSeal.event_id)
    for row in _portions(session, sealed, AuditSeal.position):
        yield row if isinstance(row, Link) else _link(row)
    for row in _portions(session, unsealed(), AuditEvent.id):
        yield row if isinstance(row, Link) else Link(None, row.id, None, None, event_of(row))


def unsealed(since: int = 0) -> Select[Any]:
    """Return the query of the rows above this id that have no seal."""
    seal = select(AuditSeal.position).where(AuditSeal.event_id == AuditEvent.id, AuditSeal.event_id > since)
    return select(*_ROW).where(AuditEvent.id > since, ~seal.exists())


def count_unsealed(session: Session) -> int:
    """Return how many rows have no seal."""
    return session.scalar(select(func.count()).select_from(unsealed().subquery())) or 0


def event_of(row: Row[Any]) -> dict[str, Any]:
    """Return a row as it is sealed: the columns that are not empty. They are the last of what was asked for."""
    values = row[-len(COLUMNS) :]
    found = {name: value for name, value in zip(COLUMNS, values, strict=True) if value is not None}
    found["at"] = instant(found["at"])
    return found


def _portions(session: Session, wanted: Select[Any], key: Any) -> Iterator[Row[Any] | Link]:
    last = -1
    while True:
        portion = wanted.where(key > last).order_by(key).limit(PORTION)
        try:
            rows: list[Row[Any] | Link] = list(session.execute(portion))
            reached = getattr(rows[-1], key.key) if rows else last
        except (ValueError, TypeError, DBAPIError):
            # A value that no program wrote, such as an instant that is none.
            rows, reached = _one_by_one(session, wanted, key, last)
        yield from rows
        if len(rows) < PORTION:
            return
        last = reached


def _one_by_one(
    session: Session, wanted: Select[Any], key: Any, last: int
) -> tuple[list[Row[Any] | Link], int]:
    known = wanted.with_only_columns(key).where(key > last).order_by(key).limit(PORTION)
    keys = session.scalars(known).all()
    return [_alone(session, wanted, key, value) for value in keys], keys[-1]


def _alone(session: Session, wanted: Select[Any], key: Any, value: int) -> Row[Any] | Link:
    try:
        return session.execute(wanted.where(key == value)).one()
    except (ValueError, TypeError, DBAPIError):
        if key is AuditEvent.id:
            return Link(None, value, None, None, None, unreadable=True)
        named = session.scalar(select(AuditSeal.event_id).where(AuditSeal.position == value))
        return Link(value, named, None, None, None, unreadable=True)


def _link(row: Row[Any]) -> Link:
    sealed_at = instant(row.sealed_at) if isinstance(row.sealed_at, datetime) else None
    event = event_of(row) if row.id is not None else None
    return Link(row.position, row.event_id, sealed_at, row.hash, event)
