"""The application on an empty, migrated database."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import make_url

from server import auth
from server.app import create_app
from server.auth import passwords
from server.db import Database, connect, migrate
from server.settings import Settings
from tests import city as cities
from tests.city import City
from tests.conftest import PostgreSQL
from tests.server import house

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True, scope="session")
def plain_log() -> None:
    """Let log lines go to standard output, as in production without local variables."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    )


@pytest.fixture
def settings(sqlite_url: str) -> Settings:
    """Return production settings over an SQLite file."""
    return Settings(database_url=sqlite_url, secret_key="k" * 40)


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let passwords be checked by the real argon2 with little work: hundreds are checked here."""
    monkeypatch.setattr(passwords, "_hasher", passwords._open_hasher)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an SQLite file with all tables and nothing in them, made once and copied for each test."""
    path = tmp_path_factory.mktemp("migrated") / "empty.sqlite3"
    with closing(connect(Settings(database_url=f"sqlite:///{path}"))) as made:
        migrate(made)
    return path


@pytest.fixture
def migrated_sqlite_url(sqlite_url: str, migrated_file: Path) -> str:
    """Return the URL of an SQLite database of the test's own, with all tables and nothing in them."""
    shutil.copyfile(migrated_file, str(make_url(sqlite_url).database))
    return sqlite_url


@pytest.fixture(scope="session")
def migrated_template(postgresql: PostgreSQL) -> str:
    """Return the name of a PostgreSQL database with all tables and nothing in them, for copies."""
    name = postgresql.create()
    with closing(connect(Settings(database_url=postgresql.url(name)))) as made:
        migrate(made)
    return name


@pytest.fixture
def migrated_postgresql_url(postgresql: PostgreSQL, migrated_template: str) -> Iterator[str]:
    """Give the URL of a PostgreSQL database of the test's own, with all tables and nothing in them."""
    name = postgresql.create(migrated_template)
    yield postgresql.url(name)
    postgresql.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a database with all tables and nothing in them; the test runs once on each kind."""
    url: str = request.getfixturevalue(f"migrated_{request.param}_url")
    return url


@pytest.fixture
def database(settings: Settings, migrated_file: Path) -> Iterator[Database]:
    """Give the migrated database."""
    with closing(connect(settings)) as found:
        shutil.copyfile(migrated_file, str(found.engine.url.database))
        yield found


@pytest.fixture
def app(settings: Settings, database: Database) -> Flask:
    """Return the application with the rooms of `house` for pages and engine API."""
    return create_app(settings, database, blueprints=house.blueprints())


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a visitor who is not signed in."""
    return app.test_client()


@pytest.fixture
def account(database: Database) -> Callable[..., str]:
    """Return a function that makes an account, and returns its login."""

    def make(login: str, **more: Any) -> str:
        with database.unit_of_work() as session:
            auth.create(session, login, PASSWORD, **more)
        return login

    return make


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Give the real application over the demo's office, for tests of the pages."""
    found = cities.found(tmp_path_factory.mktemp("city"))
    yield found
    found.database.close()
