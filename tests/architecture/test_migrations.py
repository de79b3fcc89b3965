"""The migrations make exactly the tables that the program declares, on both kinds of database."""

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from server.db import MIGRATIONS, connect, migrate
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
