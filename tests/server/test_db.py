"""Units of work: committed as a whole or not at all; readers in nobody's way; one server per SQLite file."""

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from server.db import Database, connect, migrate, migrated
from server.settings import Settings
from workflows import clock
from workflows.errors import Conflict, EngineFault
from workflows.model import AuditEvent


@pytest.fixture
def both(migrated_url: str) -> Iterator[Database]:
    """Give a migrated database of each kind."""
    database = connect(Settings(database_url=migrated_url))
    yield database
    database.close()


def note(act: str) -> AuditEvent:
    return AuditEvent(at=clock.now(), actor="a", act=act)


def acts(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(AuditEvent.act).order_by(AuditEvent.id)))


def test_leaving_the_block_commits(both: Database) -> None:
    with both.unit_of_work() as session:
        session.add(note("kept"))
    assert acts(both) == ["kept"]


def test_an_exception_undoes_everything(both: Database) -> None:
    def write_and_fail() -> None:
        with both.unit_of_work() as session:
            session.add(note("lost"))
            session.flush()
            raise Conflict("no")

    with pytest.raises(Conflict):
        write_and_fail()
    assert acts(both) == []


def test_rows_can_be_read_after_the_block(both: Database) -> None:
    with both.unit_of_work() as session:
        row = note("kept")
        session.add(row)
    assert row.act == "kept"


def test_readers_cannot_write(both: Database) -> None:
    with both.reading() as session:
        session.add(note("smuggled"))
        with pytest.raises(DBAPIError):
            session.flush()
    with both.unit_of_work() as session:
        session.add(note("proper"))
    assert acts(both) == ["proper"]


def test_readers_neither_wait_for_a_writer_nor_see_its_draft(both: Database) -> None:
    with both.unit_of_work() as session:
        session.add(note("draft"))
        session.flush()
        assert acts(both) == []
    assert acts(both) == ["draft"]


def test_writers_take_turns_on_sqlite(sqlite_url: str) -> None:
    """Each reads, then writes what it read plus one: without the early lock some would fail or be lost."""
    database = connect(Settings(database_url=sqlite_url))
    with database.unit_of_work() as session:
        session.execute(text("create table counter (n integer)"))
        session.execute(text("insert into counter values (0)"))
    failures: list[Exception] = []

    def count() -> None:
        try:
            for _ in range(10):
                with database.unit_of_work() as session:
                    n = session.scalar(text("select n from counter"))
                    session.execute(text("update counter set n = :n"), {"n": n + 1})
        except OperationalError as error:
            failures.append(error)

    threads = [threading.Thread(target=count) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.scalar(text("select n from counter")) == 60
    assert failures == []
    database.close()


def test_sqlite_is_durable_and_checks_foreign_keys(sqlite_url: str) -> None:
    database = connect(Settings(database_url=sqlite_url))
    with database.reading() as session:
        assert session.scalar(text("pragma journal_mode")) == "wal"
        assert session.scalar(text("pragma foreign_keys")) == 1
        assert session.scalar(text("pragma synchronous")) == 2
    database.close()


def test_a_second_server_on_the_same_file_is_refused(sqlite_url: str) -> None:
    first, second = (connect(Settings(database_url=sqlite_url)) for _ in range(2))
    first.claim()
    first.claim()
    with pytest.raises(Conflict, match="PostgreSQL"):
        second.claim()
    first.close()
    second.claim()
    second.close()


def test_several_servers_may_share_postgresql(postgresql_url: str) -> None:
    databases = [connect(Settings(database_url=postgresql_url)) for _ in range(3)]
    for database in databases:
        database.claim()
    threads = [threading.Thread(target=migrate, args=[database]) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(migrated(database) for database in databases)
    for database in databases:
        database.close()


def test_nobody_waits_for_ever_on_postgresql(postgresql_url: str) -> None:
    database = connect(Settings(database_url=postgresql_url))
    with database.unit_of_work() as session:
        assert session.scalar(text("show lock_timeout")) == "30s"
        assert session.scalar(text("show idle_in_transaction_session_timeout")) == "2min"
    with database.reading() as session:
        assert session.scalar(text("show transaction_read_only")) == "on"
    database.close()


def test_servers_boot_one_after_the_other(postgresql_url: str) -> None:
    first, second = (connect(Settings(database_url=postgresql_url)) for _ in range(2))
    order: list[str] = []
    entered, leave = threading.Event(), threading.Event()

    def boot() -> None:
        with first.alone():
            entered.set()
            leave.wait(10)
            order.append("first")

    def follow() -> None:
        with second.alone():
            order.append("second")

    threads = [threading.Thread(target=boot), threading.Thread(target=follow)]
    threads[0].start()
    assert entered.wait(10)
    threads[1].start()
    leave.set()
    for thread in threads:
        thread.join()
    assert order == ["first", "second"]
    first.close()
    second.close()


def test_an_old_database_is_known_as_such(database_url: str) -> None:
    database = connect(Settings(database_url=database_url))
    assert not migrated(database)
    migrate(database)
    assert migrated(database)
    migrate(database)
    database.close()


def test_errors_do_not_tell_what_was_written(both: Database) -> None:
    with pytest.raises(DBAPIError) as caught, both.unit_of_work() as session:
        session.execute(text("insert into nowhere values (:name)"), {"name": "张三"})
    assert "张三" not in str(caught.value)


def test_what_a_fault_leaves_behind_is_written_after_the_rollback(both: Database) -> None:
    def write_and_fail() -> None:
        with both.unit_of_work() as session:
            session.add(note("lost"))
            session.flush()
            fault = EngineFault("no")
            fault.afterwards += [lambda s: s.add(note("kept")), refuse, lambda s: s.add(note("kept too"))]
            raise fault

    def refuse(session: Session) -> None:
        session.add(note("half"))
        session.flush()
        raise Conflict("not any more")

    with pytest.raises(EngineFault):
        write_and_fail()
    assert acts(both) == ["kept", "kept too"]
