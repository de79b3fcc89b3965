"""What must be so before a process can be wired: ids, references, supported constructs only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from workflows.engine.compensation_checks import check_compensation
from workflows.engine.dialect import (
    ACTIVITIES,
    EVENTS,
    FLOW_NODES,
    SUBPROCESSES,
    Q,
    children,
    event_definitions,
    event_kinds,
    is_event_subprocess,
    local,
)
from workflows.engine.normalise import REFERENCES
from workflows.engine.positions import check_position
from workflows.findings import Finding

#: What may stand in a scope beside flow nodes; none of it moves a token.
_ANNOTATIONS = frozenset(
    {
        "association",
        "auditing",
        "category",
        "correlationSubscription",
        "dataInputAssociation",
        "dataObject",
        "dataObjectReference",
        "dataOutputAssociation",
        "dataStoreReference",
        "documentation",
        "extensionElements",
        "group",
        "humanPerformer",
        "incoming",
        "ioBinding",
        "ioSpecification",
        "laneSet",
        "monitoring",
        "multiInstanceLoopCharacteristics",
        "outgoing",
        "performer",
        "potentialOwner",
        "property",
        "resourceRole",
        "sequenceFlow",
        "standardLoopCharacteristics",
        "supportedInterfaceRef",
        "supports",
        "textAnnotation",
    }
)


def check_process(process: etree._Element, root: etree._Element) -> Iterator[Finding]:
    """Yield every structural error of a process, by element."""
    for scope in [process, *process.iter(*(Q + name for name in SUBPROCESSES))]:
        yield from _check_scope(scope)
    ends = (flow.get(end) for flow in process.iter(Q + "sequenceFlow") for end in ("sourceRef", "targetRef"))
    on_flows = {end for end in ends if end}
    known = {tag: {e.get("id", "") for e in root.iter(Q + tag)} for tag in REFERENCES.values()}
    for element in process.iter(*(Q + name for name in FLOW_NODES)):
        yield from _check_references(element, known)
        if local(element) in EVENTS:
            yield from check_position(element)
        yield from check_compensation(element, on_flows)


def _check_scope(scope: etree._Element) -> Iterator[Finding]:
    inside = {element.get("id"): element for element in children(scope, FLOW_NODES)}
    for element in scope:
        name = local(element)
        if name and name not in FLOW_NODES and name not in _ANNOTATIONS and name not in _own_parts(scope):
            yield _error(element.get("id") or scope.get("id"), "unsupported", f"<{name}> is not supported.")
    for flow in children(scope, frozenset({"sequenceFlow"})):
        yield from _check_flow(flow, inside)
    if is_event_subprocess(scope):
        yield from _check_event_subprocess(scope)
    for boundary in children(scope, frozenset({"boundaryEvent"})):
        host = inside.get(boundary.get("attachedToRef"))
        if host is None or local(host) not in ACTIVITIES or is_event_subprocess(host):
            yield _error(
                boundary.get("id"),
                "dangling",
                f"It sits on '{boundary.get('attachedToRef')}', which is no activity of the same scope.",
            )
        elif "cancel" in event_kinds(boundary) and local(host) != "transaction":
            yield _error(boundary.get("id"), "unsupported", "A cancel event can only sit on a transaction.")


def _check_event_subprocess(scope: etree._Element) -> Iterator[Finding]:
    identity, beside = scope.get("id"), scope.getparent()
    starts = children(scope, frozenset({"startEvent"}))
    if len(starts) != 1:
        count = f"An event subprocess has exactly one start event; this one has {len(starts)}."
        yield _error(identity, "event_subprocess", count)
    flows = children(beside, frozenset({"sequenceFlow"})) if beside is not None else []
    if any(identity in (flow.get("sourceRef"), flow.get("targetRef")) for flow in flows):
        reached = "An event starts this subprocess, so no sequence flow may lead into it or out of it."
        yield _error(identity, "event_subprocess", reached)


def _own_parts(scope: etree._Element) -> frozenset[str]:
    return frozenset({"completionCondition"}) if local(scope) == "adHocSubProcess" else frozenset()


def _check_flow(flow: etree._Element, inside: dict[str | None, etree._Element]) -> Iterator[Finding]:
    ends: dict[str, etree._Element | None] = {}
    for end in ("sourceRef", "targetRef"):
        ends[end] = inside.get(flow.get(end))
        if ends[end] is None:
            yield _error(
                flow.get("id"),
                "dangling",
                f"The flow's {end} '{flow.get(end) or ''}' is no element of the same process or subprocess.",
            )
    source, target = ends["sourceRef"], ends["targetRef"]
    if source is not None and local(source) == "endEvent":
        yield _error(
            source.get("id"), "flow_after_end", "An end event cannot have an outgoing sequence flow."
        )
    if target is not None and local(target) in ("startEvent", "boundaryEvent"):
        yield _error(
            target.get("id"), "flow_into_start", f"No sequence flow can lead into a {local(target)}."
        )


def _check_references(element: etree._Element, known: Mapping[str, set[str]]) -> Iterator[Finding]:
    for holder in [element, *event_definitions(element)]:
        for attribute, tag in REFERENCES.items():
            reference = holder.get(attribute)
            if reference and reference not in known[tag]:
                yield _error(
                    element.get("id"),
                    "dangling",
                    f"{attribute} names '{reference}', but there is no such <{tag}>.",
                )
    for shared in element.iterfind(Q + "eventDefinitionRef"):
        missing = f"eventDefinitionRef names '{shared.text}', which does not exist."
        yield _error(element.get("id"), "dangling", missing)


def _error(element: str | None, rule: str, message: str) -> Finding:
    return Finding(element, rule, "error", message)
