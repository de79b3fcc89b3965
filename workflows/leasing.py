"""What timers and jobs have in common: rows due at an instant, leased for a while, tried again, given up.

A lease is committed before the work begins; the work is a transaction of its own, which reads the row again
under the lock of its instance. Killed in between, the worker leaves a lease that ends by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, and_, literal_column, or_, select, update
from sqlalchemy.orm import Session

from workflows import clock, persistence
from workflows.model import Instance, Job, Timer

MAX_ATTEMPTS = 5
FIRST_RETRY = timedelta(seconds=10)
RETRY_FACTOR = 4
#: What lies further ahead was written by a clock that was ahead: nobody leases or puts off for so long.
FURTHEST = timedelta(hours=1)

Row = TypeVar("Row", Timer, Job)


def due(session: Session, table: type[Row], limit: int) -> Sequence[str]:
    """Return the ids of due rows that nobody has leased, in order of due time."""
    ready = select(table.id).where(_ready(table, clock.now())).order_by(table.due_at, table.id)
    return session.scalars(ready.limit(limit)).all()


def lease(session: Session, table: type[Row], worker: str, limit: int, length: timedelta) -> list[str]:
    """Return the ids of due rows that are this worker's for a while, soonest first; commit at once.

    Two workers never get the same one: PostgreSQL skips rows that the other is taking, SQLite has one writer.
    """
    now = clock.now()
    ready = select(table.id).where(_ready(table, now)).order_by(table.due_at, table.id).limit(limit)
    mine = ready.with_for_update(skip_locked=True).cte("mine")
    taken = (
        update(table)
        .where(table.id.in_(select(mine.c.id)))
        .values(leased_by=worker, leased_until=now + length)
        .returning(table.due_at, table.id)
        .execution_options(synchronize_session=False)
    )
    got = sorted((due_at, row_id) for due_at, row_id in session.execute(taken))
    return [row_id for _due_at, row_id in got]


def locked(session: Session, table: type[Row], row_id: str) -> Row | None:
    """Return the row, locked and fresh, if it still is to be done now; its instance is locked before."""
    row = session.get(table, row_id, with_for_update=True, populate_existing=True)
    return row if row is not None and row.status == "waiting" and row.due_at <= clock.now() else None


def release(row: Timer | Job, *, pause: timedelta | None = None) -> None:
    """Let a row be leased again, at once or after a pause."""
    row.leased_until = row.leased_by = None
    row.retry_at = clock.now() + pause if pause else None


def put_off(session: Session, table: type[Row], row_id: str, *, for_good: bool = False) -> Row | None:
    """Note that the work failed: it is tried again after 10 s, 40 s, 160 s …

    Returns the row, now `failed`, when that was the fifth time or is `for_good`: it needs an incident.
    """
    instance_id = session.scalar(select(table.instance_id).where(table.id == row_id))
    if instance_id:
        persistence.lock(session, instance_id)
    row = session.get(table, row_id, with_for_update=True, populate_existing=True)
    if row is None or row.status != "waiting":
        return None
    row.attempts += 1
    row.leased_until = row.leased_by = None
    if row.attempts < MAX_ATTEMPTS and not for_good:
        row.retry_at = clock.now() + FIRST_RETRY * RETRY_FACTOR ** (row.attempts - 1)
        return None
    row.status = "failed"
    row.retry_at = None
    return row


def revive(row: Timer | Job, instance: Instance | None) -> None:
    """Let a failed row be tried again at once, or when its instance is resumed."""
    row.status = "suspended" if instance is not None and instance.state == "suspended" else "waiting"
    row.attempts = 0
    row.retry_at = row.leased_until = row.leased_by = None


def _ready(table: type[Row], now: datetime) -> ColumnElement[bool]:
    return and_(
        # Written out, so that the index of waiting rows serves a prepared statement, too.
        table.status == literal_column("'waiting'"),
        table.due_at <= now,
        *(
            or_(until.is_(None), until <= now, until > now + FURTHEST)
            for until in (table.leased_until, table.retry_at)
        ),
    )
