"""Events: what each kind must name (10.5); `positions` says which kinds may stand where."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.engine.dialect import EVENTS, local
from workflows.engine.rules.document import (
    Document,
    Element,
    called,
    error,
    policy,
    process_of,
    warning,
)
from workflows.engine.rules.kinds import definitions, kinds
from workflows.findings import Finding

_FALSE, _TRUE = ("false", "0"), ("true", "1")
_THROWING = ("endEvent", "intermediateThrowEvent")


def check(document: Document) -> Iterator[Finding]:
    """Yield what is wrong with events, one after the other."""
    for event in document.every(*sorted(EVENTS)):
        found = kinds(document, event)
        yield from _several(event, found)
        yield from _compensating(event, found)
        yield from _references(document, event)


def _several(event: Element, found: list[str]) -> Iterator[Finding]:
    """A link is nothing else beside; only an event of several definitions can wait for all (10.5.1)."""
    if "link" in found and len(found) > 1:
        yield error(event, "position", f"{called(event)} is a link; it can hold nothing beside.")
    if event.get("parallelMultiple") in _TRUE and len(found) < 2:
        message = (
            f"{called(event)} is parallelMultiple; it needs two or more event definitions, not {len(found)}."
        )
        yield error(event, "multiple", message)


def _compensating(event: Element, found: list[str]) -> Iterator[Finding]:
    """What is compensated is over, so nothing is left to cancel (10.7.1)."""
    if local(event) == "boundaryEvent" and event.get("cancelActivity") in _FALSE and "compensate" in found:
        message = (
            f"{called(event)} catches a compensation, which interrupts nothing; leave out cancelActivity."
        )
        yield policy(event, "interrupting", message)


def _references(document: Document, event: Element) -> Iterator[Finding]:
    """An event that is to happen names what: message, signal, error, escalation, link (10.5.5)."""
    name = local(event)
    for _, shared in document.listed(event, "eventDefinitionRef"):
        place = shared.getparent()
        if place is not None and local(place) != "definitions":
            message = (
                f"{called(event)} names the {called(shared)} inside another; only one of the file is shared."
            )
            yield error(event, "wrong_type", message)
    for definition in definitions(document, event):
        kind = local(definition).removesuffix("EventDefinition")
        throws = name in _THROWING
        needed = {
            "message": not throws,
            "signal": True,
            "error": throws,
            "escalation": throws,
        }.get(kind, False)
        target = document.referred(definition, f"{kind}Ref")
        if needed and not definition.get(f"{kind}Ref"):
            # What is only drawn may leave it open: the standard asks for it where the process is run.
            process = process_of(event)
            drawn = process is not None and process.get("isExecutable") in _FALSE
            say = warning if drawn else error
            yield say(event, "reference", f"{called(event)} must name its {kind}: {kind}Ref is missing.")
        coded = target is not None and local(target) == kind and kind in ("error", "escalation")
        if throws and coded and target is not None and not target.get(f"{kind}Code"):
            message = f"{called(event)} throws the {called(target)}, which has no {kind}Code."
            # Here its id serves for the code.
            yield policy(event, "code", message)
        if kind == "link" and not (definition.get("name") or "").strip():
            yield error(
                event, "link", f"The link {called(event)} has no name; links of one name belong together."
            )
