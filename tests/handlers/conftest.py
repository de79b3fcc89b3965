"""What the tests of handlers share: a session on an empty database, and the demo's office in it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TypeAlias

import pytest
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session

import server.tables
from server.db import Database
from tests import databases
from tests.conftest import PostgreSQL
from tests.houses import house, houses, postgresql_houses, sqlite_houses

__all__ = ["house", "houses", "postgresql_houses", "sqlite_houses"]


Engines: TypeAlias = Callable[[], AbstractContextManager[Engine]]


def _engine(url: str) -> Engine:
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("pragma foreign_keys = on"))
    return engine


def _lay(url: str) -> None:
    engine = _engine(url)
    server.tables.metadata.create_all(engine)
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_engines(tmp_path_factory: pytest.TempPathFactory) -> Engines:
    """Return what opens databases on SQLite with every table and no row."""
    return databases.of_sqlite(tmp_path_factory.mktemp("engines"), _lay, _engine)


@pytest.fixture(scope="session")
def postgresql_engines(postgresql: PostgreSQL) -> Engines:
    """Return what opens databases on PostgreSQL with every table and no row."""
    return databases.of_postgresql(postgresql, _lay, _engine)


@pytest.fixture(params=["sqlite", "postgresql"])
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    """Give a session on a database that has every table and no row; the test decides what is committed."""
    engines: Engines = request.getfixturevalue(f"{request.param}_engines")
    with engines() as engine:
        with Session(engine, expire_on_commit=False) as session:
            yield session
        engine.dispose()


@pytest.fixture
def city(house: Database) -> Iterator[Session]:
    """Give a session on the demo city's database; the test decides what is committed."""
    with Session(house.engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def database(house: Database) -> Database:
    """Return the demo city's database."""
    return house
