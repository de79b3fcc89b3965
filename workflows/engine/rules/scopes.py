"""Processes and subprocesses: where they start and end, and what lies beside the way (10.3, 10.5.2, 10.5.3)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.engine.dialect import ACTIVITIES, EVENTS, FLOW_NODES, SCOPES, children, local
from workflows.engine.rules.document import (
    Document,
    Element,
    called,
    error,
    is_event_subprocess,
    policy,
)
from workflows.engine.rules.kinds import kinds
from workflows.findings import Finding

_TRUE = ("true", "1")


def check(document: Document) -> Iterator[Finding]:
    """Yield what is wrong with scopes as a whole, outermost first."""
    for scope in document.every("process", *sorted(SCOPES - {"process"})):
        inside = children(scope, FLOW_NODES)
        starts = [node for node in inside if local(node) == "startEvent"]
        ends = [node for node in inside if local(node) == "endEvent"]
        if local(scope) == "adHocSubProcess":
            yield from _ad_hoc(scope, inside)
            continue
        yield from _borders(scope, starts, ends)
        for node in inside:
            yield from _beside(document, node, starts, ends)
        yield from _public(scope)


def _ad_hoc(scope: Element, inside: list[Element]) -> Iterator[Finding]:
    """An ad-hoc subprocess holds activities, and no start or end (10.3.5)."""
    if not any(local(node) in ACTIVITIES for node in inside):
        yield error(scope, "ad_hoc", f"{called(scope)} needs at least one activity in it.")
    for node in inside:
        if local(node) in ("startEvent", "endEvent"):
            message = (
                f"{called(node)} cannot stand in the ad-hoc subprocess {scope.get('id')}, which has no order."
            )
            yield error(node, "ad_hoc", message)


def _borders(scope: Element, starts: list[Element], ends: list[Element]) -> Iterator[Finding]:
    """Who draws an end draws a start, and the other way round (10.5.2, 10.5.3)."""
    begins = any(node.get("instantiate") in _TRUE for node in scope)
    if ends and not starts and not begins:
        # What no flow leads to begins then; the standard wants it drawn.
        yield policy(scope, "no_start", f"{called(scope)} has an end event, but no start event.")
    # Many leave the end out: a branch without a successor ends by itself.
    if starts and not ends and not is_event_subprocess(scope):
        yield policy(scope, "no_end", f"{called(scope)} has a start event, but no end event.")


def _beside(
    document: Document, node: Element, starts: list[Element], ends: list[Element]
) -> Iterator[Finding]:
    """Where there are start and end events, every other element lies on a way between (10.5.2, 10.5.3).

    An activity or gateway that leads nowhere, or is reached from nowhere, is met in processes that run well:
    the path ends there, or is never taken. Of an event (10.5.2 to 10.5.4) nobody can say what it is for then.
    """
    name, found = local(node), kinds(document, node)
    if is_event_subprocess(node) or node.get("isForCompensation") in _TRUE:
        return
    say = error if name in EVENTS else policy
    first = name in ("startEvent", "boundaryEvent") or ("link" in found and name == "intermediateCatchEvent")
    first = first or node.get("instantiate") in _TRUE
    if starts and not first and not document.entering(node):
        yield say(node, "unreachable", f"No flow leads to {called(node)}; draw the one that does.")
    last = name == "endEvent" or ("link" in found and name == "intermediateThrowEvent")
    last = last or (name == "boundaryEvent" and "compensate" in found)
    if not last and not document.leaving(node) and (name in EVENTS or ends):
        # Without any end event, whatever leads nowhere ends a path.
        tell = say if ends else policy
        yield tell(node, "no_outgoing", f"No flow leads on from {called(node)}; draw the one that does.")


def _public(scope: Element) -> Iterator[Finding]:
    """What is public shows how to meet a process, not how it runs (10.2, isExecutable)."""
    if scope.get("processType") == "Public" and scope.get("isExecutable") in _TRUE:
        message = f"{called(scope)} is public; only a private process is executable."
        yield error(scope, "public", message)
