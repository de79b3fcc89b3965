"""Where the time of one firing goes, part by part: a worker's own code, called as it calls it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from server import worker
from server.bench import house, timers
from server.bench.parts import COMMIT, Watch, watching
from server.bench.places import Amount
from server.bench.postgresql import PostgreSQL
from server.bench.tables import Table
from server.db import Database
from workflows import clock, persistence, writing
from workflows import timers as firing
from workflows.engine import Run
from workflows.persistence import command, rows

#: What the time is put down to, and the functions whose own time it is.
PARTS: dict[str, tuple[tuple[Any, str], ...]] = {
    "lease": ((worker, "_lease"),),
    "lock, and whose turn": ((persistence, "lock_of_timers"), (firing, "_next")),
    "restore": ((persistence, "states"), (command, "_state"), (Run, "restore")),
    "run": ((Run, "drain"),),
    "history rows": ((rows, "_write_history"),),
    "task rows": ((rows, "_write_tasks"),),
    "timer rows": ((rows, "_write_timers"),),
    "other rows": ((command, "_write"),),
    "audit": ((firing, "_audit"),),
    "rows of all together": ((writing, "_write"),),
}
REST = "the rest"
WARM_UP = 20


def measure(server: PostgreSQL, amount: Amount) -> Iterator[Table]:
    """Yield the table of the parts of one firing, means of as many as a round of completions has."""
    with house.settled(server.create("bench_firings")) as database:
        timers.prepare(database, clock.now() - timedelta(hours=1), WARM_UP)
        worker.run_due(database, worker="bench")
        timers.prepare(database, clock.now() - timedelta(hours=1), amount.each)
        statements: Counter[str] = Counter()
        event.listen(database.engine, "before_cursor_execute", lambda *_: statements.update(["sql"]))
        yield _table(_watched(database), statements["sql"], amount.each)


def _watched(database: Database) -> Watch:
    watch = Watch()
    with watching(watch, PARTS, database), watch.part(REST):
        worker.run_due(database, worker="bench")
    return watch


def _table(watch: Watch, statements: int, count: int) -> Table:
    spent = [(name, watch.wall[name] / count, watch.cpu[name] / count) for name in (*PARTS, COMMIT, REST)]
    spent.append(("total", sum(wall for _, wall, _ in spent), sum(cpu for *_, cpu in spent)))
    cells = tuple((name, f"{wall:.2f}", f"{cpu:.2f}") for name, wall, cpu in spent)
    note = (
        f"Means of {count} firings by one worker on PostgreSQL, as above, with nobody else at the server. "
        f"{statements / count:.1f} SQL statements each."
    )
    return Table("One firing part by part", ("part", "ms", "CPU of the worker"), cells, note)
