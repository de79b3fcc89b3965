"""Where the time of one completion goes, part by part: the real application, called without a network."""

from __future__ import annotations

import logging
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from flask import Flask
from sqlalchemy import event
from werkzeug.test import EnvironBuilder

from server import guard, logs
from server.app import create_app
from server.bench import house
from server.db import Database
from server.engine_rest import task as task_api
from server.settings import Settings
from workflows import deployed, recording
from workflows.engine import Run
from workflows.persistence import command, rows
from workflows.tasks import acts

#: What the time is put down to, and the functions whose own time it is, without what others here take.
PARTS: dict[str, tuple[tuple[Any, str], ...]] = {
    "authentication": ((guard, "_identify"),),
    "request body": ((task_api, "loaded"), (task_api, "plain")),
    "lock and load": ((acts, "take"),),
    "wall": ((acts, "guard"),),
    "definition and form": ((deployed, "process"), (deployed, "form"), (recording, "check")),
    "restore": ((command, "_state"), (Run, "restore")),
    "run": ((Run, "complete"), (Run, "drain")),
    "handlers": ((recording, "record"),),
    "history rows": ((rows, "_write_history"),),
    "task rows": ((rows, "_write_tasks"),),
    "other rows": ((command, "_write"),),
    "audit": ((acts, "note"),),
}
COMMIT, REST, TOTAL = "commit", "routing, response, log", "total"
WARM_UP = 2


@dataclass(frozen=True)
class Parts:
    """Median milliseconds of one completion by part, whose sums are the totals, and its SQL statements."""

    wall: dict[str, float]
    cpu: dict[str, float]  #: of the server; what the database takes is waited for
    statements: int


class Watch:
    """Puts every moment down to the innermost part that it falls into."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = defaultdict(float)
        self.cpu: dict[str, float] = defaultdict(float)
        self._parts: list[str] = []
        self._since = (0.0, 0.0)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        self._put_down()
        self._parts.append(name)
        try:
            yield
        finally:
            self._put_down()
            self._parts.pop()

    def watched(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def timed(*given: Any, **named: Any) -> Any:
            with self.part(name):
                return function(*given, **named)

        return timed

    def _put_down(self) -> None:
        now = (time.perf_counter(), time.thread_time())
        if self._parts:
            self.wall[self._parts[-1]] += (now[0] - self._since[0]) * 1000
            self.cpu[self._parts[-1]] += (now[1] - self._since[1]) * 1000
        self._since = now


def measure(database: Database, url: str, *, matters: int, rounds: int) -> Parts:
    """Return the parts of one completion on this database, medians over `matters` times `rounds` of them."""
    with _logging_to_nobody():
        return _measure(database, url, matters, rounds)


@contextmanager
def _logging_to_nobody() -> Iterator[None]:
    with Path(os.devnull).open("w") as nowhere:
        with redirect_stderr(nowhere):
            logs.configure(readable=False)
        yield
        logging.getLogger().handlers.clear()


def _measure(database: Database, url: str, matters: int, rounds: int) -> Parts:
    app = create_app(Settings(database_url=url, secret_key="k" * 40), database)
    headers = house.token(database)
    instance_ids = house.start_lines(database, matters)
    statements: Counter[str] = Counter()
    event.listen(database.engine, "before_cursor_execute", lambda *_: statements.update(["sql"]))
    watches: list[Watch] = []
    for number in range(WARM_UP + rounds):
        with database.reading() as session:
            tasks = house.open_tasks(session, instance_ids).values()
        statements.clear()
        for task_id in tasks:
            watch = _completion(app, database, headers, task_id)
            if number >= WARM_UP:
                watches.append(watch)
    walls, cpus = ([getattr(watch, kind) for watch in watches] for kind in ("wall", "cpu"))
    return Parts(_medians(walls), _medians(cpus), round(statements["sql"] / matters))


def _completion(app: Flask, database: Database, headers: dict[str, str], task_id: str) -> Watch:
    watch = Watch()
    request = EnvironBuilder(
        f"/engine-rest/task/{task_id}/complete", method="POST", headers=[*headers.items()], json={}
    )
    with watching(watch, PARTS, database), watch.part(REST):
        app.wsgi_app(request.get_environ(), _start_response)
    return watch


@contextmanager
def watching(
    watch: Watch, parts: Mapping[str, Sequence[tuple[Any, str]]], database: Database
) -> Iterator[None]:
    """Put the time of these functions down to their parts, and that of commits to `COMMIT`."""
    with ExitStack() as patches:
        for name, functions in parts.items():
            for owner, function in functions:
                found = getattr(owner, function)
                patches.enter_context(patch.object(owner, function, watch.watched(name, found)))
        dialect = database.engine.dialect
        patches.enter_context(patch.object(dialect, "do_commit", watch.watched(COMMIT, dialect.do_commit)))
        yield


def _start_response(status: str, headers: Sequence[Any], error: Any = None) -> Callable[[bytes], None]:
    if not status.startswith("204"):
        raise RuntimeError(f"A completion was answered with {status}.")
    return lambda content: None


def _medians(taken: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the median of each part; what medians leave over belongs to the last, so that the sum is right."""
    found = {name: median(spent.get(name, 0.0) for spent in taken) for name in (*PARTS, COMMIT)}
    total = median(sum(spent.values()) for spent in taken)
    return {**found, REST: total - sum(found.values()), TOTAL: total}
