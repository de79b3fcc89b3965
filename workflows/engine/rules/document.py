"""A file as the rules look at it: its elements by id and by name, its flows by their ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import TypeAlias

from lxml import etree

from workflows.engine.dialect import FLOW_NODES, SCOPES, Q, local
from workflows.findings import Finding

Element: TypeAlias = etree._Element


class Document:
    """One file: what stands in it, and who refers to whom. Built once, read by every rule."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.by_name: dict[str, list[Element]] = defaultdict(list)  #: BPMN elements by local name, in order
        self.by_id: dict[str, Element] = {}  #: BPMN elements only: what vendors add may repeat an id
        for element in _walk(root):
            self.by_name[local(element)].append(element)
            self.by_id.setdefault(element.get("id", ""), element)
        self.by_id.pop("", None)

    def every(self, *names: str) -> Iterator[Element]:
        """Yield every element of these names, name by name, each in document order."""
        for name in names:
            yield from self.by_name.get(name, ())

    @cached_property
    def nodes(self) -> list[Element]:
        """Return every flow node of the file, at any depth."""
        return [element for name in sorted(FLOW_NODES) for element in self.by_name.get(name, ())]

    @cached_property
    def outgoing(self) -> dict[str, list[Element]]:
        """Return the sequence flows by the id of their source."""
        return self._flows_by("sourceRef")

    @cached_property
    def incoming(self) -> dict[str, list[Element]]:
        """Return the sequence flows by the id of their target."""
        return self._flows_by("targetRef")

    @cached_property
    def boundaries(self) -> dict[str, list[Element]]:
        """Return the boundary events by the id of the activity that they sit on."""
        found: dict[str, list[Element]] = defaultdict(list)
        for event in self.by_name.get("boundaryEvent", ()):
            found[(event.get("attachedToRef") or "").strip()].append(event)
        return found

    @cached_property
    def associated(self) -> dict[Element, list[Element]]:
        """Return what associations connect with an element, whichever way they point."""
        found: dict[Element, list[Element]] = defaultdict(list)
        for association in self.by_name.get("association", ()):
            one, other = (self.referred(association, end) for end in ("sourceRef", "targetRef"))
            if one is not None and other is not None:
                found[one].append(other)
                found[other].append(one)
        return found

    def _flows_by(self, end: str) -> dict[str, list[Element]]:
        found: dict[str, list[Element]] = defaultdict(list)
        for flow in self.by_name.get("sequenceFlow", ()):
            found[(flow.get(end) or "").strip()].append(flow)
        return found

    def leaving(self, node: Element) -> list[Element]:
        """Return the sequence flows out of a node."""
        return self.outgoing.get(node.get("id") or "", [])

    def entering(self, node: Element) -> list[Element]:
        """Return the sequence flows into a node."""
        return self.incoming.get(node.get("id") or "", [])

    def named(self, text: str | None) -> Element | None:
        """Return the element that a reference names, with or without a prefix; None if there is none."""
        wanted = (text or "").strip()
        return self.by_id.get(wanted if wanted in self.by_id else wanted.rpartition(":")[2])

    def referred(self, element: Element, attribute: str) -> Element | None:
        """Return the element that an attribute names."""
        return self.named(element.get(attribute))

    def listed(self, element: Element, name: str) -> list[tuple[Element, Element]]:
        """Return the children `name` that hold references, each with the element it names."""
        found = ((child, self.named(child.text)) for child in element.iterfind(Q + name))
        return [(child, target) for child, target in found if target is not None]


def _walk(root: Element) -> Iterator[Element]:
    """Yield the BPMN elements, none of those inside extension elements."""
    todo = [root]
    while todo:
        element = todo.pop()
        if local(element):
            yield element
            if local(element) != "extensionElements":
                todo.extend(reversed(element))


# -- where an element stands --------------------------------------------------------------------------


def around(element: Element, *names: str) -> Element | None:
    """Return the nearest ancestor of one of these names."""
    above = element.getparent()
    while above is not None and local(above) not in names:
        above = above.getparent()
    return above


def scope_of(element: Element | None) -> Element | None:
    """Return the process or subprocess directly around an element."""
    return None if element is None else around(element, *SCOPES)


def process_of(element: Element) -> Element | None:
    """Return the process that an element belongs to, itself perhaps."""
    return element if local(element) == "process" else around(element, "process")


def is_event_subprocess(element: Element | None) -> bool:
    """Tell whether an element is a subprocess that an event starts."""
    return element is not None and element.get("triggeredByEvent") in ("true", "1")


# -- how it is called ---------------------------------------------------------------------------------


def called(element: Element) -> str:
    """Return how a message names an element: its kind, its name where it has one, its id."""
    kind, name, identity = local(element), element.get("name"), element.get("id")
    shown = " ".join((name or "").split())[:60]
    if shown and identity:
        return f"{kind} '{shown}' ({identity})"
    return f"{kind} '{shown or identity}'" if shown or identity else f"<{kind}>"


def address(element: Element) -> str | None:
    """Return the id that a finding points at: the element's own, or that of the nearest one around it.

    An event definition gives its event: that is what a modeller can select.
    """
    place: Element | None = element
    while place is not None and not (place.get("id") and _can_be_selected(place)):
        place = place.getparent()
    return None if place is None or local(place) == "definitions" else place.get("id")


def _can_be_selected(element: Element) -> bool:
    name, parent = local(element), element.getparent()
    inside = parent is not None and local(parent) != "definitions"
    return bool(name) and not (inside and name.endswith("EventDefinition"))


# -- what is said -------------------------------------------------------------------------------------


def error(element: Element, rule: str, message: str) -> Finding:
    """Return a finding that forbids deployment: the standard says MUST, and nobody runs such a file rightly."""
    return Finding(address(element), rule, "error", message)


def policy(element: Element, rule: str, message: str) -> Finding:
    """Return a finding for what is nearly always a mistake, yet met in processes that run well everywhere."""
    return Finding(address(element), rule, "policy", message)


def warning(element: Element, rule: str, message: str) -> Finding:
    """Return a remark: untidy, without any effect on what happens."""
    return Finding(address(element), rule, "warning", message)
