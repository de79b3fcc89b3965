"""What `make bench` measures of the served program, table by table, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from sqlalchemy import text

from server.bench import completions, house, load, machine, matters, parts, postgresql
from server.bench.house import Served
from server.bench.load import Load
from server.bench.tables import Table
from server.db import Database
from workflows import tasks
from workflows.engine.benchmark import diagrams
from workflows.engine.benchmark.cycles import Naive, timed

#: Completions per second with eight clients on PostgreSQL, on two cores, that the program owes.
PER_SECOND_GOAL = 200
#: The inbox's p95 at 10,000 open tasks beside that at 100.
INBOX_GOAL = 1.5
CLIENTS = (1, 8)
PARTIES = ("server", "PostgreSQL", "clients")
FINISHED = 40
LISTED = 301
PAGE = "/inbox?box=groups"
API = "/engine-rest/task?candidateGroup=case_supervision&sortBy=dueDate&sortOrder=asc&maxResults=20"
WARM_UP = 8


@dataclass(frozen=True)
class Amount:
    """How much is done of everything."""

    rounds: int  #: completions of each matter
    each: int  #: matters in each round
    open_tasks: tuple[int, ...]
    pages: int  #: times that an inbox is asked for


FULL = Amount(rounds=8, each=160, open_tasks=(100, 1_000, 10_000, 100_000), pages=60)
QUICK = Amount(rounds=3, each=40, open_tasks=(100, 1_000, 10_000), pages=20)


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


def measure(amount: Amount) -> Iterator[Table]:
    """Yield the tables as they are measured."""
    moved: list[Moved] = []
    kept: list[Kept] = []
    with places("completions") as found:
        for place in found:
            with house.settled(place.url) as database:
                moves, keeps = _work(database, place, amount)
            moved += moves
            kept.append(keeps)
    yield _of_completions(moved)
    yield _of_what_is_kept(kept)
    with places("inbox") as found:
        looks = [look for place in found for look in _looks(place, amount)]
    yield _of_inboxes(looks)


def profile(amount: Amount) -> Iterator[Table]:
    """Yield, for each kind of database, where the time of one completion goes."""
    with places("parts") as found:
        for place in found:
            with house.settled(place.url) as database:
                taken = parts.measure(database, place.url, matters=amount.each // 4, rounds=amount.rounds - 1)
            rows = tuple((name, f"{wall:.2f}", f"{taken.cpu[name]:.2f}") for name, wall in taken.wall.items())
            note = f"Medians, one client, no network. {taken.statements} SQL statements from the lock to the commit."
            yield Table(
                f"One completion part by part, {place.name}", ("part", "ms", "CPU of the server"), rows, note
            )


# --- completions, and what they leave behind


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


def _work(database: Database, place: Place, amount: Amount) -> tuple[list[Moved], Kept]:
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


def _of_completions(moved: Sequence[Moved]) -> Table:
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
        f"{PER_SECOND_GOAL} per second on PostgreSQL with 8 clients on two cores, 10 ms of CPU each."
    )
    columns = ("", "per second", "median", "p95", "CPU", *PARTIES)
    return Table("Completing a task", columns, (*rows, (*alone, *["–"] * len(PARTIES))), note)


def _naive() -> float:
    naive = Naive(diagrams.line(house.STEPS))
    state = naive.start({})
    return median(timed(lambda: naive.complete(state, {"agreed": True}))[0] for _ in range(200))


def _of_what_is_kept(kept: Sequence[Kept]) -> Table:
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


# --- inboxes


@dataclass(frozen=True)
class Look:
    """An inbox looked at while so many tasks are open: as a page, and through the API."""

    place: Place
    open_tasks: int
    page: Load
    api: Load


def _looks(place: Place, amount: Amount) -> Iterator[Look]:
    with house.settled(place.url) as database:
        matters.send_list(database, amount.open_tasks[0])
        token, cookie = house.token(database), house.cookie(database)
        with house.served(place.url, *place.arguments) as served:
            watched = {"server": served.pid, **place.watched}
            there = 1
            for wanted in amount.open_tasks:
                copies = wanted // amount.open_tasks[0]
                if copies > there:
                    matters.multiply(database, range(there, copies))
                    there = copies
                page, api = (
                    _asked(served, header, address, amount.pages, watched)
                    for header, address in ((cookie, PAGE), (token, API))
                )
                yield Look(place, wanted, page, api)


def _asked(served: Served, header: dict[str, str], address: str, times: int, watched: dict[str, int]) -> Load:
    warm_up, measured = ([("GET", address, "")] * count for count in (WARM_UP, times))
    load.run(served.address, header, [warm_up], watched)
    return load.run(served.address, header, [measured], watched)


def _of_inboxes(looks: Sequence[Look]) -> Table:
    rows = [
        (
            f"{look.place.name}, {look.open_tasks:,} open tasks",
            *(
                f"{value:.1f}"
                for one in (look.page, look.api)
                for value in (one.middle, one.p95, one.cpu_each())
            ),
        )
        for look in looks
    ]
    note = (
        "A clerk of case supervision, whose groups may claim them all, looks at the first 20 of a group's open tasks: "
        "the page (with its counts and filters), and `/engine-rest/task?candidateGroup=…`. Matters are imported by "
        "the list import; beyond the first hundred their rows are copies in bulk of what the engine wrote, to be "
        "looked at only. Wanted: "
        f"a p95 at 10,000 open tasks at most {INBOX_GOAL} times that at 100. Measured: {_growth(looks)}."
    )
    columns = ("", "page median", "page p95", "page CPU", "API median", "API p95", "API CPU")
    return Table("Inbox", columns, tuple(rows), note)


def _growth(looks: Sequence[Look]) -> str:
    found = []
    for one in looks:
        more = [
            look
            for look in looks
            if look.place == one.place and (one.open_tasks, look.open_tasks) == (100, 10_000)
        ]
        found += [
            f"{one.place.name} {look.page.p95 / one.page.p95:.2f} (page), {look.api.p95 / one.api.p95:.2f} (API)"
            for look in more
        ]
    return "; ".join(found)
