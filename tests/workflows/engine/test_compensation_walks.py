"""Random nestings of what can be undone, against a meaning of compensation that knows no tokens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workflows.engine.diagrams import Story, counted, flows, nodes, on_event, sub, user
from tests.workflows.engine.test_compensation import EXTRA, log, thrown, undone


@dataclass(frozen=True)
class Leaf:
    """A step that logs its name; `undo` where a handler logs another; `person` where somebody does that."""

    undo: bool
    person: bool = False


@dataclass(frozen=True)
class Block:
    """A subprocess, once or several times one after another; `way` is how it is undone."""

    inner: tuple[Leaf | Block, ...]
    way: str  #: inside | handler | event
    times: int = 1


Part = Leaf | Block


@dataclass
class Meaning:
    """What has been logged, and what would undo it, the oldest first."""

    log: list[str] = field(default_factory=list)

    def perform(self, parts: tuple[Part, ...], names: Iterator[str]) -> list[list[str]]:
        """Log what the parts do; return the logs that undo each."""
        undo: list[list[str]] = []
        for part in parts:
            name = next(names)
            if isinstance(part, Leaf):
                self.log.append(name)
                undo += [[f"undo_{name}"]] if part.undo else []
                continue
            inner_names = list(_names(part.inner, names))
            for _ in range(part.times):
                inside = self.perform(part.inner, iter(inner_names))
                if part.way == "inside":
                    undo.append([entry for done in reversed(inside) for entry in done])
                else:
                    undo.append([f"undo_{name}"])
        return undo


def _names(parts: tuple[Part, ...], names: Iterator[str]) -> Iterator[str]:
    for part in parts:
        yield next(names)
        if isinstance(part, Block):
            yield from _names(part.inner, names)


def draw(parts: tuple[Part, ...], names: Iterator[str], prefix: str) -> str:
    """Return the parts in a row behind a start event."""
    drawn, path = nodes("startEvent", f"{prefix}_s"), [f"{prefix}_s"]
    for part in parts:
        name = next(names)
        path.append(name)
        if isinstance(part, Leaf):
            drawn += log(name)
            if part.undo:
                drawn += undone(name, user(f"undo_{name}") if part.person else "")
            continue
        inner = draw(part.inner, names, name)
        if part.way == "event":
            undo = log(f"undo_{name}") + flows(f"{name}_h_s > undo_{name}")
            inner += on_event(f"{name}_h", "<compensateEventDefinition/>", undo)
        loop = counted(str(part.times), isSequential="true") if part.times > 1 else ""
        drawn += sub(name, loop + inner)
        if part.way == "handler":
            drawn += undone(name)
    return drawn + flows(*(f"{a} > {b}" for a, b in pairwise(path)))


leaves = st.builds(Leaf, undo=st.booleans(), person=st.booleans())
parts_of = st.recursive(
    leaves,
    lambda inner: st.builds(
        Block,
        inner=st.lists(inner, min_size=1, max_size=3).map(tuple),
        way=st.sampled_from(["inside", "inside", "handler", "event"]),
        times=st.sampled_from([1, 1, 2]),
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(parts_of, min_size=1, max_size=4).map(tuple))
def test_everything_completed_is_undone_in_reverse_order(parts: tuple[Part, ...]) -> None:
    meaning = Meaning()
    undo = meaning.perform(parts, (f"n{number}" for number in count()))
    expected = meaning.log + [entry for done in reversed(undo) for entry in done]
    body = (
        sub("box", draw(parts, (f"n{number}" for number in count()), "box")) + thrown("back") + user("after")
    )
    story = Story.begin(
        nodes("startEvent", "s") + body + flows("s > box > back > after"), {"log": []}, extra=EXTRA
    )
    seen = list(meaning.log)
    while story.open != ["after"]:
        (task,) = story.open
        story.complete(task)
    entered = [name for name in story.entered() if name.startswith("undo_")]
    assert seen + entered == expected
    assert len(story.reload()._instance.tasks) == 2
