"""Several processes at one address: one that dies is replaced, all end together, SQLite has one only."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import requests

from server import auth
from server.db import connect, migrate
from server.settings import Settings
from tests.server.conftest import PASSWORD
from tests.server.process import Process

pytestmark = pytest.mark.slow


def children(parent: int) -> set[int]:
    found = Path(f"/proc/{parent}/task/{parent}/children")
    return {int(child) for child in found.read_text().split()}


def until(done: Callable[[], bool], server: Process) -> None:
    """Ask the server again and again, which is how a test waits without sleeping."""
    started = time.monotonic()
    while not done():
        assert time.monotonic() < started + 60
        requests.get(f"{server.address}/healthz", timeout=10)


def test_one_that_dies_is_replaced_and_all_stop_together(postgresql_url: str, tmp_path: Path) -> None:
    with closing(connect(Settings(database_url=postgresql_url))) as database:
        migrate(database)
        with database.unit_of_work() as session:
            auth.create(session, "wang", PASSWORD)
    with Process(tmp_path, "--processes", "2", DUBAN_DATABASE_URL=postgresql_url) as server:
        first = children(server.pid)
        assert len(first) == 2
        assert requests.get(f"{server.address}/readyz", timeout=10).status_code == 200
        os.kill(min(first), signal.SIGKILL)
        until(lambda: len(children(server.pid)) == 2 and children(server.pid) != first, server)
        assert requests.get(f"{server.address}/readyz", timeout=10).status_code == 200
        last = children(server.pid)
        assert server.stop() == 0
        assert server.said[-1] == "Stopped."
        assert "another takes its place" in server.log.read_text()
        assert not any(Path(f"/proc/{child}").exists() for child in last)


def test_sqlite_is_answered_by_one_process(sqlite_url: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="PostgreSQL"):
        Process(tmp_path, "--processes", "2", DUBAN_DATABASE_URL=sqlite_url)
