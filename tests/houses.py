"""Settled houses for tests of whole processes: the demo city's office with all that `bpmn/` holds deployed.

A house is made once for each kind of database and copied for each test, which takes a tenth of the time.
Import the fixtures in a `conftest.py`: `house` gives one database behind the office's ports, `houses` opens
several, one after the other.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime

import pytest
from psycopg import sql
from sqlalchemy import update

import server.tables
from handlers import codes, office
from handlers.registers import returns
from handlers.wall import Wall
from server import boot, folders
from server.db import Database, connect
from server.settings import Settings
from tests.conftest import PostgreSQL
from workflows import clock, recording, visibility
from workflows.model import Timer

DEMO = folders.BPMN.parent / "server" / "demo"
OPENED = datetime.fromisoformat("2026-01-05T08:00:00+08:00")

#: Gives the house as it was settled; the next one is opened when this one is closed.
Houses = Callable[[], AbstractContextManager[Database]]


@pytest.fixture(scope="session")
def sqlite_houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    """Give what opens houses on SQLite: copies of one file."""
    folder = tmp_path_factory.mktemp("houses")
    settled, copy = folder / "settled.sqlite3", folder / "house.sqlite3"
    settle(f"sqlite:///{settled}")
    # One engine for all copies: what SQLAlchemy has compiled once is not compiled again.
    database = connect(Settings(database_url=f"sqlite:///{copy}"))

    @contextmanager
    def open_house() -> Iterator[Database]:
        for rest in folder.glob("house.sqlite3*"):
            rest.unlink()
        shutil.copy(settled, copy)
        with _wired(database):
            yield database

    yield open_house
    database.close()


@pytest.fixture(scope="session")
def postgresql_houses(postgresql: PostgreSQL) -> Iterator[Houses]:
    """Give what opens houses on PostgreSQL: databases made from a template."""
    settled, copy = postgresql.create(), "house"
    settle(postgresql.url(settled))
    database = connect(Settings(database_url=postgresql.url(copy)))
    names = (sql.Identifier(copy), sql.Identifier(settled))
    create = sql.SQL("create database {} template {} strategy file_copy").format(*names)

    @contextmanager
    def open_house() -> Iterator[Database]:
        postgresql.connection.execute(create)
        try:
            with _wired(database):
                yield database
        finally:
            postgresql.drop(copy)

    yield open_house
    database.close()
    postgresql.drop(settled)


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


@contextmanager
def _wired(database: Database) -> Iterator[None]:
    """Install the real wall and code tables, and put back what was there; close what was opened."""
    policy, tables = visibility.policy(), recording._tables
    visibility.install(Wall())
    recording.install(codes.tables)
    try:
        yield
    finally:
        visibility.install(policy)
        recording.install(tables)
        database.engine.dispose()
