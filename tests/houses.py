"""Settled houses for tests of whole processes: the demo city's office with all that `bpmn/` holds deployed.

A house is made once for each kind of database and copied for each test, which takes a tenth of the time.
Import the fixtures in a `conftest.py`: `house` gives one database behind the office's ports, `houses` opens
several, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime

import pytest
from sqlalchemy import update

import server.tables
from handlers import codes, office
from handlers.registers import returns
from handlers.wall import Wall
from server import boot, folders
from server.db import Database, connect
from server.settings import Settings
from tests import databases
from tests.conftest import PostgreSQL
from workflows import clock, recording, visibility
from workflows.model import Timer

DEMO = folders.BPMN.parent / "server" / "demo"
OPENED = datetime.fromisoformat("2026-01-05T08:00:00+08:00")

#: Gives the house as it was settled; the next one is opened when this one is closed.
Houses = Callable[[], AbstractContextManager[Database]]


@pytest.fixture(scope="session")
def sqlite_houses(tmp_path_factory: pytest.TempPathFactory) -> Houses:
    """Give what opens houses on SQLite: copies of one file."""
    return _wired(databases.of_sqlite(tmp_path_factory.mktemp("houses"), settle, _connected))


@pytest.fixture(scope="session")
def postgresql_houses(postgresql: PostgreSQL) -> Houses:
    """Give what opens houses on PostgreSQL: databases made from a template."""
    return _wired(databases.of_postgresql(postgresql, settle, _connected))


@pytest.fixture(params=["sqlite", "postgresql"])
def houses(request: pytest.FixtureRequest) -> Houses:
    """Return what opens houses; the test runs once on each kind of database."""
    found: Houses = request.getfixturevalue(f"{request.param}_houses")
    return found


@pytest.fixture
def house(houses: Houses) -> Iterator[Database]:
    """Give a settled house, on each kind of database."""
    with houses() as database:
        yield database


def settle(url: str) -> None:
    """Lay the tables, let the demo city's people in, and deploy what `bpmn/` holds."""
    settings = Settings(database_url=url)
    database = connect(settings)
    server.tables.metadata.create_all(database.engine)
    with clock.held_at(OPENED):
        with database.unit_of_work() as session:
            boot.load_reference_data(session)
            for load, name in (
                (office.load_units, "units"),
                (office.load_people, "people"),
                (office.load_memberships, "memberships"),
                (returns.load, "return_duties"),
            ):
                load(session, (DEMO / f"{name}.csv").read_text("utf-8"))
            boot.know_roles(session)
        boot.deploy_all(database, settings)
        with database.unit_of_work() as session:
            # In a test nothing starts by the calendar, unless the test winds it up.
            session.execute(update(Timer).where(Timer.kind == "start").values(status="cancelled"))
    database.close()


def _connected(url: str) -> Database:
    return connect(Settings(database_url=url))


def _wired(open_copy: Houses) -> Houses:
    """Return houses with the real wall and code tables installed; what was there is put back."""

    @contextmanager
    def open_house() -> Iterator[Database]:
        policy, tables = visibility.policy(), recording._tables
        with open_copy() as database:
            visibility.install(Wall())
            recording.install(codes.tables)
            try:
                yield database
            finally:
                visibility.install(policy)
                recording.install(tables)
                database.close()

    return open_house
