"""What a run waited for before a command: tells which of its rows must be compared, closed or opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workflows import engine


@dataclass(frozen=True)
class Waits:
    """People, workers, timers, events and transactions that a run waits for."""

    tasks: frozenset[str] = frozenset()
    external: frozenset[str] = frozenset()
    timers: frozenset[tuple[str, Any]] = frozenset()
    subscriptions: frozenset[tuple[str, str, str]] = frozenset()
    holds: frozenset[str] = frozenset()
    unfinished: bool = False


NOTHING = Waits()


def waits(run: engine.Run) -> Waits:
    """Return what a run waits for."""
    return Waits(
        frozenset(task.id for task in run.open_tasks),
        frozenset(task.id for task in run.external_tasks),
        frozenset((timer.id, timer.due_at) for timer in run.due_timers),
        frozenset((event.kind, event.name, event.node_id) for event in run.subscriptions),
        frozenset(hold.id for hold in run.continuations),
        run.unfinished,
    )
