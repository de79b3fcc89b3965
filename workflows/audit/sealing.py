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
LATE_IDS = 20_000
#: Any number that no other program on the same PostgreSQL uses for its advisory locks.
LOCK = 0x64_75_62_61_6F


def behind(session: Session, *, whole: bool = False) -> bool:
    """Return whether there is a row to be sealed; `whole` asks all of them."""
    waiting = unsealed(_since(session, whole)).with_only_columns(AuditEvent.id).limit(1)
    return session.scalar(waiting) is not None


def seal(session: Session, *, whole: bool = False, most: int = BATCH) -> int:
    """Return how many rows were sealed in this transaction: none while another worker is sealing."""
    if not _alone(session):
        return 0
    waiting = unsealed(_since(session, whole)).order_by(AuditEvent.id).limit(most)
    last, now, seals = head(session), clock.now(), []
    at = instant(now)
    for row in session.execute(waiting):
        position = last.position + 1
        last = Head(position, digest(last.hash, position, at, event_of(row)))
        seals.append({"position": position, "event_id": row.id, "sealed_at": now, "hash": last.hash})
    writing.add(session, AuditSeal, seals)
    return len(seals)


def _alone(session: Session) -> bool:
    # SQLite has one writer at a time. Completions take no part in this lock.
    if session.get_bind().dialect.name != "postgresql":
        return True
    return bool(session.scalar(text("select pg_try_advisory_xact_lock(:key)"), {"key": LOCK}))


def _since(session: Session, whole: bool) -> int:
    highest = None if whole else session.scalar(select(func.max(AuditSeal.event_id)))
    return max(0, (highest or 0) - LATE_IDS)
