"""Sequence flows: links, conditions, defaults, and what nodes say of them (8.3.13, 10.2, 10.5, 10.6).

That both ends are there, on the same level, and may have a flow, says `structure`.
"""

from __future__ import annotations

from collections.abc import Iterator

from workflows.engine.dialect import ACTIVITIES, EVENTS, Q, event_kind, local
from workflows.engine.rules.document import (
    Document,
    Element,
    called,
    error,
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
        if source is not None:
            yield from _link_source(source)
            yield from _condition(document, flow, source)
        if target is not None:
            yield from _link_target(target)
        yield from _immediate(flow)
    for gateway in document.every("inclusiveGateway"):
        yield from _choice(document, gateway)
    for node in document.nodes:
        yield from _default(document, node)
    yield from _lists(document)


def _link_source(source: Element) -> Iterator[Finding]:
    """A throwing link goes on at the catching one (10.5.5)."""
    if local(source) == "intermediateThrowEvent" and event_kind(source) == "link":
        message = (
            f"The throwing link {called(source)} cannot have an outgoing flow; its catching link goes on."
        )
        yield error(source, "link", message)


def _link_target(target: Element) -> Iterator[Finding]:
    """A catching link is reached from the throwing one (10.5.5)."""
    if local(target) == "intermediateCatchEvent" and event_kind(target) == "link":
        message = (
            f"The catching link {called(target)} cannot have an incoming flow; a throwing link leads here."
        )
        yield error(target, "link", message)


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
        yield error(flow, "condition", message)


def _immediate(flow: Element) -> Iterator[Finding]:
    """In an executable process nothing undrawn happens on a flow (8.3.13, isImmediate)."""
    process = process_of(flow)
    executable = process is not None and process.get("isExecutable") in _TRUE
    if executable and flow.get("isImmediate") in ("false", "0"):
        message = f"isImmediate of the flow {flow.get('id')} cannot be false in an executable process."
        yield error(flow, "immediate", message)


def _choice(document: Document, gateway: Element) -> Iterator[Finding]:
    """Of several ways out of an inclusive gateway, each but the default has a condition (10.6.3)."""
    flows = document.leaving(gateway)
    for flow in flows if len(flows) > 1 else ():
        if flow.find(Q + "conditionExpression") is None and flow.get("id") != gateway.get("default"):
            message = (
                f"The flow {flow.get('id')} out of {called(gateway)} has no condition: it is always taken."
            )
            # Not forbidden in so many words: what has no condition has none that fails (13.4.3).
            yield policy(flow, "condition", message)


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
