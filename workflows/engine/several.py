"""Several event definitions on one event (BPMN 2.0, 10.5.6): any of them, all of them, each thrown in turn.

A caught event arms one part for each definition beside it. What has happened is a part that is gone, so that
it is remembered in the state as everything else is.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import ErrorEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import CancelEventDefinition, TerminateEventDefinition

from workflows.engine import events
from workflows.engine.compensation import CompensationEventDefinition
from workflows.engine.specs import Armed, StartEvent, Throwing
from workflows.engine.tokens import WAITING, Token

#: What ends the token or more comes last, compensation just before.
_LAST: tuple[type, ...] = (
    CompensationEventDefinition,
    ErrorEventDefinition,
    CancelEventDefinition,
    TerminateEventDefinition,
)


class CaughtPart(Armed):
    """One of several definitions that an event waits for."""

    is_part = True

    def happen(self, my_task: Token) -> None:
        """Let the whole event happen, where it needs all of them once the last one has come."""
        run, whole = my_task.workflow, my_task.parent
        if not whole.task_spec.needs_all:
            events.rearm(run, my_task)
            run.fire(whole)
            return
        run.remove(my_task)
        if whole.children:
            return
        run.fire(whole)
        if whole.alive and whole._state == WAITING:
            whole.task_spec.begin(whole)


class ThrownPart(Throwing):
    """One of several definitions that an event throws."""

    is_part = True


def split(spec: Any) -> tuple[Any, ...]:
    """Give the spec of an event one part for each of its definitions; return them in the order of the file."""
    several = spec.event_definition
    made = []
    for number, definition in enumerate(several.event_definitions, 1):
        part_class = ThrownPart if isinstance(spec, Throwing) else CaughtPart
        part = part_class(spec._wf_spec, f"{spec.name} [event {number}]")
        part.node, part.element, part.shown = spec.node, spec.element, spec.shown
        part.event_definition = definition
        made.append(part)
    spec.parts = tuple(sorted(made, key=_rank)) if isinstance(spec, Throwing) else tuple(made)
    spec.needs_all = several.parallel
    # A start event that needs several messages begins with the first of them.
    spec.instantiates = several.parallel and isinstance(spec, StartEvent)
    return tuple(made)


def has_several(spec: Any) -> bool:
    """Tell whether an event has several definitions."""
    definition = getattr(spec, "event_definition", None)
    # The library gives event gateways an empty one.
    return isinstance(definition, MultipleEventDefinition) and bool(definition.event_definitions)


def _rank(part: ThrownPart) -> int:
    kinds = [number for number, kind in enumerate(_LAST, 1) if isinstance(part.event_definition, kind)]
    return kinds[0] if kinds else 0
