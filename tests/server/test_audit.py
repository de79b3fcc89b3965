"""The audit on real databases: sealed whatever the order of commits, by one sealer at a time, and refused to hands."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import DBAPIError

from server import boot
from server.cli import main
from server.db import Database, connect, migrate
from server.sealer import Sealer
from server.settings import Settings
from workflows import audit
from workflows.model import AuditEvent, AuditSeal


@pytest.fixture
def both(migrated_url: str) -> Iterator[Database]:
    """Give a migrated database of each kind."""
    with closing(connect(Settings(database_url=migrated_url))) as found:
        yield found


def note(database: Database, *acts: str) -> None:
    with database.unit_of_work() as session:
        for act in acts:
            audit.record(session, actor="handler", act=act, scope_id="clue:1", detail={"number": 1})


def sealed(database: Database) -> list[str]:
    with database.reading() as session:
        rows = select(AuditEvent.act).join(AuditSeal, AuditSeal.event_id == AuditEvent.id)
        return list(session.scalars(rows.order_by(AuditSeal.position)))


def holds(database: Database) -> bool:
    with database.reading() as session:
        return audit.check(audit.links(session), noted=audit.head(session)).broken is None


def test_the_database_refuses_to_change_what_is_written(both: Database) -> None:
    note(both, "one")
    assert Sealer(both).run() == 1
    acts = ["update {} set {} = 7", "delete from {}"] + (["truncate {}"] if both.postgresql else [])
    for act in acts:
        for table, column in (("audit_event", "actor"), ("audit_seal", "hash")):
            with pytest.raises(DBAPIError, match=f"{table} is append-only"), both.unit_of_work() as session:
                session.execute(text(act.format(table, column)))
    assert sealed(both) == ["one"]


def test_a_row_committed_late_is_sealed_late(migrated_postgresql_url: str) -> None:
    with closing(connect(Settings(database_url=migrated_postgresql_url))) as database:
        with database.unit_of_work() as slow:
            audit.record(slow, actor="handler", act="slow")
            note(database, "quick", "quick")
            assert Sealer(database).run() == 2
        assert not holds_all(database)
        assert Sealer(database).run() == 1
        assert sealed(database) == ["quick", "quick", "slow"]
        assert holds(database)
        assert holds_all(database)


def holds_all(database: Database) -> bool:
    with database.reading() as session:
        return not audit.behind(session)


def test_many_sealers_and_writers_make_one_chain(both: Database) -> None:
    def work(number: int) -> None:
        sealer = Sealer(both)
        for turn in range(6):
            note(both, f"{number}.{turn}", f"{number}.{turn}b")
            sealer.run()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    Sealer(both).run()
    assert len(sealed(both)) == 48
    assert holds(both)


def test_the_command_names_the_broken_link(
    both: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUBAN_DATABASE_URL", both.engine.url.render_as_string(hide_password=False))
    note(both, "one", "two", "three", "four")
    Sealer(both).run()

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["audit", *words])
        return done.exit_code, done.output

    head = run("head")[1].strip()
    assert head.startswith("4:")
    assert run("verify", "--head", head)[0] == 0
    assert run("verify", "--head", "4:abc")[0] == 2
    file = tmp_path / "audit.jsonl.gz"
    assert run("export", str(file))[0] == 0
    assert run("export", str(file))[0] == 1
    assert run("verify", str(file), "--head", head)[0] == 0
    assert "cut" in run("verify", str(file), "--head", "9" + head[1:])[1]
    with both.engine.begin() as connection:
        # As somebody would who owns the tables.
        switch = (
            "alter table audit_event disable trigger all"
            if both.postgresql
            else "drop trigger audit_event_no_update"
        )
        connection.execute(text(switch))
        connection.execute(text("update audit_event set actor = 'other' where id = 3"))
    code, said = run("verify")
    assert (code, "position 3, row 3: changed" in said) == (1, True), said
    assert run("verify", str(file))[0] == 0
    with both.reading() as session:
        found = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
    assert (found.act, found.origin, found.detail and found.detail["fault"]) == (
        "audit.verify",
        "cli",
        "changed",
    )


def test_the_role_that_serves_can_only_add(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUBAN_DATABASE_URL", postgresql_url)
    settings = Settings(database_url=postgresql_url)
    role = f"serving_{make_url(postgresql_url).database}"
    with closing(connect(settings)) as owner:
        migrate(owner)
        boot.lay(owner)
        note(owner, "one")

        def harden(name: str) -> str:
            return CliRunner().invoke(main, ["audit", "harden", name]).output

        assert "There is no role" in harden(role)
        assert "superuser" in harden("postgres")
        with owner.engine.begin() as connection:
            connection.execute(text(f"create role {role} login"))
        assert "neither changes nor removes" in harden(role)
        mine = make_url(postgresql_url).set(username=role).render_as_string()
        with closing(connect(Settings(database_url=mine))) as serving:
            # What a server does when it begins, and all day long.
            migrate(serving)
            boot.lay(serving)
            note(serving, "two")
            assert Sealer(serving).run() >= 2
            for act in (
                "update audit_event set actor = 'x'",
                "delete from audit_seal",
                "truncate audit_event",
                "drop trigger audit_event_append_only on audit_event",
                "alter table audit_event disable trigger all",
                "drop table audit_seal",
                "set session_replication_role = replica",
                "update alembic_version set version_num = '0001'",
                "create table mine (id int)",
            ):
                with (
                    pytest.raises(DBAPIError, match=r"permission denied|must be owner"),
                    serving.unit_of_work() as session,
                ):
                    session.execute(text(act))
        with owner.engine.begin() as connection:
            connection.execute(text(f"drop owned by {role}"))
            connection.execute(text(f"drop role {role}"))
