"""Process folders: what is taken from them, and what is left."""

from pathlib import Path

import pytest

from server import folders
from workflows.errors import InvalidInput


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    for name in ("a", "b", "empty"):
        (tmp_path / name / "scenarios").mkdir(parents=True)
    for file in (
        "a/a.bpmn",
        "a/rules.dmn",
        "a/ask.form.json",
        "a/letter.j2",
        "a/README.md",
        "a/scenarios/x.yaml",
    ):
        (tmp_path / file).write_text(file)
    (tmp_path / "b" / "b.bpmn").write_text("b")
    return tmp_path


def test_a_folder_of_folders(shelf: Path) -> None:
    assert folders.find(shelf) == [shelf / "a", shelf / "b"]


def test_what_is_called_comes_first(shelf: Path) -> None:
    (shelf / "a" / "a.bpmn").write_text('<callActivity calledElement="b"/>')
    assert folders.find(shelf) == [shelf / "b", shelf / "a"]
    assert folders.called(shelf / "a") == [shelf / "b"]
    (shelf / "b" / "b.bpmn").write_text('<callActivity calledElement="a"/>')
    with pytest.raises(InvalidInput, match="circle: a, b"):
        folders.find(shelf)


def test_one_folder_or_one_file(shelf: Path) -> None:
    assert folders.find(shelf / "a") == [shelf / "a"]
    assert folders.find(shelf / "b" / "b.bpmn") == [shelf / "b" / "b.bpmn"]
    assert folders.read(shelf / "b" / "b.bpmn") == {"b.bpmn": b"b"}


def test_scenarios_and_notes_stay_at_home(shelf: Path) -> None:
    assert set(folders.read(shelf / "a")) == {"a.bpmn", "rules.dmn", "ask.form.json", "letter.j2"}


@pytest.mark.parametrize("name", ["empty", "nowhere"])
def test_nothing_is_said_to_be_nothing(shelf: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match=name):
        folders.find(shelf / name)


def test_ours_are_there() -> None:
    assert folders.BPMN / "clue_transfer" in folders.find(folders.BPMN)
