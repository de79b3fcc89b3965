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
    for _, shared in document.listed(event, "eventDefinitionRef"):
        place = shared.getparent()
        if place is not None and local(place) != "definitions":
            message = (
                f"{called(event)} names the {called(shared)} inside another; only one of the file is shared."
            )
            yield error(event, "wrong_type", message)
    for definition in definitions(document, event):
        yield from _named(event, definition)
        yield from _coded(document, event, definition)


def _named(event: Element, definition: Element) -> Iterator[Finding]:
    """The reference MUST be given where the process is run; what is only drawn may leave it open."""
    kind, throws = _kind(definition), local(event) in _THROWING
    if kind == "link" and not (definition.get("name") or "").strip():
        message = f"The link {called(event)} has no name; links of one name belong together."
        yield error(event, "link", message)
    needed = kind in ("message", "signal") or (throws and kind in ("error", "escalation"))
    if not needed or definition.get(f"{kind}Ref"):
        return
    lenient = _executable(event) == "false"
    if throws and kind == "message":
        if any(str(name).startswith("{") for name in definition.attrib):
            return  # an attribute of an engine's own says what sends it
        # It goes on without, so it is asked for only where the file says that it runs.
        lenient = _executable(event) != "true"
    say = warning if lenient else error
    yield say(event, "reference", f"{called(event)} must name its {kind}: {kind}Ref is missing.")


def _coded(document: Document, event: Element, definition: Element) -> Iterator[Finding]:
    """What is thrown MUST have a code in a process that is executable (8.3.4, 10.5.5); its id serves elsewhere."""
    kind = _kind(definition)
    target = document.referred(definition, f"{kind}Ref")
    if local(event) not in _THROWING or kind not in ("error", "escalation") or target is None:
        return
    if local(target) == kind and not target.get(f"{kind}Code"):
        say = error if _executable(event) == "true" else warning
        message = f"{called(event)} throws the {called(target)}, which has no {kind}Code; give it one."
        yield say(event, "code", message)


def _kind(definition: Element) -> str:
    return local(definition).removesuffix("EventDefinition")


def _executable(event: Element) -> str:
    """Return "true" or "false" as the process says, "" where it does not."""
    process = process_of(event)
    said = "" if process is None else (process.get("isExecutable") or "")
    return {"1": "true", "0": "false"}.get(said, said)
