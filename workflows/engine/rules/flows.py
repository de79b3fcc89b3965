"""Sequence flows: where they may begin and end, which may have a condition (8.3.13, 10.2, 10.5, 10.6)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.engine.dialect import ACTIVITIES, EVENTS, Q, event_kind, local
from workflows.engine.rules.document import (
    Document,
    Element,
    called,
    error,
    is_event_subprocess,
    policy,
    process_of,
    scope_of,
)
from workflows.findings import Finding

_UNCONDITIONAL = EVENTS | {"parallelGateway", "eventBasedGateway"}
_TRUE = ("true", "1")


def check(document: Document) -> Iterator[Finding]:
    """Yield what is wrong with sequence flows, flow by flow, then node by node."""
    for flow in document.every("sequenceFlow"):
        source, target = (document.referred(flow, end) for end in ("sourceRef", "targetRef"))
        if source is not None and target is not None:
            yield from _crossing(flow, source, target)
        if source is not None:
            yield from _source(flow, source)
            yield from _condition(document, flow, source)
        if target is not None:
            yield from _target(flow, target)
        yield from _immediate(flow)
    for node in document.nodes:
        yield from _default(document, node)
    yield from _lists(document)


def _crossing(flow: Element, source: Element, target: Element) -> Iterator[Finding]:
    """A flow stays in its process and on its level of subprocesses (7.6.1, 8.3.13)."""
    scope = flow.getparent()
    if source.getparent() is target.getparent() and source.getparent() is scope:
        return
    if process_of(source) is not process_of(target):
        message = f"The flow {flow.get('id')} leads from one process into another; draw a message flow."
    elif source.getparent() is not target.getparent():
        message = f"The flow {flow.get('id')} leads across the border of a subprocess; end it inside."
    else:
        message = f"The flow {flow.get('id')} is no part of the process or subprocess of its ends."
    yield error(flow, "crossing", message)


def _source(flow: Element, source: Element) -> Iterator[Finding]:
    """What has no outgoing flow: end events, throwing links, what undoes or is started by an event."""
    name, kind = local(source), event_kind(source)
    if name == "endEvent":
        yield error(source, "flow_after_end", f"{called(source)} cannot have an outgoing sequence flow.")
    elif name == "intermediateThrowEvent" and kind == "link":
        message = (
            f"The throwing link {called(source)} cannot have an outgoing flow; its catching link goes on."
        )
        yield error(source, "link", message)
    elif name == "boundaryEvent" and kind == "compensate":
        message = f"{called(source)} leads to its compensation by an association, not by a sequence flow."
        yield error(source, "compensation", message)
    yield from _flowless(flow, source)


def _target(flow: Element, target: Element) -> Iterator[Finding]:
    """What has no incoming flow: start and boundary events, catching links."""
    name = local(target)
    if name in ("startEvent", "boundaryEvent"):
        yield error(target, "flow_into_start", f"No sequence flow can lead into {called(target)}.")
    elif name == "intermediateCatchEvent" and event_kind(target) == "link":
        message = (
            f"The catching link {called(target)} cannot have an incoming flow; its throwing link leads here."
        )
        yield error(target, "link", message)
    yield from _flowless(flow, target)


def _flowless(flow: Element, end: Element) -> Iterator[Finding]:
    if is_event_subprocess(end):
        message = f"{called(end)} is started by its event; the flow {flow.get('id')} cannot touch it."
        yield error(end, "event_subprocess", message)
    elif end.get("isForCompensation") in _TRUE:
        message = f"{called(end)} is for compensation; the flow {flow.get('id')} cannot touch it."
        yield error(end, "compensation", message)


def _condition(document: Document, flow: Element, source: Element) -> Iterator[Finding]:
    """Conditions stand on flows out of activities and of gateways that choose (8.3.13)."""
    if flow.find(Q + "conditionExpression") is None:
        return
    name, identity = local(source), flow.get("id")
    if name in _UNCONDITIONAL:
        message = (
            f"The flow {identity} out of {called(source)} cannot have a condition; nothing is chosen there."
        )
        yield error(flow, "condition", message)
    elif source.get("default") == identity:
        message = (
            f"The flow {identity} is the default flow of {called(source)}; it cannot have a condition too."
        )
        yield error(flow, "default", message)
    elif name in ACTIVITIES and len(document.leaving(source)) == 1:
        message = (
            f"The flow {identity} with a condition is the only one out of {called(source)}; draw the other."
        )
        yield policy(flow, "condition", message)


def _immediate(flow: Element) -> Iterator[Finding]:
    """In an executable process nothing undrawn happens on a flow (8.3.13, isImmediate)."""
    process = process_of(flow)
    executable = process is not None and process.get("isExecutable") in _TRUE
    if executable and flow.get("isImmediate") in ("false", "0"):
        message = f"isImmediate of the flow {flow.get('id')} cannot be false in an executable process."
        # Some modellers write it on every flow.
        yield policy(flow, "immediate", message)


def _default(document: Document, node: Element) -> Iterator[Finding]:
    """The default flow of a node leaves it (10.2, 10.6)."""
    flow = document.referred(node, "default")
    if flow is not None and local(flow) == "sequenceFlow" and flow not in document.leaving(node):
        message = f"The default flow {flow.get('id')} of {called(node)} does not leave it."
        yield error(node, "default", message)


def _lists(document: Document) -> Iterator[Finding]:
    """`<incoming>` and `<outgoing>` say the same as the flows, where a scope writes them at all (8.3.9)."""
    for name, end, flows_of in (
        ("incoming", "targetRef", document.entering),
        ("outgoing", "sourceRef", document.leaving),
    ):
        listing = {scope_of(child.getparent()) for child in document.every(name)}
        for node in document.nodes:
            listed = document.listed(node, name)
            for _, flow in listed:
                if local(flow) == "sequenceFlow" and (flow.get(end) or "").strip() != node.get("id"):
                    message = f"{called(node)} lists {flow.get('id')} as {name}, but the flow's {end} is "
                    yield error(node, name, message + f"'{flow.get(end)}'.")
            if scope_of(node) in listing:
                known = {flow for _, flow in listed}
                for flow in flows_of(node):
                    if flow not in known:
                        message = f"{called(node)} does not list the flow {flow.get('id')} as {name}."
                        yield error(node, name, message)
