"""`duban vault`: keys in files, a change of the master key, and what was tampered with named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from handlers.vault import Reporter, keys
from server.cli import main
from tests import city as cities
from tests.city import City
from tests.server.test_pages_reporters import WHO, reported
from tests.server.visitors import Visitor


@pytest.fixture
def own(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[City]:
    """Give a city whose operator has a file of keys."""
    found = cities.found(tmp_path_factory.mktemp("vault"))
    monkeypatch.setenv("DUBAN_DATABASE_URL", str(found.database.engine.url))
    monkeypatch.setenv("DUBAN_MASTER_KEY_FILE", str(tmp_path / "keys"))
    yield found
    found.database.close()
    keys.use(None)


def run(*command: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["vault", *command])
    return done.exit_code, done.output


def test_the_key_is_made_changed_and_checked(own: City, tmp_path: Path) -> None:
    assert run("check")[0] == 1
    assert run("key", "new")[0] == 0
    keys.use(tmp_path / "keys")
    ids = [reported(own), reported(own, facts="另一件")]
    for clue_id in ids:
        assert Visitor(own, "intake").post(f"/clues/{clue_id}/reporter", **WHO).status_code == 303
    assert "2 records, each of them opens" in run("check")[1]
    assert "still open" in run("key", "new")[1]
    assert "old: duban vault rotate" in run("check")[1]
    status, told = run("rotate")
    assert (status, "2 records are wrapped" in told, "any more" in told) == (0, True, True)
    with own.database.unit_of_work() as session:
        one, other = session.scalars(select(Reporter).order_by(Reporter.id))
        one.content, other.content = other.content, one.content
        swapped = {one.id, other.id}
    status, told = run("check")
    assert (status, "2 records of the vault do not open" in told) == (1, True)
    assert all(name in told for name in swapped)
    for line in (tmp_path / "keys").read_text().split():
        assert line not in told
    assert all(text not in told for text in WHO.values())


def test_without_a_file_the_key_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DUBAN_MASTER_KEY_FILE", raising=False)
    status, told = run("key", "new")
    made = told.strip().splitlines()[-1]
    assert (status, len(keys.parse(made, "x").keys)) == (0, 1)
