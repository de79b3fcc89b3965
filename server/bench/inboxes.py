"""Inboxes at ever more open tasks: as a page, and through the API."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from server.bench import house, load, matters
from server.bench.house import Served
from server.bench.load import Load
from server.bench.places import Amount, Place
from server.bench.tables import Table

#: The inbox's p95 at 10,000 open tasks beside that at 100, that the program owes.
INBOX_GOAL = 1.5
PAGE = "/inbox?box=groups"
API = "/engine-rest/task?candidateGroup=case_supervision&sortBy=dueDate&sortOrder=asc&maxResults=20"
WARM_UP = 8


@dataclass(frozen=True)
class Look:
    """An inbox looked at while so many tasks are open: as a page, and through the API."""

    place: Place
    open_tasks: int
    page: Load
    api: Load


def looks(place: Place, amount: Amount) -> Iterator[Look]:
    """Yield what the inboxes of one database cost, from few open tasks to many."""
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


def of_inboxes(seen: Sequence[Look]) -> Table:
    """Return the table of inboxes."""
    rows = [
        (
            f"{look.place.name}, {look.open_tasks:,} open tasks",
            *(
                f"{value:.1f}"
                for one in (look.page, look.api)
                for value in (one.middle, one.p95, one.cpu_each())
            ),
        )
        for look in seen
    ]
    note = (
        "A clerk of case supervision, whose groups may claim them all, looks at the first 20 of a group's open tasks: "
        "the page (with its counts and filters), and `/engine-rest/task?candidateGroup=…`. Matters are imported by "
        "the list import; beyond the first hundred their rows are copies in bulk of what the engine wrote, to be "
        "looked at only. Wanted: "
        f"a p95 at 10,000 open tasks at most {INBOX_GOAL} times that at 100. Measured: {_growth(seen)}."
    )
    columns = ("", "page median", "page p95", "page CPU", "API median", "API p95", "API CPU")
    return Table("Inbox", columns, tuple(rows), note)


def _growth(seen: Sequence[Look]) -> str:
    at = {(look.place.name, look.open_tasks): look for look in seen}
    return "; ".join(
        f"{name} {many.page.p95 / at[name, 100].page.p95:.2f} (page), {many.api.p95 / at[name, 100].api.p95:.2f} (API)"
        for (name, count), many in at.items()
        if count == 10_000
    )
