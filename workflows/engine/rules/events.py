"""Events: which kinds may stand where, and what each kind must name (10.5)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.engine.dialect import EVENTS, local
from workflows.engine.rules.document import (
    Document,
    Element,
    around,
    called,
    error,
    is_event_subprocess,
    policy,
    scope_of,
)
from workflows.engine.rules.kinds import definitions, kinds
from workflows.findings import Finding

_STARTS = frozenset({"message", "timer", "conditional", "signal"})
_INNER_STARTS = _STARTS | {"escalation", "error", "compensate"}
#: Position → the kinds that may stand there (10.5.1, table 10.93).
_ALLOWED = {
    "endEvent": frozenset({"message", "escalation", "error", "cancel", "compensate", "signal", "terminate"}),
    "intermediateCatchEvent": _STARTS | {"link"},
    "intermediateThrowEvent": frozenset({"message", "escalation", "compensate", "link", "signal"}),
    "boundaryEvent": _INNER_STARTS | {"cancel"},
}
_PLACES = {
    "endEvent": "an end event",
    "intermediateCatchEvent": "a catching intermediate event",
    "intermediateThrowEvent": "a throwing intermediate event",
    "boundaryEvent": "a boundary event",
    "startEvent": "a start event",
}
_NEED_A_KIND = ("intermediateCatchEvent", "boundaryEvent")
_FALSE, _TRUE = ("false", "0"), ("true", "1")
_THROWING = ("endEvent", "intermediateThrowEvent")


def check(document: Document) -> Iterator[Finding]:
    """Yield what is wrong with events, one after the other."""
    for event in document.every(*sorted(EVENTS)):
        found = kinds(document, event)
        yield from _start(event, found) if local(event) == "startEvent" else _position(event, found)
        yield from _several(event, found)
        yield from _cancelling(document, event, found)
        yield from _references(document, event)


def _position(event: Element, found: list[str]) -> Iterator[Finding]:
    """Only some kinds may stand in each position (table 10.93)."""
    name = local(event)
    if not found and name in _NEED_A_KIND and event.find("{*}eventDefinitionRef") is None:
        message = f"{called(event)} names no event; choose a timer, message or another kind."
        yield error(event, "no_event", message)
    for kind in sorted(set(found) - _ALLOWED[name]):
        right = ", ".join(sorted(_ALLOWED[name]))
        yield error(
            event, "position", f"{called(event)} is {_PLACES[name]} of kind {kind}; there are: {right}."
        )
    if "link" in found and len(found) > 1:
        yield error(event, "position", f"{called(event)} is a link; it can hold nothing beside.")


def _start(event: Element, found: list[str]) -> Iterator[Finding]:
    """A process is started by what comes from outside, a subprocess by its flow, an event one by its event."""
    scope = scope_of(event)
    if scope is None:
        return
    if is_event_subprocess(scope):
        if not found and event.find("{*}eventDefinitionRef") is None:
            message = (
                f"{called(event)} starts the event subprocess {scope.get('id')}; it must say by which event."
            )
            yield error(event, "no_event", message)
        allowed = _INNER_STARTS
    elif local(scope) == "process":
        allowed = _STARTS
    else:
        allowed = frozenset()
    for kind in sorted(set(found) - allowed):
        place = "a process" if local(scope) == "process" else "a subprocess"
        right = ", ".join(sorted(allowed)) or "none"
        message = f"{called(event)} cannot start {place} by kind {kind}; there are: {right}."
        yield error(event, "position", message)


def _several(event: Element, found: list[str]) -> Iterator[Finding]:
    """Only an event with several definitions can wait for all of them (10.5.1, parallelMultiple)."""
    if event.get("parallelMultiple") in _TRUE and len(found) < 2:
        message = (
            f"{called(event)} is parallelMultiple; it needs two or more event definitions, not {len(found)}."
        )
        yield error(event, "multiple", message)


def _cancelling(document: Document, event: Element, found: list[str]) -> Iterator[Finding]:
    """What always interrupts, and where cancellation belongs (10.5.3, 10.5.6)."""
    name = local(event)
    if name == "boundaryEvent" and event.get("cancelActivity") in _FALSE:
        for kind in {"error", "cancel"} & set(found):
            message = f"{called(event)} of kind {kind} always interrupts; cancelActivity cannot be false."
            yield error(event, "interrupting", message)
        if "compensate" in found:
            message = (
                f"{called(event)} catches a compensation, which interrupts nothing; leave out cancelActivity."
            )
            yield policy(event, "interrupting", message)
    if (
        name == "startEvent"
        and event.get("isInterrupting") in _FALSE
        and is_event_subprocess(scope_of(event))
    ):
        for kind in {"error", "compensate"} & set(found):
            message = f"{called(event)} of kind {kind} always interrupts; isInterrupting cannot be false."
            yield error(event, "interrupting", message)
    host = document.referred(event, "attachedToRef")
    if name == "boundaryEvent" and "cancel" in found and host is not None and local(host) != "transaction":
        yield error(event, "cancel", f"{called(event)} catches a cancel; it can only sit on a transaction.")
    if name == "endEvent" and "cancel" in found and around(event, "transaction") is None:
        message = f"{called(event)} cancels a transaction, but stands in none."
        yield error(event, "cancel", message)


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
            yield error(event, "reference", f"{called(event)} must name its {kind}: {kind}Ref is missing.")
        coded = target is not None and local(target) == kind and kind in ("error", "escalation")
        if throws and coded and target is not None and not target.get(f"{kind}Code"):
            message = f"{called(event)} throws the {called(target)}, which has no {kind}Code."
            # Here its id serves for the code.
            yield policy(event, "code", message)
        if kind == "link" and not (definition.get("name") or "").strip():
            yield error(
                event, "link", f"The link {called(event)} has no name; links of one name belong together."
            )
