"""What service tasks, recording forms and reminder rungs may call; handlers register by decorator.

The engine calls operations without knowing them. An operation writes rows in the session it is given and
never commits; it may return variables for the process: identifiers and decisions, never names or narratives.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from workflows.actor import Actor
from workflows.errors import NotFound


@dataclass(frozen=True)
class Context:
    """What an operation is told: the open transaction, who acts, and where in the process it stands.

    `actor` is None when a timer acts. `variables` is a read-only view of the process scope.
    """

    session: Session
    actor: Actor | None
    now: datetime  #: aware UTC
    instance_id: str
    definition_key: str
    business_key: str | None = None
    scope_id: str | None = None
    element_id: str | None = None
    task_id: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    stage: str | None = None  #: of the element, where that is no task, as its own drawing states it


@dataclass(frozen=True)
class Recorded:
    """What a recording operation of a start form gives back beside variables."""

    variables: Mapping[str, Any] = field(default_factory=dict)
    scope_id: str | None = None
    business_key: str | None = None


Operation = Callable[..., Mapping[str, Any] | Recorded | None]

#: Where a diagram or a ladder may name an operation. What takes `answers` is for `record`: nothing but a
#: person's form signs; what only reads registers is for `prefill` and
#: `options`: what it reads never becomes a variable.
USES = {
    "step": "for service tasks",
    "record": "for the property record of an element with a form",
    "prefill": "for the property prefill of a task with a form",
    "options": "for the property options of a task with a form",
    "rung": "for reminder ladders",
    "days": "for days that a register keeps and counts again when the calendar changes",
    "clock": "for due dates that a pause or an extension has moved",
    "recount": "for due dates that are counted again when the calendar changes",
    "cap": "for clocks that run again at the cap of their pause",
}

_registry: dict[str, Operation] = {}
_uses: dict[str, str] = {}


def operation(name: str, *, use: str | None = None) -> Callable[[Operation], Operation]:
    """Register the decorated function as the operation `name` (`registers.verb`), for one of `USES`.

    Unless said, it is for `record` if it takes `answers`, else a `step`.
    """

    def register(function: Operation) -> Operation:
        if name in _registry:
            raise ValueError(f"The operation {name} is registered twice.")
        _registry[name] = function
        _uses[name] = use or ("record" if "answers" in inspect.signature(function).parameters else "step")
        return function

    return register


def find(name: str) -> Operation:
    """Return the operation, or raise NotFound naming it and what exists."""
    if name not in _registry:
        known = ", ".join(sorted(_registry)) or "none"
        raise NotFound(f"There is no operation {name!r}; there are: {known}.")
    return _registry[name]


def names() -> frozenset[str]:
    """Return the names of all registered operations."""
    return frozenset(_registry)


def use_of(name: str) -> str:
    """Return what an operation is for, one of `USES`."""
    find(name)
    return _uses[name]


def of_use(use: str) -> list[Operation]:
    """Return the operations that are for one of `USES`."""
    return [_registry[name] for name in sorted(_registry) if _uses[name] == use]


def arguments(name: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return (required, accepted) argument names of an operation, its context apart."""
    parameters = list(inspect.signature(find(name)).parameters.values())[1:]
    accepted = frozenset(p.name for p in parameters)
    required = frozenset(p.name for p in parameters if p.default is inspect.Parameter.empty)
    return required, accepted
