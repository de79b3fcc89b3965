"""What `make bench` measures of the served program, table by table."""

from __future__ import annotations

from collections.abc import Iterator

from server.bench import auditing, firings, house, inboxes, parts, postgresql, ticks, timers, work, workers
from server.bench.places import Amount, places
from server.bench.tables import Table
from server.bench.work import Kept, Moved


def measure(amount: Amount) -> Iterator[Table]:
    """Yield the tables as they are measured."""
    moved: list[Moved] = []
    kept: list[Kept] = []
    with places("completions") as found:
        for place in found:
            with house.settled(place.url) as database:
                moves, keeps = work.do(database, place, amount)
            moved += moves
            kept.append(keeps)
    yield work.of_completions(moved)
    yield work.of_what_is_kept(kept)
    with places("inbox") as found:
        looks = [look for place in found for look in inboxes.looks(place, amount)]
    yield inboxes.of_inboxes(looks)
    yield inboxes.of_all_open_tasks(looks)
    yield from audited(amount)
    yield from workers.measure(amount)
    yield from clocks(amount)


def audited(amount: Amount) -> Iterator[Table]:
    """Yield what the audit takes from completions and inboxes."""
    with places("audit") as found:
        yield auditing.of_audit([auditing.measure(place, amount) for place in found])


def clocks(amount: Amount) -> Iterator[Table]:
    """Yield what timers cost, on PostgreSQL: nothing where no package brings one."""
    with postgresql.started() as server:
        if server:
            yield timers.of_firing(list(timers.measure(server, amount)))
            yield from firings.measure(server, amount)
            yield from ticks.measure(server, amount)


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
