"""What is reckoned from a task's time: its span, and what an operation is told when a point in it is reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from workflows import clock
from workflows.scale import TimerColour


@dataclass(frozen=True)
class Span:
    """What the rungs and colours of one task are reckoned from."""

    task_id: str
    instance_id: str
    element_id: str
    ladder: str
    start_at: datetime  #: aware UTC; may lie before the task: a limit runs from its event
    due_at: datetime  #: aware UTC
    created_at: datetime  #: aware UTC: rungs before it are not climbed
    stage: str = ""  #: what colour tables call the step: its property `stage`, else its element
    dated: bool = False  #: the day was set, not counted by a limit
    clock: tuple[str, datetime] | None = None  #: by which limit it was counted, and from which event


@dataclass(frozen=True)
class Reached:
    """What an operation is told of the rung, or the colour, that a task has come to."""

    rung: int
    level: str  #: one of `ladder.LEVELS`
    recipients: tuple[str, ...] = ()  #: relations or roles
    turn: int = 1  #: which of its `times` it is
    times: int = 1
    missed: int = 0  #: turns that fell due while nothing ticked, and are done with this one
    give_to: str | None = None  #: who is to have the task; none: its candidates
    colour: TimerColour | None = None  #: of a colour table's act


def last_day(due_at: datetime) -> date:
    """Return the day on which a deadline ends: 24:00 belongs to the day before."""
    return clock.day_of(due_at - timedelta(microseconds=1))
