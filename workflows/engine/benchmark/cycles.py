"""The cycle that a server pays for every completed task: load, complete, go on, store."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median
from typing import Any, Protocol, TypeVar

from workflows.engine.benchmark.naive import Naive
from workflows.engine.reading import Definition, compile_definition
from workflows.engine.run import Run

T = TypeVar("T")
State = TypeVar("State")


class Cycle(Protocol[State]):
    """Something that completes tasks of a stored instance."""

    def start(self, variables: Mapping[str, Any]) -> State:
        """Return the stored state of a new instance."""

    def complete(self, state: State, variables: Mapping[str, Any]) -> State | None:
        """Load, complete the first open task and store; None when there was none."""


@dataclass(frozen=True)
class _Host:
    """A host without operations; its clock stands still."""

    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    business_key: str | None = None

    def now(self) -> datetime:
        return datetime(2026, 1, 5, 1, tzinfo=UTC)

    def call(self, *_: Any) -> None:
        return None

    def decide(self, *_: Any) -> None:
        return None


class Ours:
    """One process, run by the engine."""

    def __init__(self, xml: bytes) -> None:
        self.definition: Definition = compile_definition(xml, "p")
        self.host = _Host()

    def start(self, variables: Mapping[str, Any]) -> bytes:
        """Return the stored state of a new instance."""
        return Run.start(self.definition, variables, self.host).dump()

    def complete(self, state: bytes, variables: Mapping[str, Any]) -> bytes | None:
        """Load, complete the oldest open task and store; None when there is none."""
        run = Run.restore(self.definition, state, self.host)
        tasks = run.open_tasks
        if not tasks:
            return None
        run.complete(tasks[0].id, variables)
        return run.dump()


def timed(act: Callable[[], T]) -> tuple[float, T]:
    """Return the milliseconds of processor time that `act` took, and what it gave."""
    begun = time.thread_time()
    given = act()
    return (time.thread_time() - begun) * 1000, given


def whole_instance(cycle: Cycle[State], variables: Mapping[str, Any], form: str) -> list[float]:
    """Return what each completion of one instance took, with a form's answers of its own at every step."""
    state: State | None = cycle.start(variables)
    taken: list[float] = []
    while True:
        assert state is not None
        answers = {f"form{len(taken)}": form}
        spent, state = timed(lambda kept=state, given=answers: cycle.complete(kept, given))  # type: ignore[misc]
        if state is None:
            return taken
        taken.append(spent)


def steady(cycle: Cycle[State], variables: Mapping[str, Any], times: int) -> float:
    """Return the median of completing the same first task again and again."""
    state = cycle.start(variables)
    answers = {"done": True}
    return median(timed(lambda: cycle.complete(state, answers))[0] for _ in range(times))


__all__ = ["Cycle", "Naive", "Ours", "steady", "timed", "whole_instance"]
