"""Where it is measured, and how much: SQLite and PostgreSQL, everything or a little of it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from server.bench import postgresql


@dataclass(frozen=True)
class Amount:
    """How much is done of everything."""

    rounds: int  #: completions of each matter
    each: int  #: matters in each round
    open_tasks: tuple[int, ...]
    pages: int  #: times that an inbox is asked for
    timers: int  #: due one after another
    pending: tuple[int, ...]  #: timers that are not due


FULL = Amount(
    rounds=8,
    each=160,
    open_tasks=(100, 1_000, 10_000, 100_000),
    pages=60,
    timers=10_000,
    pending=(1_000, 1_000_000),
)
QUICK = Amount(
    rounds=3, each=40, open_tasks=(100, 1_000, 10_000), pages=20, timers=500, pending=(1_000, 100_000)
)


@dataclass(frozen=True)
class Place:
    """A database to measure on; the processes to watch beside the server; how the server is started."""

    name: str
    url: str
    watched: dict[str, int]
    arguments: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """The database, and with how many server processes."""
        return f"{self.name}, {self.arguments[-1] if self.arguments else 1} process(es)"


@contextmanager
def places(purpose: str) -> Iterator[list[Place]]:
    """Give an empty database of each kind: SQLite with one process, PostgreSQL with one for each core."""
    with tempfile.TemporaryDirectory() as folder, postgresql.started() as server:
        found = [Place("SQLite", f"sqlite:///{Path(folder) / 'bench.sqlite3'}", {})]
        if server:
            processes = ("--processes", str(os.cpu_count() or 1))
            url = server.create(f"bench_{purpose}")
            found.append(Place("PostgreSQL", url, {"PostgreSQL": server.pid}, processes))
        yield found
