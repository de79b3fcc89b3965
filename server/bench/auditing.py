"""What the audit takes from the others: completions and inboxes with sealer and readers at work, and without."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import func, select

from handlers.registers import Clue
from server.bench import completions, house, inboxes, load, matters
from server.bench.house import Served
from server.bench.load import Load
from server.bench.places import Amount, Place
from server.bench.tables import Table
from server.db import Database
from workflows.model import AuditEvent, AuditSeal

CLIENTS = 8
LISTED = 100
#: Clues opened in a second, by all readers together: a hundred people, each one every ten seconds.
READS_A_SECOND = 10


@dataclass(frozen=True)
class Cost:
    """The same work twice on one database: without worker and readers, and with them."""

    place: Place
    moved: tuple[Load, Load]
    looked: tuple[Load, Load]
    sealed: int
    waiting: int  #: rows without a seal when the work was done


def measure(place: Place, amount: Amount) -> Cost:
    """Return what the work takes on one database."""
    with house.settled(place.url) as database:
        matters.send_list(database, LISTED)
        with house.served(place.url, *place.arguments, "--no-worker") as served:
            alone = _work(database, served, place, amount)
        with house.served(place.url, *place.arguments) as served, _reading(database, served):
            before = _count(database, AuditSeal.position)
            audited = _work(database, served, place, amount)
            sealed = _count(database, AuditSeal.position)
            waiting = _count(database, AuditEvent.id) - sealed
    moved, looked = (alone[0], audited[0]), (alone[1], audited[1])
    return Cost(place, moved, looked, sealed - before, waiting)


def _work(database: Database, served: Served, place: Place, amount: Amount) -> tuple[Load, Load]:
    watched = {"server": served.pid, **place.watched}
    each = amount.each // CLIENTS
    moved = completions.measure(database, served, watched, clients=CLIENTS, each=each, rounds=amount.rounds)
    pages = [("GET", inboxes.PAGE, "")] * amount.pages
    return moved, load.run(served.address, house.cookie(database), [pages], watched)


@contextmanager
def _reading(database: Database, served: Served) -> Iterator[None]:
    """Open one clue after another while the others work, at a steady pace."""
    header, stop = house.token(database), threading.Event()
    with database.reading() as session:
        ids = list(session.scalars(select(Clue.id).limit(LISTED)))

    def read() -> None:
        for number in range(1_000_000):
            if stop.wait(1 / READS_A_SECOND):
                return
            address = f"{served.address}/api/v1/clues/{ids[number % len(ids)]}"
            with urllib.request.urlopen(
                urllib.request.Request(address, headers=header), timeout=60
            ) as answer:
                answer.read()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield
    finally:
        stop.set()
        reader.join()


def _count(database: Database, column: object) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count(column))) or 0  # type: ignore[arg-type]


def of_audit(costs: Sequence[Cost]) -> Table:
    """Return the table of what the audit takes."""
    rows = [
        (
            cost.place.told,
            *(f"{one.per_second:.0f}" for one in cost.moved),
            f"{1 - cost.moved[1].per_second / cost.moved[0].per_second:.0%}",
            *(f"{one.p95:.1f}" for one in cost.looked),
            f"{cost.sealed:,}",
            f"{cost.waiting:,}",
        )
        for cost in costs
    ]
    note = (
        f"{CLIENTS} clients complete tasks, then a clerk looks at the inbox; first without a worker, then with the "
        f"sealer at work and {READS_A_SECOND} clues opened in a second, each read kept. Rows without a seal are "
        "those of the last seconds."
    )
    columns = (
        "",
        "per second alone",
        "audited",
        "loss",
        "inbox p95 alone",
        "audited",
        "rows sealed",
        "waiting",
    )
    return Table("What the audit takes", columns, tuple(rows), note)
