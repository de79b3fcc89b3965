"""The database, and the units of work that the edge opens: it alone commits.

A view or worker writes `with unit_of_work() as session:` and reads `with reading() as session:`.
"""

from __future__ import annotations

import fcntl
import os
import select
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InvalidatePoolError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from server.settings import Settings
from workflows.errors import Conflict, DubanError, EngineFault

MIGRATIONS = Path(__file__).parent / "migrations"
#: How long a writer waits for another one before it gives up.
BUSY_SECONDS = 30
#: How long a transaction on PostgreSQL may do nothing.
IDLE_SECONDS = 120
#: Any number that no other program on the same PostgreSQL uses for its advisory locks.
BOOT_LOCK = 0x64_75_62_61_6E


log = structlog.get_logger()


class Database:
    """One database and its connections, shared by all threads of a process."""

    def __init__(self, engine: Engine, reader: Engine | None = None) -> None:
        self.engine = engine
        self._reader = reader or engine.execution_options(duban_writing=False)
        self._claim: int | None = None
        self._turn = threading.RLock()

    @property
    def postgresql(self) -> bool:
        """Whether this is PostgreSQL, which several servers may share."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def unit_of_work(self) -> Iterator[Session]:
        """Give a session that is committed on leaving the block, and rolled back by any exception.

        What a fault of the engine leaves behind is then written, each in a transaction of its own.
        """
        try:
            with self._transaction() as session:
                yield session
        except EngineFault as fault:
            while fault.afterwards:
                self._write_afterwards(fault.afterwards.pop(0))
            raise

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        with self._in_turn(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Let the writers of this process queue where there is one at a time.

        SQLite would let them knock with ever longer pauses, and some stay outside for seconds.
        """
        taken = not self.postgresql and self._turn.acquire(timeout=BUSY_SECONDS)
        try:
            yield
        finally:
            if taken:
                self._turn.release()

    def _write_afterwards(self, write: Callable[[Session], None]) -> None:
        try:
            with self._transaction() as session:
                write(session)
        except (DubanError, SQLAlchemyError):
            log.exception("what a fault leaves behind could not be written")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that cannot write: it neither takes nor awaits the write lock of SQLite."""
        with Session(self._reader, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold off every other server on this database that wants the same: for migrations and boot."""
        if not self.postgresql:
            yield
            return
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # Its end gives back the lock, and the endless patience that nobody else shall have.
            connection.detach()
            connection.execute(text("set lock_timeout = 0"))
            connection.execute(text("select pg_advisory_lock(:key)"), {"key": BOOT_LOCK})
            yield

    def claim(self) -> None:
        """Take the SQLite file for this process until it ends; Conflict when another server has it."""
        if self.postgresql or self._claim is not None:
            return
        path = f"{self.engine.url.database}.lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise Conflict(
                f"Another Duban server is using {self.engine.url.database}, and SQLite serves one process "
                "only. Stop that one, or use PostgreSQL: DUBAN_DATABASE_URL=postgresql://user:password@host/database"
            ) from None
        self._claim = descriptor

    def close(self) -> None:
        """Give back every connection, and the claim."""
        self.engine.dispose()
        self._reader.dispose()
        if self._claim is not None:
            os.close(self._claim)
            self._claim = None


