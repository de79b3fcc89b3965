"""A copy laid into an empty database: read through and believed first, written in one transaction, then verified."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import orjson
from alembic import command
from sqlalchemy import Connection, Table, func, inspect, select, text
from sqlalchemy.orm import Session

from server.backup import container, making, tables
from server.backup.container import Cover, broken
from server.backup.making import Tell
from server.db import Database, alembic_config
from workflows import audit
from workflows.audit import Head
from workflows.errors import InvalidInput

#: A file of 20 MB in base64, with room.
LONGEST_LINE = 1024 * 1024 * 1024


def restore(
    database: Database,
    path: Path,
    *,
    passphrase: str = "",
    broken_chain: bool = False,
    tell: Tell = lambda table, rows: None,
) -> Cover:
    """Return the cover of the copy that the empty database holds now: every sum and the chain are verified.

    Nothing is migrated: a copy of another revision is refused. `broken_chain` takes in a database whose audit had
    been tampered with before it was copied. Raises InvalidInput, and then nothing was written.
    """
    cover = container.cover(path)
    if cover.revision != making.revision():
        raise InvalidInput(
            f"The copy was made by Duban {cover.program} with tables of revision {cover.revision}, this one has "
            f"{making.revision()}: restore it with that version; this one brings it up to date when it starts."
        )
    _empty(database)
    check(path, passphrase)
    with database.alone(), database.engine.begin() as connection:
        _lay(connection)
        with container.read(path, passphrase) as file:
            _fill(connection, file, cover, tell)
        if database.postgresql:
            _count_on(connection)
        if not broken_chain:
            _verify_chain(connection, cover)
    return cover


def check(path: Path, passphrase: str = "") -> int:
    """Return how many rows a copy holds, every sum of which is right; InvalidInput where one is not."""
    cover = container.cover(path)
    try:
        with container.read(path, passphrase) as file:
            for table in tables.copied():
                for _row in tables.rows(table, _Part(file, table)):
                    pass
            return _end(file, cover)
    except (ValueError, TypeError) as error:
        raise broken("it holds a row that no program wrote") from error


class _Part:
    """The lines of one table, whose sum is compared when they end."""

    def __init__(self, file: IO[bytes], table: Table) -> None:
        self._file, self._table, self.sum = file, table, tables.Sum()

    def __iter__(self) -> Iterator[bytes]:
        if _said(self._file.readline(LONGEST_LINE)).get("table") != self._table.name:
            raise broken(f"the table {self._table.name} is not where it should be")
        while (line := self._file.readline(LONGEST_LINE)).startswith(b"["):
            self.sum.add(line)
            yield line
        said = {"end": self._table.name, "rows": self.sum.rows, "sha256": str(self.sum)}
        if _said(line) != said:
            raise broken(f"the sum of the table {self._table.name} is another one")


def _end(file: IO[bytes], cover: Cover) -> int:
    said = _said(file.readline(LONGEST_LINE))
    if said.get("cover") != cover.line.decode() or file.read(1):
        raise broken("its first line or its end has been changed")
    return int(said["rows"])


def _said(line: bytes) -> Mapping[str, Any]:
    try:
        said = orjson.loads(line)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise broken("it is damaged or has been cut off")
    return said


def _empty(database: Database) -> None:
    with database.engine.connect() as connection:
        if inspect(connection).get_table_names():
            raise InvalidInput("The database is not empty: a copy is restored into one without any table.")


def _lay(connection: Connection) -> None:
    command.upgrade(alembic_config(connection), "head")
    for table in tables.copied():
        # A revision that lays rows would mix them with those of the copy.
        assert connection.scalar(select(func.count()).select_from(table)) == 0, table.name


def _fill(connection: Connection, file: IO[bytes], cover: Cover, tell: Tell) -> None:
    total = 0
    for table in tables.copied():
        part = _Part(file, table)
        _fill_table(connection, table, tables.rows(table, part))
        written = tables.Sum()
        for line in tables.lines(connection, table):
            written.add(line)
        if (written.rows, str(written)) != (part.sum.rows, str(part.sum)):
            raise InvalidInput(f"What the database holds of {table.name} is not what the copy says.")
        total += written.rows
        tell(table.name, total)
    _end(file, cover)


def _fill_table(connection: Connection, table: Table, rows: Iterator[tables.Row]) -> None:
    references, pointing = tables.own_references(table), list[tables.Row]()
    key = next(iter(table.primary_key)).name
    while portion := list(itertools.islice(rows, tables.portion_of(table))):
        for row in portion:
            named = {name: row[name] for name in references if row[name] is not None}
            if named:
                # The row that it points at may come later.
                pointing.append({key: row[key], **named})
                row.update(dict.fromkeys(named))
        tables.insert(connection, table, portion)
    tables.point(connection, table, pointing)


def _count_on(connection: Connection) -> None:
    """Let PostgreSQL give the next numbers after the highest that there are."""
    for table in tables.copied():
        key = table.autoincrement_column
        if key is None:
            continue
        named = {"table": table.name, "column": key.name}
        series = connection.scalar(text("select pg_get_serial_sequence(:table, :column)"), named)
        highest = connection.scalar(select(func.max(key)))
        if series and highest is not None:
            connection.execute(select(func.setval(series, highest)))


def _verify_chain(connection: Connection, cover: Cover) -> None:
    position, _, digest = cover.audit_head.partition(":")
    with Session(connection) as session:
        noted = Head(int(position), digest)
        found = audit.check(audit.links(session), noted=noted, as_of=cover.made_at)
    if found.broken:
        raise InvalidInput(
            f"The chain of the audit breaks at position {found.broken.position} ({found.broken.fault}): the database "
            "that was copied had been tampered with. Nothing was written; --broken-chain takes it in all the same."
        )
