"""The rules that the program decides by: a change of their files is kept in the audit."""

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from server import boot, folders, rulebook
from server.db import Database
from workflows.model import AuditEvent


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a folder with the files of rules."""
    for name in rulebook.FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((folders.BPMN / name).read_bytes())
    return tmp_path


def kept(session: Session) -> list[tuple[str | None, bool]]:
    session.flush()
    rows = session.scalars(select(AuditEvent).where(AuditEvent.act == rulebook.ACT).order_by(AuditEvent.id))
    return [(row.object_id, bool((row.detail or {})["was"])) for row in rows]


def test_a_changed_file_of_rules_is_told_once(database: Database, copy: Path) -> None:
    boot.lay(database)
    with database.unit_of_work() as session:
        assert sorted(kept(session)) == sorted((f"file:{name}", False) for name in rulebook.FILES)
        assert rulebook.witness(session, copy) == []
        (copy / "visibility.csv").write_text("role,area\n", "utf-8")
        assert rulebook.witness(session, copy) == ["visibility.csv"]
        assert rulebook.witness(session, copy) == []
    with database.reading() as session:
        assert kept(session)[len(rulebook.FILES) :] == [("file:visibility.csv", True)]
