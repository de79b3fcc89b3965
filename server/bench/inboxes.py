"""Inboxes at ever more open tasks, as a page and through the API; and what looks at them all."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from server.bench import house, load, matters
from server.bench.house import Served
from server.bench.load import Load
from server.bench.places import Amount, Place
from server.bench.tables import Table
from server.db import Database
from workflows import watchdog

#: The inbox's p95 at 10,000 open tasks beside that at 100, that the program owes.
INBOX_GOAL = 1.5
#: Milliseconds that a page may take which looks at all open tasks.
MONTH_GOAL = 300
PAGE = "/inbox?box=groups"
API = "/engine-rest/task?candidateGroup=case_supervision&sortBy=dueDate&sortOrder=asc&maxResults=20"
MONTH = "/calendar"
WARM_UP = 8
#: The month, and the watchdog, are asked so many times less often.
LESS = 4


@dataclass(frozen=True)
class Look:
    """An inbox looked at while so many tasks are open: as a page, and through the API; a unit's month; the watchdog."""

    place: Place
    open_tasks: int
    page: Load
    api: Load
    month: Load
    watchdog: float  #: milliseconds, the median


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
                page, api, month = (
                    _asked(served, header, address, times, watched)
                    for header, address, times in (
                        (cookie, PAGE, amount.pages),
                        (token, API, amount.pages),
                        (cookie, MONTH, amount.pages // LESS),
                    )
                )
                yield Look(place, wanted, page, api, month, _watched(database, amount.pages // LESS))


def _asked(served: Served, header: dict[str, str], address: str, times: int, watched: dict[str, int]) -> Load:
    warm_up, measured = ([("GET", address, "")] * count for count in (WARM_UP, times))
    load.run(served.address, header, [warm_up], watched)
    return load.run(served.address, header, [measured], watched)


def _watched(database: Database, times: int) -> float:
    taken = []
    for _ in range(times + 1):
        begun = time.perf_counter()
        with database.reading() as session:
            watchdog.missing(session)
        taken.append((time.perf_counter() - begun) * 1000)
    return median(taken[1:])


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


def of_all_open_tasks(seen: Sequence[Look]) -> Table:
    """Return the table of what looks at all open tasks, or at those of a month."""
    rows = [
        (
            f"{look.place.name}, {look.open_tasks:,} open tasks",
            *(
                f"{value:.1f}"
                for value in (look.month.middle, look.month.p95, look.month.cpu_each(), look.watchdog)
            ),
        )
        for look in seen
    ]
    most = max(look.month.middle for look in seen)
    note = (
        "A unit's page of the present month, and the watchdog's look for tasks without a clock, of which `/metrics` has "
        "one a minute at most, however often it is asked. Neither finds one: what is measured is the search. Wanted of "
        f"the page: a median of at most {MONTH_GOAL}. Measured: {most:.0f} at most."
    )
    columns = ("", "month median", "month p95", "month CPU", "watchdog median")
    return Table("What looks at all open tasks", columns, tuple(rows), note)


def _growth(seen: Sequence[Look]) -> str:
    at = {(look.place.name, look.open_tasks): look for look in seen}
    return "; ".join(
        f"{name} {many.page.p95 / at[name, 100].page.p95:.2f} (page), {many.api.p95 / at[name, 100].api.p95:.2f} (API)"
        for (name, count), many in at.items()
        if count == 10_000
    )