def connect(settings: Settings) -> Database:
    """Return the database of these settings; an SQLite file and its folder are made when missing."""
    url = make_url(settings.database_url)
    options: dict[str, Any] = {
        # Names and narratives must not reach a log by way of an error message.
        "hide_parameters": True,
        "pool_size": settings.threads + 4,
        "max_overflow": 8,
    }
    if url.get_backend_name() == "postgresql":
        reader = _postgresql(url, isolation_level="AUTOCOMMIT", **options)
        event.listen(reader, "connect", _open_reader)
        return Database(_postgresql(url, **options), reader)
    assert url.database  # settings refuse a database in memory
    Path(url.database).absolute().parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, **options)
    event.listen(engine, "connect", _open_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return Database(engine)


def in_memory(image: bytes = b"") -> Database:
    """Return a database of its own that nothing else knows of, with what `image` has kept of one; for one thread."""
    kept = sqlite3.connect(":memory:", check_same_thread=False)
    if image:
        kept.deserialize(image)
    engine = create_engine("sqlite://", creator=lambda: kept, poolclass=StaticPool, hide_parameters=True)
    event.listen(engine, "connect", _open_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return Database(engine)


def image_of(database: Database) -> bytes:
    """Return what is in a database `in_memory`, for another time."""
    with closing(database.engine.raw_connection()) as connection:
        return bytes(connection.driver_connection.serialize())  # type: ignore[union-attr]


def _postgresql(url: URL, **options: Any) -> Engine:
    engine = create_engine(url, connect_args={"application_name": "duban"}, **options)
    event.listen(engine, "connect", _open_postgresql)
    event.listen(engine, "checkout", _still_there)
    return engine


def _still_there(connection: Any, record: Any, proxy: Any) -> None:
    """Let a connection that the server has closed be replaced before it is used.

    Its farewell lies in the socket: asking the server, as SQLAlchemy would, costs a round trip each time.
    """
    if connection.closed or select.select([connection.fileno()], [], [], 0)[0]:
        raise InvalidatePoolError


def _open_postgresql(connection: Any, record: Any) -> None:
    connection.autocommit = True
    # Nobody waits for ever, neither for a row nor for a client that fell silent in mid-transaction.
    connection.execute(f"set lock_timeout = '{BUSY_SECONDS}s'")
    connection.execute(f"set idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
    connection.autocommit = False


def _open_reader(connection: Any, record: Any) -> None:
    # Each statement sees what is committed, with a transaction around several of them or without: so without.
    connection.autocommit = True
    connection.execute("set default_transaction_read_only = on")


def _open_sqlite(connection: Any, record: Any) -> None:
    # The driver would begin transactions late and by itself: `_begin_sqlite` does it instead.
    connection.isolation_level = None
    for pragma in ("journal_mode = wal", "foreign_keys = on", "synchronous = full"):
        connection.execute(f"pragma {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("duban_writing", True)
    connection.exec_driver_sql(f"pragma query_only = {'off' if writing else 'on'}")
    # Immediately: a reader that turns writer half-way cannot wait for its turn, it fails.
    connection.exec_driver_sql("begin immediate" if writing else "begin")


def database() -> Database:
    """Return the database of the present Flask application."""
    found: Database = current_app.extensions["duban.database"]
    return found


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """Give a writing session of the present application: committed on leaving, rolled back on error."""
    with database().unit_of_work() as session:
        yield session


@contextmanager
def reading() -> Iterator[Session]:
    """Give a session of the present application that cannot write."""
    with database().reading() as session:
        yield session


def migrate(target: Database) -> None:
    """Bring the tables up to date; several servers may do so at once."""
    with target.alone(), target.engine.connect() as connection, _foreign_keys_at_the_end(connection):
        command.upgrade(alembic_config(connection), "head")


@contextmanager
def _foreign_keys_at_the_end(connection: Connection) -> Iterator[None]:
    """Give a transaction in which SQLite asks at its end alone whether what rows point at is there.

    It alters a table by copying it: the rows of others would point at nothing meanwhile, and it would refuse. What it is
    told of that, it heeds between transactions only.
    """
    if connection.dialect.name != "sqlite":
        with connection.begin():
            yield
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute("pragma foreign_keys = off")
    try:
        with connection.begin():
            yield
            if lost := connection.exec_driver_sql("pragma foreign_key_check").first():
                raise EngineFault(f"A row of {lost[0]} points at a row of {lost[2]} that is not there.")
    finally:
        driver.execute("pragma foreign_keys = on")


def migrated(target: Database) -> bool:
    """Return whether the tables are those that this version of the program expects."""
    with target.engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_heads()
    return set(present) == set(ScriptDirectory(str(MIGRATIONS)).get_heads())


def alembic_config(connection: Connection) -> Config:
    """Return how Alembic runs our revisions on this connection."""
    config = Config()
    # Alembic reads the path through configparser, to which a percent sign means something.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
