"""What the tests of handlers share: a session on an empty database, and the demo's office in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.orm import Session

import server.tables
from handlers import codes, office
from handlers.wall import Wall
from server import boot
from server.db import Database, connect
from server.settings import Settings
from tests.houses import house, houses, postgresql_houses, sqlite_houses
from workflows import recording, visibility

__all__ = ["house", "houses", "postgresql_houses", "sqlite_houses"]

ROOT = Path(__file__).parents[2]


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    """Give a session on a database that has every table and no row; the test decides what is committed."""
    engine = create_engine(database_url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("pragma foreign_keys = on"))
    server.tables.metadata.create_all(engine)
    with Session(engine, expire_on_commit=False) as session:
        yield session
    engine.dispose()


@pytest.fixture
def city(session: Session) -> Session:
    """Give the session with roles, units, persons and memberships of the demo city."""
    settle(session)
    return session


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Give the database as a server has it: the city, limits and ladder; wall and code tables installed."""
    with opened(database_url) as target:
        yield target


@contextmanager
def opened(database_url: str) -> Iterator[Database]:
    """Give an empty database with tables, reference data and city, behind the office's ports."""
    target = connect(Settings(database_url=database_url))
    server.tables.metadata.create_all(target.engine)
    with target.unit_of_work() as session:
        boot.load_reference_data(session)
        settle(session)
    before = visibility.policy()
    visibility.install(Wall())
    recording.install(codes.tables)
    try:
        yield target
    finally:
        visibility.install(before)
        target.close()


def settle(session: Session) -> None:
    """Load roles, units, persons and memberships of the demo city."""
    office.load_roles(session, (ROOT / "bpmn/roles.csv").read_text("utf-8"))
    office.load_units(session, (ROOT / "server/demo/units.csv").read_text("utf-8"))
    office.load_people(session, (ROOT / "server/demo/people.csv").read_text("utf-8"))
    office.load_memberships(session, (ROOT / "server/demo/memberships.csv").read_text("utf-8"))
