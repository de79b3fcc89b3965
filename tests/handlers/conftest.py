"""What the tests of handlers share: a session on an empty database, and the demo's office in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.orm import Session

import server.tables
from handlers import office

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
    office.load_roles(session, (ROOT / "bpmn/roles.csv").read_text("utf-8"))
    office.load_units(session, (ROOT / "server/demo/units.csv").read_text("utf-8"))
    office.load_people(session, (ROOT / "server/demo/people.csv").read_text("utf-8"))
    office.load_memberships(session, (ROOT / "server/demo/memberships.csv").read_text("utf-8"))
    return session
