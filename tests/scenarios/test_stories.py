"""Every story of `bpmn/*/scenarios/` is told on SQLite, every third one on PostgreSQL; together they take every flow."""

from pathlib import Path

import pytest

from server import folders
from tests.houses import Houses
from tests.scenarios import story
from workflows import definitions

STORIES = sorted(path for path in folders.BPMN.glob("*/scenarios/*.yaml") if path.name != "answers.yaml")
PROCESSES = sorted({path.parents[1].name for path in STORIES})

#: Story → the flows it took when it was told on SQLite: what is told is not told again to be counted.
_taken: dict[Path, set[str]] = {}


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_story(path: Path, sqlite_houses: Houses) -> None:
    """The story goes as written, and nothing written in its forms is found in the engine's tables."""
    tell(path, sqlite_houses)


@pytest.mark.parametrize("path", STORIES[::3], ids=lambda path: path.stem)
def test_story_on_postgresql(path: Path, postgresql_houses: Houses) -> None:
    """What differs between the databases lies below the stories: the first of three stands for all."""
    tell(path, postgresql_houses)


@pytest.mark.parametrize("process", PROCESSES)
def test_the_stories_of_a_process_take_every_flow(process: str, sqlite_houses: Houses) -> None:
    """A flow that no story takes is a way that nobody has looked at."""
    taken: set[str] = set()
    for path in STORIES:
        if path.parents[1].name == process:
            taken |= _taken.get(path) or tell(path, sqlite_houses)
    with sqlite_houses() as database, database.reading() as session:
        drawn = definitions.compiled(session, definitions.latest(session, process).id).flows
    # Beside its own, the flows of what it calls.
    assert set(drawn) <= taken


def test_the_stories_take_every_flow_of_what_is_called(sqlite_houses: Houses) -> None:
    """A process that others call is told by their stories, all together."""
    taken = {flow for path in STORIES for flow in _taken.get(path) or tell(path, sqlite_houses)}
    with sqlite_houses() as database, database.reading() as session:
        drawn = {key: definitions.compiled(session, definitions.latest(session, key).id) for key in _keys()}
    called = {call.key for definition in drawn.values() for call in definition.calls} - set(PROCESSES)
    missed = {key: set(drawn[key].flows) - taken for key in called}
    assert not any(missed.values()), missed


def _keys() -> list[str]:
    return sorted(path.stem for path in folders.BPMN.glob("*/*.bpmn"))


def tell(path: Path, houses: Houses) -> set[str]:
    """Return the flows that a story takes, having told it in a house of its own."""
    with houses() as database:
        telling = story.Telling(database, story.read(path))
        telling.tell()
        assert telling.leaks() == []
        taken = telling.flows()
    if not database.postgresql:
        _taken[path] = taken
    return taken
