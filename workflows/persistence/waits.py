"""What a run waited for before a command, beside people: tells whether its rows must be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workflows import engine


@dataclass(frozen=True)
class Waits:
    """Timers, events and transactions that a run waits for."""

    timers: frozenset[tuple[str, Any]] = frozenset()
    subscriptions: frozenset[tuple[str, str, str]] = frozenset()
    holds: frozenset[str] = frozenset()
    unfinished: bool = False


NOTHING = Waits()


def waits(run: engine.Run) -> Waits:
    """Return what a run waits for, beside people."""
    return Waits(
        frozenset((timer.id, timer.due_at) for timer in run.due_timers),
        frozenset((event.kind, event.name, event.node_id) for event in run.subscriptions),
        frozenset(hold.id for hold in run.continuations),
        run.unfinished,
    )
