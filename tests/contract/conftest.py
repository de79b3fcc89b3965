"""The served application, and people at its engine API. One server for all tests of a kind of database.

Every test deploys its processes under keys of its own, so that none sees what another one did.
"""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from handlers import office
from server import auth, engine_rest
from server.app import create_app
from server.db import Database, connect
from server.serving import Server, listen
from server.settings import Settings
from server.tables import metadata
from tests.conftest import PostgreSQL
from tests.contract.client import Client, basic

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery"
PEOPLE = ("clerk", "clerk2", "handler", "handler2", "handler3", "head", "supervisor", "agency", "admin")

_numbers = itertools.count(1)


class House:
    """A running server: its address, its database, and clients that are somebody."""

    def __init__(self, base: str, database: Database) -> None:
        self.base = base
        self.database = database

    def client(self, login: str) -> Client:
        """Return a client that sends the password of this login."""
        return Client(self.base, basic(login, PASSWORD))


@contextmanager
def serving(url: str, second_person: bool = False, **settings: str) -> Iterator[House]:
    """Give a house that is served from a thread, with the demo city's people in it."""
    own = {"port": 0, "worker": False, "threads": 8, "second_person": second_person, **settings}
    chosen = Settings(database_url=url, secret_key="k" * 40, **own)
    database = connect(chosen)
    metadata.create_all(database.engine)
    people(database)
    app = create_app(chosen, database, blueprints=[engine_rest.blueprint])
    bound = listen(chosen)
    server = Server(app, bound, chosen)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield House(f"http://127.0.0.1:{bound.getsockname()[1]}/engine-rest", database)
    server.stop()
    thread.join(30)
    assert not thread.is_alive()
    database.close()


def people(database: Database) -> None:
    """Let the demo city's people in."""
    with database.unit_of_work() as session:
        office.load_roles(session, (ROOT / "bpmn/roles.csv").read_text("utf-8"))
        office.load_units(session, (ROOT / "server/demo/units.csv").read_text("utf-8"))
        office.load_people(session, (ROOT / "server/demo/people.csv").read_text("utf-8"))
        office.load_memberships(session, (ROOT / "server/demo/memberships.csv").read_text("utf-8"))
        first = auth.create(session, PEOPLE[0], PASSWORD, trusted=True)
        # One password for all, hashed once: that takes a tenth of a second.
        shared = {"password_hash": first.password_hash, "created_at": first.created_at}
        session.add_all(auth.Account(login=login, **shared) for login in PEOPLE[1:])


@pytest.fixture(scope="session")
def sqlite_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Give the house on SQLite, with the engine's gate: small diagrams have no deadlines."""
    with serving(f"sqlite:///{tmp_path_factory.mktemp('house') / 'house.sqlite3'}", gate="engine") as house:
        yield house


@pytest.fixture(scope="session")
def postgresql_house(postgresql: PostgreSQL) -> Iterator[House]:
    """Give the house on PostgreSQL, with the engine's gate."""
    name = postgresql.create()
    with serving(postgresql.url(name), gate="engine") as house:
        yield house
    postgresql.drop(name)


@pytest.fixture(scope="session")
def office_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Give a house with the office's gate, which asks for deadlines, forms and known groups."""
    with serving(f"sqlite:///{tmp_path_factory.mktemp('office') / 'house.sqlite3'}", gate="office") as house:
        yield house


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest) -> House:
    """Return the house; the test runs once on each kind of database."""
    found: House = request.getfixturevalue(f"{request.param}_house")
    return found


@pytest.fixture
def key() -> Callable[[str], str]:
    """Return a function that gives a process key nobody else uses."""
    return lambda name: f"{name}_{next(_numbers)}"


@pytest.fixture
def supervisor(house: House) -> Client:
    """Return the one who owns the processes."""
    return house.client("supervisor")


@pytest.fixture
def clerk(house: House) -> Client:
    """Return a clerk."""
    return house.client("clerk")


@pytest.fixture
def handler(house: House) -> Client:
    """Return a handler."""
    return house.client("handler")
