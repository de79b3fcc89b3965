"""Backup and restore on real databases: one instant, either kind, and nothing at all of a copy that is not whole."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from handlers.registers import Clue, MatterEvent
from handlers.vault import keys, reporters
from server.backup import making, rehearse, restore, tables
from server.cli import main
from server.db import Database, connect
from server.sealer import Sealer
from server.settings import Settings
from tests import city as cities
from tests.city import City
from tests.server.test_pages_reporters import WHO, reported
from workflows import audit, clock, persistence
from workflows.errors import InvalidInput
from workflows.model import AuditEvent, Instance, Task

PHRASE = "correct horse battery staple"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Give a city with two matters, the first of which points at the later one, a reporter, and sealed audit rows."""
    folder = tmp_path_factory.mktemp("city")
    made = cities.found(folder)
    keys.add(folder / "keys")
    keys.use(folder / "keys")
    clue_id = reported(made)
    with made.database.unit_of_work() as session:
        reporters.write(session, made.actor("intake"), session.get_one(Clue, clue_id), WHO)
    other = made.transfer(facts="另一件事。")
    made.advance(other, "a9")
    with made.database.unit_of_work() as session:
        session.get_one(Clue, clue_id).duplicate_of = made.clue(other)
    yield made
    made.database.close()
    keys.use(None)


def at(url: str) -> Settings:
    return Settings(database_url=url)


def sums(database: Database) -> dict[str, str]:
    found = {}
    with making.snapshot(database) as connection:
        for table in tables.copied():
            found[table.name] = tables.Sum()
            for line in tables.lines(connection, table):
                found[table.name].add(line)
    return {name: f"{one.rows} {one}" for name, one in found.items()}


def test_a_copy_goes_round_both_databases_and_is_of_one_instant(
    city: City, tmp_path: Path, postgresql_url: str
) -> None:
    """SQLite to PostgreSQL and back, while clerks complete tasks: the sums stay, and rows are as the engine sees them."""
    clue = city.transfer(facts="备份期间办结。")
    task = city.task(clue, "a3")
    Sealer(city.database).run()
    before = sums(city.database)

    def work(table: str, rows: int) -> None:
        # Its instance is read much later than its clue.
        if table == "clue":
            city.complete(task, "clerk", **city.answers(task))

    one, two = tmp_path / "one.backup", tmp_path / "two.backup"
    made = making.make(city.database, one, tell=work)
    assert sums(city.database) != before
    assert one.stat().st_mode & 0o777 == 0o600
    with closing(connect(at(postgresql_url))) as there:
        restore(there, one)
        assert sums(there) == before
        with there.unit_of_work() as session:
            _goes_on(session)
        again = making.make(there, two)
        assert (
            again.rows == made.rows + 3
        )  # what it has gone on with: an audit row, its seal, a line in the record
        seen = rehearse(at(postgresql_url), two)
        assert seen.reporter == "opened"
        assert seen.instances >= 3
        with there.engine.connect() as connection:
            assert inspect(connection).get_schema_names() == ["information_schema", "public"]
        with closing(connect(at(f"sqlite:///{tmp_path}/back.sqlite3"))) as back:
            restore(back, two)
            assert sums(back) == sums(there)
            with pytest.raises(InvalidInput, match="not empty"):
                restore(back, two)
            with back.reading() as session:
                for instance_id in session.scalars(select(Instance.id)):
                    assert persistence.rows_equal_run(session, instance_id) == []
                assert session.get_one(Task, task.id).closed_at is None


def _goes_on(session: Session) -> None:
    """Rows get numbers of their own after those that were brought back, and the audit refuses changes."""
    session.add(MatterEvent(scope_id="clue:1", at=clock.now(), code="clue.related"))
    audit.record(session, actor="test", act="signin")
    session.flush()
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text("delete from audit_event"))


def test_nothing_in_a_copy_points_at_what_is_left_out() -> None:
    pointing = {
        (table.name, key.column.table.name) for table in tables.copied() for key in table.foreign_keys
    }
    assert [pair for pair in pointing if pair[1] in tables.LEFT_OUT] == []


