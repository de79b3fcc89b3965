"""Who talks to whom: the message flows between the pools of a file (BPMN 2.0, 9.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lxml import etree

from workflows.engine.dialect import FLOW_NODES, Q


@dataclass(frozen=True)
class Receiver:
    """Where a message flow leads: an element of a process, a process, or (neither) a pool without one."""

    process: str | None
    element: str | None


def message_flows(root: etree._Element) -> Mapping[str, tuple[Receiver, ...]]:
    """Return where the message flows out of each element lead, by the element's id."""
    pools = {p.get("id", ""): p.get("processRef") for p in root.iter(Q + "participant")}
    owners = {
        node.get("id", ""): process.get("id")
        for process in root.iterfind(Q + "process")
        for node in process.iter(*(Q + name for name in FLOW_NODES))
    }
    found: dict[str, tuple[Receiver, ...]] = {}
    for flow in root.iter(Q + "messageFlow"):
        source, target = flow.get("sourceRef", ""), flow.get("targetRef", "")
        if source in owners and target in owners:
            found[source] = (*found.get(source, ()), Receiver(owners[target], target))
        elif source in owners and target in pools:
            found[source] = (*found.get(source, ()), Receiver(_plain(pools[target]), None))
    return MappingProxyType(found)


def _plain(reference: str | None) -> str | None:
    """Return the id that a qualified name refers to."""
    return reference.rpartition(":")[2] if reference else None
