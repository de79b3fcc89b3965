"""A copy of the database while clerks go on working: all of it as it was at one instant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import orjson
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from server.backup import container, tables
from server.backup.container import Cover
from server.db import MIGRATIONS, Database
from server.sealer import Sealer
from workflows import audit, clock
from workflows.audit.chain import instant
from workflows.errors import InvalidInput

#: Told after each table: its name, and how many rows there are so far.
Tell = Callable[[str, int], object]


@dataclass(frozen=True)
class Made:
    """What a copy holds."""

    cover: Cover
    rows: int
    tables: int
    bytes: int


def make(
    database: Database, path: Path, *, passphrase: str = "", tell: Tell = lambda table, rows: None
) -> Made:
    """Return what was written to the new file `path`; rows that are written meanwhile are not in it.

    Raises InvalidInput where the file is there already, or the tables are not those of this version.
    """
    if path.exists():
        raise InvalidInput(f"{path} is there already: name another file.")
    # What is committed and not sealed yet would be sealed long after its time once it is brought back.
    Sealer(database).run()
    with snapshot(database) as connection:
        cover = _cover(connection, passphrase)
        with container.written(path, cover, passphrase) as file:
            count = total = 0
            for table in tables.copied():
                found = tables.Sum()
                file.write(orjson.dumps({"table": table.name}, option=orjson.OPT_APPEND_NEWLINE))
                for line in tables.lines(connection, table):
                    found.add(line)
                    file.write(line)
                said = {"end": table.name, "rows": found.rows, "sha256": str(found)}
                file.write(orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE))
                count, total = count + 1, total + found.rows
                tell(table.name, total)
            file.write(last_line(cover, count, total))
    return Made(cover, total, count, path.stat().st_size)


def last_line(cover: Cover, count: int, total: int) -> bytes:
    """Return what ends a copy: nothing follows, and its first line was this one."""
    said = {"tables": count, "rows": total, "cover": cover.line.decode()}
    return orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE)


def revision() -> str:
    """Return the revision of the tables that this version of the program expects."""
    return str(ScriptDirectory(str(MIGRATIONS)).get_current_head())


@contextmanager
def snapshot(database: Database) -> Iterator[Connection]:
    """Give a connection to which the database stands still; it writes nothing and holds nobody up."""
    kept = database.engine.execution_options(duban_writing=False)
    if database.postgresql:
        kept = kept.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with kept.connect() as connection, connection.begin():
        yield connection


def _cover(connection: Connection, passphrase: str) -> Cover:
    present = MigrationContext.configure(connection).get_current_revision()
    if present != revision():
        raise InvalidInput(
            f"The tables are of revision {present}, this Duban's of {revision()}: start the server once, which "
            "brings them up to date, or make the copy with the version that wrote them."
        )
    with Session(connection) as session:
        head = audit.head(session)
    return Cover(
        program=version("duban"),
        revision=present,
        made_at=instant(clock.now()),
        database=connection.dialect.name,
        audit_head=str(head),
        salt=container.salt() if passphrase else "",
    )
