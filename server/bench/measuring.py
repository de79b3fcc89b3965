"""What `make bench` measures of the served program, table by table."""

from __future__ import annotations

from collections.abc import Iterator

from server.bench import house, inboxes, parts, work
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
