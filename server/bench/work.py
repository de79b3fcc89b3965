"""Completions from one and from several clients, and what they and imported lists leave behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from sqlalchemy import text

from server.bench import completions, house, machine, matters
from server.bench.load import Load
from server.bench.places import Amount, Place
from server.bench.tables import Table
from server.db import Database
from workflows import tasks
from workflows.engine.benchmark import diagrams
from workflows.engine.benchmark.cycles import Naive, timed

#: Completions per second with eight clients on PostgreSQL, on two cores, that the program owes.
PER_SECOND_GOAL = 200
CLIENTS = (1, 8)
PARTIES = ("server", "PostgreSQL", "clients")
FINISHED = 40
LISTED = 301


@dataclass(frozen=True)
class Moved:
    """Completions on one database by so many clients at once."""

    place: Place
    clients: int
    load: Load


@dataclass(frozen=True)
class Kept:
    """What matters and the program take on one database: bytes, megabytes; rows of a list taken in a second."""

    place: Place
    bytes_each: float
    memory_before: float
    memory_after: float
    imported_each_second: float


def do(database: Database, place: Place, amount: Amount) -> tuple[list[Moved], Kept]:
    """Return the completions by so many clients at once, and what was left behind."""
    bytes_each = _bytes_each(database)
    with house.served(place.url, *place.arguments) as served:
        before = machine.memory_mb(served.pid)
        watched = {"server": served.pid, **place.watched}
        moved = [
            Moved(
                place,
                clients,
                completions.measure(
                    database,
                    served,
                    watched,
                    clients=clients,
                    each=amount.each // clients,
                    rounds=amount.rounds,
                ),
            )
            for clients in CLIENTS
        ]
        after = machine.memory_mb(served.pid)
    imported = LISTED / matters.send_list(database, LISTED)
    return moved, Kept(place, bytes_each, before, after, imported)


def _bytes_each(database: Database) -> float:
    """Return by how much the database grows for one matter of ten steps, from its start to its end."""
    before = _size(database)
    instance_ids = house.start_lines(database, FINISHED)
    for _ in range(house.STEPS):
        with database.unit_of_work() as session:
            for task_id in house.open_tasks(session, instance_ids).values():
                tasks.complete(session, task_id, actor=house.CLERK)
    return (_size(database) - before) / FINISHED


def _size(database: Database) -> int:
    asked = "pg_database_size(current_database())"
    if not database.postgresql:
        asked = "page_count * page_size from pragma_page_count(), pragma_page_size()"
    with database.reading() as session:
        return int(session.scalar(text(f"select {asked}")) or 0)


def of_completions(moved: Sequence[Moved]) -> Table:
    """Return the table of completions, the bare library's cycle beside them."""
    rows = [
        (
            f"{one.place.told}, {one.clients} client{'s'[: one.clients > 1]}",
            f"{one.load.per_second:.0f}",
            f"{one.load.middle:.1f}",
            f"{one.load.p95:.1f}",
            f"{one.load.cpu_each():.1f}",
            *(f"{one.load.cpu_each(name):.1f}" if name in one.load.cpu else "–" for name in PARTIES),
        )
        for one in moved
    ]
    naive = _naive()
    alone = ("the bare library's cycle alone", f"{1000 / naive:.0f}", f"{naive:.1f}", "–", f"{naive:.1f}")
    note = (
        f"`complete` of a task that moves its matter on to the next of {house.STEPS} user tasks, with history and "
        "audit, through `/engine-rest` with a token. Processor time (CPU) is for one completion, by whom. The last "
        "row is the cycle of the naive use of SpiffWorkflow (restore the whole serialised instance, complete, run, "
        "serialise) on the same diagram, without server or database. Wanted: "
        f"{PER_SECOND_GOAL} per second on PostgreSQL with 8 clients on two cores, 10 ms of CPU each{_reached(moved)}."
    )
    columns = ("", "per second", "median", "p95", "CPU", *PARTIES)
    return Table("Completing a task", columns, (*rows, (*alone, *["–"] * len(PARTIES))), note)


def _reached(moved: Sequence[Moved]) -> str:
    """Return whether the goal was reached, if it was tried."""
    found = [one.load.per_second for one in moved if one.place.name == "PostgreSQL" and one.clients > 1]
    if not found:
        return ""
    missed = "not reached, the profile of one completion below says where its time goes"
    return f": {'reached' if max(found) >= PER_SECOND_GOAL else missed}"


def _naive() -> float:
    naive = Naive(diagrams.line(house.STEPS))
    state = naive.start({})
    return median(timed(lambda: naive.complete(state, {"agreed": True}))[0] for _ in range(200))


def of_what_is_kept(kept: Sequence[Kept]) -> Table:
    """Return the table of bytes, memory and imported rows."""
    rows = [
        (
            one.place.told,
            f"{one.bytes_each / 1000:.1f}",
            f"{one.memory_before:.0f}",
            f"{one.memory_after:.0f}",
            f"{one.imported_each_second:.0f}",
        )
        for one in kept
    ]
    note = (
        f"What the database grows by for one finished matter of {house.STEPS} user tasks; the server's memory, "
        f"of all its processes, before and after the completions; clues per second from a list of {LISTED} rows."
    )
    columns = ("", "kB a matter", "MB before", "MB after", "rows imported per second")
    return Table("Room, and lists", columns, tuple(rows), note)
