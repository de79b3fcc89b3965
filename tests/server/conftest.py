"""The application on an empty, migrated database."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server import auth
from server.app import create_app
from server.db import Database, connect, migrate
from server.settings import Settings

PASSWORD = "correct horse battery"


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
    """Return the application."""
    return create_app(settings, database)


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
