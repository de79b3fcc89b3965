"""A new master key takes over row by row; and the check that every row opens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TypeVar

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, undefer

from handlers.vault import keys
from handlers.vault.model import Addition, Protected, Reporter, Sealed
from handlers.vault.sealing import SHREDDED, Unreadable, rewrap, unseal

#: Every table with envelopes under the master key; `under_master_key` adds those of other rooms.
TABLES: list[type[Sealed]] = [Reporter, Addition, Protected]
Table = TypeVar("Table", bound=type[Sealed])
#: Where a change of keys stands: table, and the last id that was looked at.
Place = tuple[int, str]
BEGIN: Place = (0, "")
#: Rows of one transaction.
BATCH = 200


def under_master_key(table: Table) -> Table:
    """Let a table with envelopes follow changes of the master key: a decorator of its class."""
    TABLES.append(table)
    return table


def used(session: Session) -> Counter[str]:
    """Return how many rows each master key has wrapped, by its id."""
    found: Counter[str] = Counter()
    for table in TABLES:
        for key_id, count in session.execute(
            select(table.key_id, func.count()).where(table.key_id != SHREDDED).group_by(table.key_id)
        ):
            found[key_id] += count
    return found


def rotate(session: Session, *, after: Place = BEGIN) -> tuple[int, Place | None, list[str]]:
    """Wrap one batch of rows by the present master key: how many, where to go on (None at the end), what is broken.

    Each batch is the caller's transaction: interrupted, the rest is found by its old key the next time.
    """
    ring = keys.ring()
    number, last = after
    table = TABLES[number]
    elder = table.key_id.not_in((ring.current, SHREDDED))
    old = select(table).where(elder, table.id > last).order_by(table.id).limit(BATCH)
    done, faults = 0, list[str]()
    rows = session.scalars(old).all()
    for row in rows:
        try:
            key_id, wrapped = rewrap(ring, row.place, row.key_id, row.wrapped_key)
        except Unreadable as error:
            faults.append(error.message)
            continue
        same = update(table).where(table.id == row.id, table.key_id == row.key_id)
        session.execute(
            same.values(key_id=key_id, wrapped_key=wrapped).execution_options(synchronize_session=False)
        )
        done += 1
    if len(rows) == BATCH:
        return done, (number, rows[-1].id), faults
    return done, (number + 1, "") if number + 1 < len(TABLES) else None, faults


def broken(session: Session) -> Iterator[str]:
    """Yield a line for each row that does not open; what the others hold is shown to nobody."""
    ring = keys.ring()
    for table in TABLES:
        kept, last = select(table).where(table.key_id != SHREDDED).options(undefer(table.content)), ""
        # Portion by portion: a cursor of the server would need a transaction around it.
        while rows := session.scalars(kept.where(table.id > last).order_by(table.id).limit(BATCH)).all():
            last = rows[-1].id
            for row in rows:
                try:
                    unseal(ring, row.place, row.envelope)
                except Unreadable as error:
                    yield error.message
