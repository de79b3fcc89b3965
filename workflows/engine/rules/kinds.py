"""Which kinds an event has: those of its own definitions and of the shared ones that it names."""

from __future__ import annotations

from workflows.engine.dialect import event_definitions, local
from workflows.engine.rules.document import Document, Element


def definitions(document: Document, event: Element) -> list[Element]:
    """Return the event definitions of an event: its own, then those it names by `<eventDefinitionRef>`."""
    shared = [target for _, target in document.listed(event, "eventDefinitionRef")]
    return [*event_definitions(event), *(d for d in shared if local(d).endswith("EventDefinition"))]


def kinds(document: Document, event: Element) -> list[str]:
    """Return the kinds of an event ("timer", "message", …); none for a plain one."""
    return [local(definition).removesuffix("EventDefinition") for definition in definitions(document, event)]
