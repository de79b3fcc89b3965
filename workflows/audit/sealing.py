"""The sealer: chains rows after they are committed, outside the way of those who write them.

Rows are sealed in order of their ids as far as they are there. On PostgreSQL a row may be committed after one with a
higher id: it gets the next seal then. Each round looks a little below the highest sealed id; a whole round looks
from the first row on, so that nothing is left out for ever.
"""

from __future__ import annotations

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from workflows import clock, writing
from workflows.audit.chain import Head, digest, instant
from workflows.audit.reading import event_of, head, unsealed
from workflows.model import AuditEvent, AuditSeal

#: How many rows are sealed in one transaction.
BATCH = 500
#: How far below the highest sealed id a round looks for rows that were committed late.
LATE_IDS = 5_000
#: Any number that no other program on the same PostgreSQL uses for its advisory locks.
LOCK = 0x64_75_62_61_6F


def lookback(session: Session) -> int:
    """Return the id above which a usual round looks for rows without a seal."""
    return max(0, (session.scalar(select(func.max(AuditSeal.event_id))) or 0) - LATE_IDS)


def behind(session: Session, above: int = 0) -> bool:
    """Return whether there is a row above this id to be sealed."""
    waiting = unsealed(above).with_only_columns(AuditEvent.id).limit(1)
    return session.scalar(waiting) is not None


def seal(session: Session, above: int = 0, *, most: int = BATCH) -> list[int]:
    """Return the ids of the rows that were sealed in this transaction: none while another worker is sealing.

    Of those above an id, the lowest `most`: a round goes on above the last one.
    """
    if not _alone(session):
        return []
    last, now, seals = head(session), clock.now(), []
    at = instant(now)
    for row in session.execute(unsealed(above).order_by(AuditEvent.id).limit(most)):
        position = last.position + 1
        last = Head(position, digest(last.hash, position, at, event_of(row)))
        seals.append({"position": position, "event_id": row.id, "sealed_at": now, "hash": last.hash})
    writing.add(session, AuditSeal, seals)
    return [row["event_id"] for row in seals]


def _alone(session: Session) -> bool:
    # SQLite has one writer at a time. Completions take no part in this lock.
    if session.get_bind().dialect.name != "postgresql":
        return True
    return bool(session.scalar(text("select pg_try_advisory_xact_lock(:key)"), {"key": LOCK}))
