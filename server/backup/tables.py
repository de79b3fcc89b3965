"""Tables as lines: the same line for the same row on either kind of database, byte for byte.

JSON columns travel as the text that the database holds, since the audit's seals are counted over it. Rows come in the
order of their keys as bytes compare, so that a table has one sum wherever it lies.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Date,
    Enum,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    cast,
    collate,
    select,
    type_coerce,
)
from sqlalchemy.types import NullType

from server.tables import metadata
from workflows.model import UtcDateTime

#: What the next sign-in makes again. Brought back, it would let in whoever has been put out since.
LEFT_OUT = frozenset({"auth_session", "failed_sign_in", "one_time_link", "rate_spent"})
#: Rows fetched at a time; fewer where each may be a file of megabytes.
PORTION, PORTION_OF_FILES = 1000, 5

Row = dict[str, Any]
Codec = tuple[Callable[[Any], Any], Callable[[Any], Any]]


@dataclass
class Sum:
    """How many lines there were, and their SHA-256."""

    rows: int = 0
    _digest: Any = field(default_factory=hashlib.sha256, repr=False)

    def add(self, line: bytes) -> None:
        """Count one more line."""
        self._digest.update(line)
        self.rows += 1

    def __str__(self) -> str:
        return str(self._digest.hexdigest())


def copied() -> list[Table]:
    """Return the tables of a copy, those that others point at first."""
    return [table for table in metadata.sorted_tables if table.name not in LEFT_OUT]


def lines(connection: Connection, table: Table) -> Iterator[bytes]:
    """Give the rows of a table as lines, in the order of its key; little of them is in memory at a time."""
    codecs = [_codec(column)[0] for column in table.columns]
    streamed = {"yield_per": portion_of(table)}
    for row in connection.execute(_query(connection, table), execution_options=streamed):
        values = [None if value is None else out(value) for out, value in zip(codecs, row, strict=True)]
        yield orjson.dumps(values, option=orjson.OPT_APPEND_NEWLINE)


def rows(table: Table, found: Iterable[bytes]) -> Iterator[Row]:
    """Give lines as rows to be inserted; ValueError or TypeError where a line is none of this table."""
    names = [column.name for column in table.columns]
    codecs = [_codec(column)[1] for column in table.columns]
    for line in found:
        values = orjson.loads(line)
        yield {
            name: None if value is None else into(value)
            for name, into, value in zip(names, codecs, values, strict=True)
        }


def insert(connection: Connection, table: Table, portion: Sequence[Row]) -> None:
    """Add rows as they are, past the defaults of the program."""
    connection.execute(_plain(connection, table).insert(), list(portion))


def own_references(table: Table) -> list[str]:
    """Return the columns by which rows of a table point at others of it."""
    return [
        column.name for column in table.columns for key in column.foreign_keys if key.column.table is table
    ]


def point(connection: Connection, table: Table, pairs: Iterable[Mapping[str, Any]]) -> None:
    """Let rows point at others of their table, now that all are there."""
    key = next(iter(table.primary_key))
    for row in pairs:
        named = {name: value for name, value in row.items() if name != key.name}
        connection.execute(table.update().where(key == row[key.name]).values(named))


def portion_of(table: Table) -> int:
    """Return how many rows of a table may be in memory."""
    files = any(isinstance(column.type, LargeBinary) for column in table.columns)
    return PORTION_OF_FILES if files else PORTION


def _query(connection: Connection, table: Table) -> Any:
    shown = [_shown(column) for column in table.columns]
    keys: list[Any] = list(table.primary_key)
    if connection.dialect.name == "postgresql":
        keys = [collate(key, "C") if isinstance(key.type, String) else key for key in keys]
    return select(*shown).order_by(*keys)


def _shown(column: Column[Any]) -> Any:
    if isinstance(column.type, JSON):
        return cast(column, Text).label(column.name)
    return type_coerce(column, String) if isinstance(column.type, Enum) else column


def _plain(connection: Connection, table: Table) -> Table:
    """Return a table without defaults, which takes JSON as text."""
    # PostgreSQL takes a text of no declared type for what the column is.
    text = NullType() if connection.dialect.name == "postgresql" else Text()
    kinds = {JSON: text, Enum: String()}
    return Table(
        table.name,
        MetaData(),
        *(
            Column(
                column.name,
                next((into for kind, into in kinds.items() if isinstance(column.type, kind)), column.type),
                primary_key=column.primary_key,
                autoincrement=False,
            )
            for column in table.columns
        ),
    )


def _codec(column: Column[Any]) -> Codec:
    kinds: tuple[tuple[type[Any], Codec], ...] = (
        (UtcDateTime, (datetime.isoformat, datetime.fromisoformat)),
        (Date, (date.isoformat, date.fromisoformat)),
        (LargeBinary, (lambda value: base64.b64encode(value).decode(), base64.b64decode)),
    )
    for kind, codec in kinds:
        if isinstance(column.type, kind):
            return codec
    if isinstance(column.type, Numeric) and column.type.asdecimal:
        return str, Decimal
    return _same, _same


def _same(value: Any) -> Any:
    return value
