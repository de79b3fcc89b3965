"""The migrations make exactly the tables that the program declares, on both kinds of database."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Column, Connection, MetaData, inspect, text

from server.db import MIGRATIONS, alembic_config, connect, migrate
from server.settings import Settings
from server.tables import metadata


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """Give a connection to a migrated database of each kind."""
    database = connect(Settings(database_url=database_url))
    migrate(database)
    with database.engine.connect() as found:
        yield found
    database.close()


def test_the_schema_equals_the_migrations(connection: Connection) -> None:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    assert compare_metadata(context, metadata) == []


def test_names_and_constraints_are_there_too(connection: Connection) -> None:
    """What the comparison leaves out: primary keys, and which columns may be empty."""
    found = inspect(connection)
    for table in metadata.sorted_tables:
        assert set(found.get_pk_constraint(table.name)["constrained_columns"]) == {
            column.name for column in table.primary_key
        }, table.name
        columns = {column["name"]: column for column in found.get_columns(table.name)}
        for column in table.columns:
            assert columns[column.name]["nullable"] == column.nullable, column


def test_the_history_is_one_line() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1


def test_migrations_do_not_lean_on_present_code() -> None:
    """A revision that asks today's tables would change whenever they do."""
    for file in (MIGRATIONS / "versions").glob("*.py"):
        assert "from server" not in file.read_text(), file.name
        assert "from workflows" not in file.read_text(), file.name
        assert "create_all" not in file.read_text(), file.name


def test_an_upgrade_keeps_every_row(database_url: str) -> None:
    """A table that others point at is altered while they do."""
    target = connect(Settings(database_url=database_url, secret_key="k" * 40))
    with target.engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0060")
    tables = MetaData()
    tables.reflect(target.engine)
    quiet = "set session_replication_role = replica" if target.postgresql else "pragma foreign_keys = off"
    with target.engine.connect() as connection:
        connection.connection.driver_connection.execute(quiet)
        for table in tables.tables.values():
            if table.name != "alembic_version":
                connection.execute(table.insert().values({c.name: _some(c) for c in table.columns}))
        connection.commit()
        connection.invalidate()
    migrate(target)
    with target.engine.connect() as connection:
        for name in tables.tables:
            assert connection.scalar(text(f"select count(*) from {name}")) == 1, name
        if not target.postgresql:
            assert connection.scalar(text("pragma foreign_keys")) == 1
    target.close()


def _some(column: Column[Any]) -> Any:
    """Return a value for a column, the same for every column of a type: so each row points at one that is there."""
    kind = column.type
    if isinstance(kind, JSON):
        return []
    values: dict[type, Any] = {bool: False, int: 1, float: 1.0, str: "1", bytes: b"1"}
    values |= {Decimal: Decimal(1), date: date(2026, 1, 1), datetime: datetime(2026, 1, 1, tzinfo=UTC)}
    return values[kind.python_type]
