"""What a tick costs that finds nothing due, however much is pending."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from server import worker
from server.bench import house, timers
from server.bench.places import Amount
from server.bench.postgresql import PostgreSQL
from server.bench.tables import Table
from server.db import Database
from workflows import clock
from workflows import timers as firing
from workflows.model import Timer

TICKS = 100
_PENDING = text(
    "insert into timer (id, kind, instance_id, element_id, due_at, status, attempts) "
    "select 'bench-' || n, 'engine', :instance, 'pending', cast(:since as timestamptz) + n * interval '1 second', "
    "'waiting', 0 from generate_series(cast(:first as integer), cast(:last as integer)) n"
)


@dataclass(frozen=True)
class Tick:
    """Median milliseconds of an idle tick, of all and of the worker, and of leasing, with so many timers pending."""

    pending: int
    idle: float
    idle_cpu: float
    lease: float


def measure(server: PostgreSQL, amount: Amount) -> Iterator[Table]:
    """Yield the table of ticks with ever more timers pending."""
    with house.settled(server.create("bench_ticks")) as database:
        timers.prepare(database, clock.now() + timers.LONG, 1)
        yield _of_ticks([_tick(database, pending) for pending in amount.pending])


def _tick(database: Database, pending: int) -> Tick:
    since = clock.now() + timers.LONG
    _add(database, pending, since)
    spent = [_timed(lambda: worker.run_due(database, worker="bench")) for _ in range(TICKS)]
    with clock.held_at(since + timedelta(days=1)):
        leases = [_timed(lambda: _lease(database))[0] for _ in range(TICKS // 5)]
    idle, idle_cpu = (median(column) for column in zip(*spent, strict=True))
    return Tick(pending, idle, idle_cpu, median(leases))


def _add(database: Database, pending: int, since: datetime) -> None:
    """Let so many timers of a matter be pending, a second apart."""
    with database.unit_of_work() as session:
        instance = session.scalar(select(Timer.instance_id).where(Timer.element_id == "late").limit(1))
        there = session.scalar(select(func.count()).where(Timer.element_id == "pending")) or 0
        values = {"instance": instance, "since": since, "first": there + 1, "last": pending}
        session.connection().execute(_PENDING, values)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # What PostgreSQL does by itself after a minute.
        connection.exec_driver_sql("vacuum analyze timer")


def _lease(database: Database) -> None:
    """Lease a batch out of a day's timers that are due, and give it back."""
    with Session(database.engine) as session:  # closed without a commit
        if not firing.lease(session, "bench"):
            raise RuntimeError("Nothing was due.")


def _timed(act: Callable[[], Any]) -> tuple[float, float]:
    begun, cpu = time.perf_counter(), time.thread_time()
    act()
    return (time.perf_counter() - begun) * 1000, (time.thread_time() - cpu) * 1000


def _of_ticks(ticks: Sequence[Tick]) -> Table:
    """Return the table of ticks."""
    cells = [
        (f"{one.pending:,} pending", *(f"{ms:.2f}" for ms in (one.idle, one.idle_cpu, one.lease)))
        for one in ticks
    ]
    growth = ticks[-1].idle / ticks[0].idle
    note = (
        f"Medians of {TICKS} ticks on PostgreSQL that find neither timer nor job due, and of leasing 20 of a day's "
        f"timers (86,400, or all) that are. With {ticks[-1].pending:,} pending an idle tick takes {growth:.2f} times "
        f"what it takes with {ticks[0].pending:,}. Wanted: no more."
    )
    return Table(
        "A tick that finds nothing due", ("", "ms", "CPU of the worker", "ms to lease 20"), tuple(cells), note
    )