def test_what_is_not_whole_is_refused_before_anything_is_written(city: City, tmp_path: Path) -> None:
    plain, sealed = tmp_path / "plain.backup", tmp_path / "sealed.backup"
    making.make(city.database, plain)
    making.make(city.database, sealed, passphrase=PHRASE)
    assert "钱某某".encode() not in sealed.read_bytes()
    with pytest.raises(InvalidInput, match="there already"):
        making.make(city.database, plain)

    def refused(name: str, content: bytes, match: str, phrase: str = PHRASE) -> None:
        file = tmp_path / name
        file.write_bytes(content)
        with closing(connect(at(f"sqlite:///{tmp_path}/{name}.sqlite3"))) as target:
            with pytest.raises(InvalidInput, match=match):
                restore(target, file, passphrase=phrase)
            with target.engine.connect() as connection:
                assert inspect(connection).get_table_names() == []

    content = plain.read_bytes()
    middle, first = len(content) // 2, content.index(b"\n") + 1
    refused("cut", content[:-200], "cut off")
    refused("half", content[:first], "cut off")
    refused("more", content + b"x", "cut off")
    refused("changed", _flipped(content, middle), "changed|damaged|sum|cut off|no program")
    refused("old", content.replace(b'"revision":"', b'"revision":"x', 1), "restore it with that version")
    refused("later", content.replace(b'"made_at":"2', b'"made_at":"3', 1), "changed")
    refused("none", b"no copy at all", "no copy made by")
    content = sealed.read_bytes()
    refused("sealed", _flipped(content, len(content) // 2), "has been changed")
    refused("phrase", content, "passphrase", "another passphrase")
    refused("without", content, "passphrase", "")
    with closing(connect(at(f"sqlite:///{tmp_path}/whole.sqlite3"))) as target:
        restore(target, sealed, passphrase=PHRASE)
        assert sums(target) == sums(city.database)


def _flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def test_a_tampered_audit_does_not_pass_unseen(city: City, tmp_path: Path) -> None:
    """Whoever changes a row in the database, and copies it, is found when it is brought back."""
    shutil.copyfile(str(city.database.engine.url.database), tmp_path / "changed.sqlite3")
    copy = tmp_path / "changed.backup"
    with closing(connect(at(f"sqlite:///{tmp_path}/changed.sqlite3"))) as changed:
        Sealer(changed).run()
        with changed.engine.begin() as connection:
            connection.execute(text("drop trigger audit_event_no_update"))
            connection.execute(text("update audit_event set actor = 'nobody' where id = 2"))
        making.make(changed, copy)
    with closing(connect(at(f"sqlite:///{tmp_path}/there.sqlite3"))) as there:
        with pytest.raises(InvalidInput, match="position 2"):
            restore(there, copy)
        restore(there, copy, broken_chain=True)


def test_the_commands_say_what_they_did(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    phrase = tmp_path / "phrase"
    phrase.write_text(PHRASE)

    def run(url: str, *words: object) -> Result:
        monkeypatch.setenv("DUBAN_DATABASE_URL", url)
        return CliRunner().invoke(main, [str(word) for word in words])

    source = city.database.engine.url.render_as_string()
    assert run(source, "backup").exit_code == 2
    monkeypatch.setenv("DUBAN_MASTER_KEY_FILE", str(keys._source.file))
    done = run(source, "backup", tmp_path, "--passphrase-file", phrase, "--rehearse")
    assert done.exit_code == 0, done.output
    for words in ("encrypted", "Rehearsed", "opens with the present master key", "DUBAN_MASTER_KEY_FILE"):
        assert words in done.output
    (file,) = tmp_path.glob("duban-*.backup")
    target = f"sqlite:///{tmp_path}/target.sqlite3"
    assert "encrypted" in run(target, "restore", file).output
    done = run(target, "restore", file, "--passphrase-file", phrase)
    assert done.exit_code == 0, done.output
    assert "Every sum is right" in done.output
    assert "not empty" in run(target, "restore", file).output
    assert "chain holds" in run(target, "audit", "verify").output
    with closing(connect(at(target))) as there, there.reading() as session:
        last = session.scalars(select(AuditEvent.act).order_by(AuditEvent.id)).all()
    assert last[-2:] == ["database.restore", "audit.verify"]
