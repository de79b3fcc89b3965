"""A house for each story: the demo city's office with its processes deployed, made once and copied."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path

import pytest

import server.tables
from handlers import codes, office
from handlers.wall import Wall
from server import boot
from server.db import Database, connect
from server.settings import Settings
from tests.conftest import PostgreSQL
from workflows import clock, recording, visibility

ROOT = Path(__file__).parents[2]
OPENED = datetime.fromisoformat("2026-01-05T08:00:00+08:00")
#: The group of tests on SQLite: on one worker, so that the flows of its stories are counted together.
SQLITE = "stories-sqlite"

#: Gives a new house, which is gone when the block ends.
Houses = Callable[[], AbstractContextManager[Database]]


@pytest.fixture(scope="session")
def sqlite_houses(tmp_path_factory: pytest.TempPathFactory) -> Houses:
    """Return what opens houses on SQLite: copies of a file."""
    folder = tmp_path_factory.mktemp("houses")
    template = folder / "template.sqlite3"
    with _house(f"sqlite:///{template}") as database:
        settle(database)

    @contextmanager
    def open_house() -> Iterator[Database]:
        copy = shutil.copy(template, folder / "house.sqlite3")
        with _house(f"sqlite:///{copy}") as database:
            yield database

    return open_house


@pytest.fixture(scope="session")
def postgresql_houses(postgresql: PostgreSQL) -> Iterator[Houses]:
    """Give what opens houses on PostgreSQL: databases made from a template."""
    template = postgresql.create()
    with _house(postgresql.url(template)) as database:
        settle(database)

    @contextmanager
    def open_house() -> Iterator[Database]:
        name = postgresql.create(template)
        with _house(postgresql.url(name)) as database:
            yield database
        postgresql.drop(name)

    yield open_house
    postgresql.drop(template)


@pytest.fixture(
    params=[
        pytest.param("sqlite", marks=pytest.mark.xdist_group(SQLITE)),
        pytest.param("postgresql", marks=pytest.mark.xdist_group("stories-postgresql")),
    ]
)
def houses(request: pytest.FixtureRequest) -> Houses:
    """Return what opens houses; the test runs once on each kind of database."""
    found: Houses = request.getfixturevalue(f"{request.param}_houses")
    return found


@pytest.fixture(autouse=True)
def wired() -> Iterator[None]:
    """Install the real wall and code tables, and put back what was there."""
    before, tables = visibility.policy(), recording._tables
    visibility.install(Wall())
    recording.install(codes.tables)
    yield
    visibility.install(before)
    recording.install(tables)


def settle(database: Database) -> None:
    """Lay the tables, let the demo city's people in, and deploy what `bpmn/` holds."""
    server.tables.metadata.create_all(database.engine)
    with clock.held_at(OPENED):
        with database.unit_of_work() as session:
            boot.load_reference_data(session)
            for load, name in (
                (office.load_units, "units"),
                (office.load_people, "people"),
                (office.load_memberships, "memberships"),
            ):
                load(session, (ROOT / f"server/demo/{name}.csv").read_text("utf-8"))
        boot.deploy_all(database, Settings(database_url=str(database.engine.url)))


@contextmanager
def _house(url: str) -> Iterator[Database]:
    database = connect(Settings(database_url=url))
    yield database
    database.close()
