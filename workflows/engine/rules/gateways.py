"""Gateways: how many flows each may have, and what may stand behind an event gateway (10.6)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.engine.dialect import GATEWAYS, local
from workflows.engine.rules.document import Document, Element, called, error
from workflows.engine.rules.kinds import kinds
from workflows.findings import Finding

_CATCHABLE = frozenset({"message", "signal", "timer", "conditional"})
_TRUE = ("true", "1")


def check(document: Document) -> Iterator[Finding]:
    """Yield what is wrong with gateways."""
    for gateway in document.every(*sorted(GATEWAYS)):
        yield from _direction(document, gateway)
        yield from _purpose(document, gateway)
    for gateway in document.every("eventBasedGateway"):
        yield from _parallel(gateway)
        yield from _choices(document, gateway)


def _direction(document: Document, gateway: Element) -> Iterator[Finding]:
    """gatewayDirection says how many flows there are (10.6.1, table 10.109)."""
    direction = gateway.get("gatewayDirection", "Unspecified")
    incoming, outgoing = len(document.entering(gateway)), len(document.leaving(gateway))
    right = {
        "Converging": incoming > 1 and outgoing <= 1,
        "Diverging": outgoing > 1 and incoming <= 1,
        "Mixed": incoming > 1 and outgoing > 1,
    }
    if not right.get(direction, True):
        message = f"{called(gateway)} says gatewayDirection {direction}, but has {incoming} incoming and "
        yield error(gateway, "direction", message + f"{outgoing} outgoing flows.")


def _purpose(document: Document, gateway: Element) -> Iterator[Finding]:
    """A gateway splits or merges (10.6.1); one that does neither is passed through."""
    incoming, outgoing = len(document.entering(gateway)), len(document.leaving(gateway))
    if incoming < 2 and outgoing < 2 and local(gateway) != "eventBasedGateway":
        message = (
            f"{called(gateway)} neither splits nor merges: {incoming} incoming, {outgoing} outgoing flows."
        )
        yield error(gateway, "gateway", message)


def _parallel(gateway: Element) -> Iterator[Finding]:
    """Only an event gateway that starts a process waits for all its events (10.6.6)."""
    if gateway.get("instantiate") not in _TRUE and gateway.get("eventGatewayType") == "Parallel":
        message = f"{called(gateway)} is parallel; only an event gateway that starts a process can be."
        yield error(gateway, "event_gateway", message)


def _choices(document: Document, gateway: Element) -> Iterator[Finding]:
    """Behind an event gateway stand two or more things that wait, each reached from there alone (10.6.6)."""
    flows = document.leaving(gateway)
    targets = [t for flow in flows if (t := document.referred(flow, "targetRef")) is not None]
    if len(flows) < 2:
        message = f"{called(gateway)} has {len(flows)} outgoing flows; a choice needs two or more."
        yield error(gateway, "event_gateway", message)
    for target in targets:
        yield from _choice(document, gateway, target)
    receives = any(local(target) == "receiveTask" for target in targets)
    if receives and any("message" in kinds(document, target) for target in targets):
        message = f"Behind {called(gateway)} stand message events and receive tasks; use one of both."
        yield error(gateway, "event_gateway", message)


def _choice(document: Document, gateway: Element, target: Element) -> Iterator[Finding]:
    name = local(target)
    found = kinds(document, target)
    if name == "receiveTask":
        for boundary in document.boundaries.get(target.get("id") or "", [])[:1]:
            message = f"{called(target)} stands behind an event gateway; {called(boundary)} cannot sit on it."
            yield error(target, "event_gateway", message)
    elif name != "intermediateCatchEvent" or not found or not _CATCHABLE.issuperset(found):
        message = (
            f"{called(target)} cannot stand behind {called(gateway)}: only receive tasks and events that "
        )
        yield error(target, "event_gateway", message + "catch a message, signal, timer or condition can.")
    if len(document.entering(target)) > 1:
        message = f"{called(target)} stands behind {called(gateway)}; no other flow can lead there."
        yield error(target, "event_gateway", message)
