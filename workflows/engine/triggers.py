"""What starts a process from outside: messages, signals and times of its start events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workflows.clock import office_zone
from workflows.engine import timers
from workflows.engine.openings import openings
from workflows.engine.reading import Definition
from workflows.expressions import BUILTINS, EvaluationError, Expression, truth


@dataclass(frozen=True)
class Trigger:
    """One start event, or what else begins a process, that waits: for a message, a signal or a time."""

    node_id: str
    kind: str  #: message | signal | timer | conditional
    name: str = ""  #: of the message or signal; the text of a condition that has come to hold
    timer: Expression | None = None
    timer_kind: str = ""
    number: int = 0  #: which of the timers of its start event, the first being 0


def triggers(definition: Definition) -> tuple[Trigger, ...]:
    """Return what begins a process, if not by hand: start events, instantiating tasks and gateways."""
    found: list[Trigger] = []
    for opening in openings(definition.spec):
        spec, kind = opening.spec, opening.kind
        if not kind:
            continue
        name = opening.name if kind in ("message", "signal") else ""
        timer = spec.timer if kind == "timer" else None
        number = sum(1 for t in found if timer and t.timer and t.node_id == spec.node.id)
        found.append(Trigger(spec.node.id, kind, name, timer, spec.timer_kind if timer else "", number))
    return tuple(found)


def conditions_met(
    definition: Definition, variables: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]
) -> tuple[Trigger, ...]:
    """Return the start events of which a condition holds over variables that come from outside, each once.

    One that has no value over them (a variable is missing, or is of another kind) does not hold.
    """
    found: dict[str, Trigger] = {}
    for opening in openings(definition.spec):
        if opening.kind == "conditional" and _holds(opening.spec.condition, variables, functions):
            place = opening.spec.node.id
            found.setdefault(place, Trigger(place, "conditional", opening.name))
    return tuple(found.values())


def _holds(
    condition: Expression, variables: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]
) -> bool:
    try:
        return truth(condition.evaluate(variables, {**BUILTINS, **functions}))
    except EvaluationError:
        return False


def next_start(
    trigger: Trigger,
    *,
    armed_at: datetime,
    after: datetime | None,
    functions: Mapping[str, Callable[..., Any]],
) -> datetime | None:
    """Return when a timer starts the process next: for the first time, or (`after`) the first turn after an instant.

    `armed_at` is when the definition was deployed; cycles and durations count from it. None: never again.
    """
    if trigger.timer is None:
        return None
    value = trigger.timer.evaluate({}, {**BUILTINS, **functions})
    armed = timers.arm(trigger.timer_kind, value, armed_at, office_zone())
    following: dict[str, Any] | None = armed
    # A first turn that is yet to come is a turn like any other.
    while following is not None and after is not None and datetime.fromisoformat(following["due"]) <= after:
        following = timers.rearm(following, after, office_zone())
    return datetime.fromisoformat(following["due"]) if following else None
