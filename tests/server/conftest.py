"""The application on an empty, migrated database."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from server import auth
from server.app import create_app
from server.db import Database, connect, migrate
from server.settings import Settings
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


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """Give the migrated database."""
    found = connect(settings)
    migrate(found)
    yield found
    found.close()


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
