"""Links: a throwing one leads to the catching one of its name in the same scope (10.5.5, Link Event Definition)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from workflows.engine.dialect import Q, local
from workflows.engine.rules.document import Document, Element, called, error, scope_of
from workflows.findings import Finding


def check(document: Document) -> Iterator[Finding]:
    """Yield links without their counterpart, catching links of one name, and wrong sources and targets."""
    catching: dict[tuple[Element | None, str], list[Element]] = defaultdict(list)
    throwing: dict[tuple[Element | None, str], list[Element]] = defaultdict(list)
    for definition in document.every("linkEventDefinition"):
        event = definition.getparent()
        name = (definition.get("name") or "").strip()
        if event is not None and name:
            ends = {"intermediateCatchEvent": catching, "intermediateThrowEvent": throwing}.get(local(event))
            if ends is not None:
                ends[scope_of(event), name].append(event)
    for (scope, name), events in throwing.items():
        if not catching.get((scope, name)):
            for event in events:
                yield error(event, "link", f"No link catches '{name}' of {called(event)} in the same scope.")
    for (scope, name), events in catching.items():
        if not throwing.get((scope, name)):
            for event in events:
                yield error(event, "link", f"No link throws '{name}' to {called(event)} in the same scope.")
        for event in events[1:]:
            yield error(
                event, "link", f"{called(event)} catches '{name}' as {events[0].get('id')} does already."
            )
    yield from _ends(document)


def _ends(document: Document) -> Iterator[Finding]:
    """A throwing link may name its one target, a catching one its sources; both by the same name."""
    for definition in document.every("linkEventDefinition"):
        event = definition.getparent()
        if event is None:
            continue
        forbidden = {"intermediateCatchEvent": "target", "intermediateThrowEvent": "source"}.get(
            local(event), ""
        )
        if forbidden and definition.find(Q + forbidden) is not None:
            message = f"The link definition of {called(event)} cannot have a <{forbidden}>."
            yield error(definition, "link", message)
        for other in (*document.listed(definition, "source"), *document.listed(definition, "target")):
            if local(other[1]) == "linkEventDefinition" and other[1].get("name") != definition.get("name"):
                message = (
                    f"The link of {called(event)} names a link of another name, '{other[1].get('name')}'."
                )
                yield error(definition, "link", message)
