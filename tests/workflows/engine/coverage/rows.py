"""A row of the coverage table: one construct, a diagram with it, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.workflows.engine.diagrams import Story, TestHost, file_of
from workflows.engine import Finding, read

Act = Callable[[Story], object]


@dataclass(frozen=True)
class Row:
    """A construct that works: the acts lead past `passes`, in this order, to `outcome`."""

    group: str
    element: str
    body: str
    acts: tuple[Act, ...] = ()
    passes: tuple[str, ...] = ()
    never: tuple[str, ...] = ()  #: elements that may not be entered
    outcome: str = "completed"
    variables: Mapping[str, Any] = field(default_factory=dict)
    ends_with: Mapping[str, Any] = field(default_factory=dict)  #: variables at the end
    extra: str = ""  #: what stands beside the process in the file
    start: Mapping[str, str] = field(default_factory=dict)  #: message or start_node
    note: str = ""  #: what a reader of the table should know beside
    host: Callable[[], TestHost] = TestHost

    @property
    def id(self) -> str:
        return f"{self.group} / {self.element}"

    def prove(self) -> None:
        """Run the diagram, saved and loaded again between any two acts."""
        story = Story.begin(
            self.body, dict(self.variables), host=self.host(), extra=self.extra, **dict(self.start)
        )
        for act in self.acts:
            act(story)
        entered = story.entered()
        rest = iter(entered)
        assert all(name in rest for name in self.passes), f"{self.passes} not passed in {entered}"
        assert not set(self.never) & set(entered), f"{self.never} met in {entered}"
        assert story.outcome == self.outcome, f"{story.outcome}; open: {story.open}"
        final = story.variables
        assert {name: final.get(name) for name in self.ends_with} == dict(self.ends_with)


@dataclass(frozen=True)
class Refused:
    """A construct that no process can be deployed with: the finding names the element and the reason."""

    group: str
    element: str
    body: str
    at: str  #: the element named
    extra: str = ""
    note: str = ""

    @property
    def id(self) -> str:
        return f"{self.group} / {self.element}"

    def finding(self) -> Finding:
        """Return the finding that refuses it."""
        findings = read(file_of(self.body, extra=self.extra))[1]
        errors = [f for f in findings if f.severity == "error"]
        named = [f for f in errors if f.element == self.at]
        assert named, f"no error at '{self.at}', but {errors}"
        return named[0]

    def prove(self) -> None:
        """Read the diagram and find it refused for its reason."""
        assert self.finding().message


# -- acts ---------------------------------------------------------------------------------------------


def complete(name: str, **answers: Any) -> Act:
    """Complete an open task."""
    return lambda story: story.complete(name, **answers)


def message(name: str, **payload: Any) -> Act:
    """Deliver a message that somebody waits for."""

    def act(story: Story) -> None:
        assert story.deliver(name, **payload), f"nobody waits for the message '{name}'"

    return act


def unheard(name: str, **payload: Any) -> Act:
    """Deliver a message that nobody may take."""

    def act(story: Story) -> None:
        assert not story.deliver(name, **payload), f"the message '{name}' was taken"

    return act


def signal(name: str) -> Act:
    """Send a signal that somebody waits for."""

    def act(story: Story) -> None:
        assert story.signal(name), f"nobody waits for the signal '{name}'"

    return act


def wait(**delta: float) -> Act:
    """Let time pass."""
    return lambda story: story.wait(**delta)


def change(**variables: Any) -> Act:
    """Write variables, which may make a condition true."""
    return lambda story: story.set(**variables)


def is_open(*names: str) -> Act:
    """Look at what is open now."""

    def act(story: Story) -> None:
        assert story.open == sorted(names), f"open: {story.open}"

    return act
