"""Every story of `bpmn/*/scenarios/` is told on both databases, and together they take every flow."""

from pathlib import Path

import pytest

from tests.scenarios import story
from tests.scenarios.conftest import ROOT, Houses

STORIES = sorted(path for path in ROOT.glob("bpmn/*/scenarios/*.yaml") if path.name != "answers.yaml")


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_story(path: Path, houses: Houses) -> None:
    """The story goes as written, rows equal the run after every step, and nothing told stays in the engine."""
    with houses() as database:
        telling = story.Telling(database, story.read(path))
        telling.tell()
        assert telling.leaks() == []
