"""The loss guard: what the file holds against what was understood."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition, TerminateEventDefinition

from workflows.engine.compensation import CompensationEventDefinition
from workflows.engine.dialect import EVENTS, FLOW_NODES, Q, event_kind, event_kinds, local
from workflows.engine.event_subprocesses import is_start
from workflows.engine.events import KINDS
from workflows.findings import Finding

_KINDS: dict[str, type] = {
    **KINDS,
    "terminate": TerminateEventDefinition,
    "compensate": CompensationEventDefinition,
}


class _Unknown:
    """What no event definition is."""


_WIRED = frozenset({"none", "link"})  #: carried by flows, not by an event definition


def losses(process: etree._Element, spec: Any) -> Iterator[Finding]:
    """Yield an error for every flow node, event kind, flow or boundary that did not survive the reading."""
    wired = {flow.id for task in spec.task_specs.values() for flow in task.flows}
    for element in process.iter(*(Q + name for name in FLOW_NODES)):
        task = spec.task_specs.get(element.get("id"))
        if task is None:
            yield _lost(element, f"The {local(element)} was not understood.")
        elif is_start(element) and not _armed(task, spec):
            yield _lost(element, "The event subprocess was not armed.")
        elif local(element) in EVENTS and not _same_kind(element, task):
            yield _lost(element, f"The {event_kind(element)} event was read as something else.")
        elif local(element) == "boundaryEvent" and not _attached(element, task, spec):
            yield _lost(element, "The boundary event was not attached.")
    for flow in process.iter(Q + "sequenceFlow"):
        if flow.get("id") not in wired:
            yield _lost(flow, "The sequence flow was not understood.")


def _same_kind(element: etree._Element, task: Any) -> bool:
    kinds = event_kinds(element)
    if set(kinds) <= _WIRED:
        return isinstance(task.event_definition, NoneEventDefinition)
    found = getattr(task.event_definition, "event_definitions", [task.event_definition])
    expected = [_KINDS.get(kind, _Unknown) for kind in kinds]
    return len(found) == len(expected) and all(map(isinstance, found, expected))


def _attached(element: etree._Element, task: Any, spec: Any) -> bool:
    host = spec.task_specs.get(element.get("attachedToRef"))
    if event_kind(element) == "compensate":
        return getattr(host, "inner", host).undone_by is not None
    return host is not None and task in host.boundaries


def _armed(start: Any, spec: Any) -> bool:
    """Tell whether some scope waits for the start of an event subprocess, or is undone by it."""
    undoers = {task.undone_by for task in spec.task_specs.values()}
    if isinstance(start.event_definition, CompensationEventDefinition):
        return start.node.scope in undoers
    armed = [event for task in spec.task_specs.values() for event in task.armed]
    return any(event.node is start.node and start in event.handler.starts for event in armed)


def _lost(element: etree._Element, message: str) -> Finding:
    return Finding(element.get("id"), "lost", "error", message)
