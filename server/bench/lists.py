"""A list of any length, taken in as the command line does: is memory the same at its end as at its beginning?"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from handlers import clue_import, office
from handlers.clue_import import Row
from server.bench import house, machine
from server.bench.places import places
from server.bench.tables import Table
from server.db import Database
from server.demo.sample import Sample, write

_COLUMNS = ("rows", "checked per CPU second", "MB", "taken in per CPU second", "MB ")


def measure(rows: int) -> Iterator[Table]:
    """Yield, for each kind of database, pace and memory at every power of ten up to the list's end."""
    with tempfile.TemporaryDirectory() as folder, places("list") as found:
        path = Path(folder) / "list.xlsx"
        write(path, Sample(rows, office.today()))
        for place in found:
            with house.settled(place.url) as database:
                yield Table(
                    f"A list of {rows} rows, {place.name}",
                    _COLUMNS,
                    tuple(_go_through(database, path, rows)),
                    f"{path.stat().st_size / 1e6:.1f} MB as .xlsx, one process. Time and memory: of the process.",
                )


def _go_through(database: Database, path: Path, rows: int) -> Iterator[tuple[str, ...]]:
    with database.reading() as session:
        sender = office.actor_for(session, "agency")
    with (
        path.open("rb") as stream,
        clue_import.opened(database.reading, stream, path.name, actor=sender) as incoming,
    ):
        checked = list(_paced(incoming.rows(), rows))
        good = (row for row in incoming.rows() if isinstance(row, Row))
        taken = list(_paced(clue_import.take_each(database.unit_of_work, good, actor=sender), rows))
    for (number, *check), (_, *take) in zip(checked, taken, strict=True):
        yield (str(number), *check, *take)


def _paced(steps: Iterable[Any], rows: int) -> Iterator[tuple[int, str, str]]:
    """Yield rows so far, rows per second, and megabytes, at each power of ten and at the end."""
    begun, wanted, done = time.process_time(), 10, 0
    for done, _ in zip(count(1), steps, strict=False):
        if done == wanted and wanted < rows:
            yield done, f"{done / (time.process_time() - begun):.0f}", f"{machine.own_memory_mb():.0f}"
            wanted *= 10
    yield done, f"{done / (time.process_time() - begun):.0f}", f"{machine.own_memory_mb():.0f}"
