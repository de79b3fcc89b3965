"""What must be so in a diagram for its compensation to work (BPMN 2.0, 10.7)."""

from __future__ import annotations

from collections.abc import Iterator, Set

from lxml import etree

from workflows.engine.dialect import (
    ACTIVITIES,
    Q,
    associated,
    children,
    event_definitions,
    event_kind,
    event_kinds,
    is_event_subprocess,
    is_handler,
    local,
)
from workflows.findings import Finding


def check_compensation(element: etree._Element, on_flows: Set[str]) -> Iterator[Finding]:
    """Yield what is wrong with a flow node as a handler, as the event before one, or as a throw.

    `on_flows` are the ids of the elements that some sequence flow touches.
    """
    name, kind = local(element), event_kind(element)
    if name in ACTIVITIES and is_handler(element):
        yield from _check_handler(element, on_flows)
    if kind == "compensate" and name == "boundaryEvent":
        yield from _check_boundary(element, on_flows)
    elif kind == "compensate" and name == "startEvent":
        yield from _check_start(element)
    for definition in event_definitions(element):
        if local(definition) == "compensateEventDefinition" and definition.get("activityRef"):
            yield from _check_throw(element, definition.get("activityRef", ""))
    if (
        "cancel" in event_kinds(element)
        and name == "endEvent"
        and next(element.iterancestors(Q + "transaction"), None) is None
    ):
        yield _error(element, "unsupported", "A cancel end event can only stand inside a transaction.")


def _check_handler(element: etree._Element, on_flows: Set[str]) -> Iterator[Finding]:
    if element.get("id") in on_flows:
        reached = "A compensation handler is reached by its association only; take its sequence flows away."
        yield _error(element, "compensation", reached)
    if is_event_subprocess(element):
        yield _error(element, "compensation", "An event subprocess cannot be a compensation handler.")


def _check_boundary(event: etree._Element, on_flows: Set[str]) -> Iterator[Finding]:
    handlers = [e for e in associated(event) if is_handler(e)]
    if len(handlers) != 1:
        one = "An association leads from it to the one activity that undoes, marked isForCompensation"
        yield _error(event, "compensation", f"{one}; this one has {len(handlers)}.")
    if event.get("id") in on_flows:
        flows = "From a compensation event an association leads to the handler, not a sequence flow."
        yield _error(event, "compensation", flows)
    host = event.get("attachedToRef")
    beside = event.itersiblings(Q + "boundaryEvent", preceding=True)
    if any(b.get("attachedToRef") == host and event_kind(b) == "compensate" for b in beside):
        yield _error(event, "compensation", f"'{host}' has a compensation event already.")


def _check_start(start: etree._Element) -> Iterator[Finding]:
    handler = next(start.iterancestors())
    scope = next(handler.iterancestors())
    for boundary in scope.itersiblings(Q + "boundaryEvent"):
        if boundary.get("attachedToRef") == scope.get("id") and event_kind(boundary) == "compensate":
            both = f"'{scope.get('id')}' is undone by its compensation event already."
            yield _error(handler, "compensation", both)


def _check_throw(event: etree._Element, activity: str) -> Iterator[Finding]:
    scope = next(event.iterancestors())
    while True:
        if any(activity == e.get("id") for e in children(scope, ACTIVITIES)):
            return
        if not is_event_subprocess(scope):
            break
        scope = next(scope.iterancestors())
    missing = f"activityRef names '{activity}', which is no activity of the scope that the event compensates."
    yield _error(event, "dangling", missing)


def _error(element: etree._Element, rule: str, message: str) -> Finding:
    return Finding(element.get("id"), rule, "error", message)
