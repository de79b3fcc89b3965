"""Completions through `/engine-rest`: what one costs, how many there are in a second."""

from __future__ import annotations

from collections.abc import Sequence

from server.bench import house, load
from server.bench.house import Served
from server.bench.load import Load, Request
from server.db import Database


def measure(
    database: Database, served: Served, watched: dict[str, int], *, clients: int, each: int, rounds: int
) -> Load:
    """Return the load of `rounds` completions of each matter, `each` matters a client, after a first one to warm up.

    Every completion moves a matter on to its next user task. At most nine rounds: there are ten steps.
    """
    header = house.token(database)
    matters = [house.start_lines(database, each) for _ in range(clients)]
    loads = [
        load.run(served.address, header, _requests(database, matters), watched) for _ in range(rounds + 1)
    ]
    return load.joined(loads[1:])


def _requests(database: Database, matters: Sequence[Sequence[str]]) -> list[list[Request]]:
    with database.reading() as session:
        tasks = [house.open_tasks(session, mine) for mine in matters]
    return [
        [_completion(found[matter]) for matter in mine] for found, mine in zip(tasks, matters, strict=True)
    ]


def _completion(task_id: str) -> Request:
    body = '{"variables": {"agreed": {"value": true, "type": "Boolean"}}}'
    return ("POST", f"/engine-rest/task/{task_id}/complete", body)
