"""What the tests of handlers share: a session on an empty database, and the demo's office in it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.orm import Session

import server.tables
from server.db import Database
from tests.houses import house, houses, postgresql_houses, sqlite_houses

__all__ = ["house", "houses", "postgresql_houses", "sqlite_houses"]


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
def city(house: Database) -> Iterator[Session]:
    """Give a session on the demo city's database; the test decides what is committed."""
    with Session(house.engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def database(house: Database) -> Database:
    """Return the demo city's database."""
    return house
