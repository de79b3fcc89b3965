"""The end of an identity: its data key is destroyed with what it sealed, in every version, and nobody reads it again.

A backup made before still holds the wrapped key: `docs/how-to/keep-and-erase.md` says how long, and what to do.
"""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from handlers import keeping
from handlers.registers import Clue
from handlers.vault.model import Addition, Grant, Protected, Receipt, Reporter
from handlers.vault.sealing import SHREDDED
from workflows import clock

__all__ = ["SHREDDED", "left", "shred"]


def shred(session: Session, clue: Clue) -> int:
    """Return how many records of a clue were shredded; Conflict where a hold stands on the matter."""
    keeping.guard_held(session, clue.scope_id)
    done = 0
    for table in (Reporter, Addition, Protected):
        here = select(table.id).where(table.clue_id == clue.id, table.key_id != SHREDDED)
        ids = session.scalars(here).all()
        nothing = {"key_id": SHREDDED, "wrapped_key": b"", "content": b""}
        session.execute(update(table).where(table.id.in_(ids)).values(nothing))
        done += len(ids)
    session.execute(update(Grant).where(Grant.clue_id == clue.id).values(reason="", opinion=""))
    still_good = update(Receipt).where(Receipt.clue_id == clue.id, Receipt.ended_at.is_(None))
    session.execute(still_good.values(ended_at=clock.now()))
    return done


def left(session: Session, clue: Clue) -> bool:
    """Return whether there is still something sealed of who reported a clue."""
    return any(
        session.scalar(select(table.id).where(table.clue_id == clue.id, table.key_id != SHREDDED).limit(1))
        for table in (Reporter, Addition, Protected)
    )
