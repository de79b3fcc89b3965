"""How a process may begin: start events, instantiating receive tasks, events behind instantiating gateways.

BPMN 2.0, 10.5.2 (start events), 10.3.3 (receive tasks), 10.6.6 (event-based gateways), 13.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from workflows.engine import events
from workflows.engine.dialect import Q, local, node_kind
from workflows.engine.ledger import Ledger
from workflows.engine.plan import Flow


@dataclass(frozen=True)
class Opening:
    """One way to begin: at an element, by one of its several events, or behind an instantiating gateway."""

    spec: Any  #: what is reached by name, message or time
    gateway: Any = None  #: the gateway in front of it, or the start event that it is a part of
    flow: Flow | None = None

    @property
    def kind(self) -> str:
        """Return what begins it: message, signal, timer, conditional, or "" for nothing but a start."""
        if self.spec.is_part:
            return events.kind_of_spec(self.spec) or ""
        position, _, kind = self.spec.node.kind.partition(":")
        if self.spec.instantiates or (self.gateway and position == "receiveTask"):
            return "message"
        return str(kind) if self.gateway or position == "startEvent" else ""

    @property
    def happened(self) -> str:
        """Return which of several events has happened, as the place behind them tells them apart."""
        return self.flow.id if self.flow else str(self.spec.name)

    @property
    def message(self) -> str | None:
        """Return the name of the message that begins it, None if no message does."""
        return self.name if self.kind == "message" else None

    @property
    def name(self) -> str:
        """Return what tells it from others of its kind: a message's or signal's name, a condition's text."""
        if self.kind == "conditional":
            return str(self.spec.condition.source)
        return str(self.spec.event_name.source) if self.kind in ("message", "signal") else ""


def openings(process: Any) -> Iterator[Opening]:
    """Yield every way in which a wired process may begin."""
    for spec in process.start.starts:
        if spec.node.kind.startswith("startEvent") and spec.parts:
            yield from (Opening(part, spec) for part in spec.parts)
            continue
        if not (spec.arms_flows and spec.instantiates):
            yield Opening(spec)
            continue
        for flow in spec.flows:
            yield Opening(process.task_specs[flow.target], spec, flow)


def instantiates(element: etree._Element) -> bool:
    """Tell whether a receive task or event gateway begins the process when its message comes."""
    kinds = ("receiveTask", "eventBasedGateway")
    return local(element) in kinds and element.get("instantiate") in ("true", "1")


def check(ledger: Ledger, element: etree._Element, spec: Any) -> None:
    """Note what keeps an instantiating element from beginning a process."""
    identity, scope = element.get("id", ""), element.getparent()
    if not instantiates(element):
        if element.get("eventGatewayType") == "Parallel":
            only = "A parallel event gateway is for the beginning of a process only: instantiate it."
            ledger.error(identity, "instantiate", only)
    elif scope is None or scope.tag != Q + "process":
        ledger.error(identity, "instantiate", "What instantiates stands in the process, in no subprocess.")
    elif spec.incoming and not _follows_plain_start(element, spec):
        only = "An element that instantiates has no incoming flow; a receive task may follow a plain start event."
        ledger.error(identity, "instantiate", only)


def _follows_plain_start(task: etree._Element, spec: Any) -> bool:
    """Tell whether a receive task stands right behind a plain start event: begun by hand it waits (10.3.3)."""
    if local(task) != "receiveTask" or len(spec.incoming) != 1:
        return False
    scope = {element.get("id"): element for element in next(task.iterancestors())}
    flow = scope[spec.incoming[0]]
    return node_kind(scope[flow.get("sourceRef")]) == "startEvent"
