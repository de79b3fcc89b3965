"""The office's API as it is served: the demo city's office behind, programs of its people before."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.city import TRANSFER
from tests.conftest import PostgreSQL
from tests.contract.client import Client, basic
from tests.security.conftest import House, serving, settle

Programs = Callable[[str], Client]


@pytest.fixture(scope="session")
def office(postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Give the served office; on PostgreSQL, where requests really meet."""
    name = postgresql.create()
    with serving(settle(tmp_path_factory.mktemp("office"), postgresql.url(name))) as house:
        yield house
    postgresql.drop(name)


@pytest.fixture
def program(office: House) -> Programs:
    """Return a function that gives somebody's program."""
    return lambda login: program_of(office, login)


@pytest.fixture
def inside(office: House) -> FlaskClient:
    """Return a client of the same application without the network, for many requests."""
    return office.city.app.test_client()


def program_of(office: House, login: str) -> Client:
    """Return somebody's program, which sends the password with each request."""
    return Client(f"{office.base}/api/v1", basic(login, login))


def transfer(agency: Client, *, key: str | None = None, **other: Any) -> dict[str, Any]:
    """Return the answer to a new transfer."""
    headers = {"Idempotency-Key": key} if key else {}
    made: dict[str, Any] = agency.call("POST", "/transfers", 201, json=TRANSFER | other, headers=headers)
    return made
