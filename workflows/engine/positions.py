"""Which kinds of event may stand where (BPMN 2.0, table 10.93), and why not elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from workflows.engine.dialect import event_kind, is_event_subprocess, local
from workflows.findings import Finding

_CAUGHT = frozenset({"message", "signal", "timer", "conditional"})
#: Position → kinds that may stand there.
_TABLE: dict[str, frozenset[str]] = {
    "the start of a process": _CAUGHT | {"none"},
    "the start of a subprocess": frozenset({"none"}),
    "the start of an event subprocess": _CAUGHT | {"error", "escalation", "compensate"},
    "an intermediate catching event": _CAUGHT | {"link"},
    "an intermediate throwing event": frozenset(
        {"none", "message", "signal", "escalation", "compensate", "link"}
    ),
    "a boundary event": _CAUGHT | {"error", "escalation", "compensate", "cancel"},
    "an end event": frozenset(
        {"none", "message", "signal", "error", "escalation", "compensate", "terminate", "cancel"}
    ),
}
#: Kinds that always end what they are attached to.
_INTERRUPTING = frozenset({"error", "cancel"})
_NAMES = {
    "endEvent": "an end event",
    "intermediateCatchEvent": "an intermediate catching event",
    "intermediateThrowEvent": "an intermediate throwing event",
    "boundaryEvent": "a boundary event",
}


def check_position(event: etree._Element) -> Iterator[Finding]:
    """Yield an error where an event of this kind cannot stand where it does."""
    position, kind = _position(event), event_kind(event)
    allowed = _TABLE[position]
    if kind in allowed:
        if kind in _INTERRUPTING and not _interrupts(event):
            yield _error(event, "unsupported", f"An event of kind '{kind}' always interrupts.")
    elif kind == "none":
        yield _error(event, "no_event", f"It is {position} without any event; choose {_listed(allowed)}.")
    elif kind == "multiple":
        yield _error(
            event, "unsupported", "Several event definitions on one event are not supported; draw them apart."
        )
    else:
        yield _error(
            event,
            "unsupported",
            f"An event of kind '{kind}' cannot be {position}; that can be {_listed(allowed)}.",
        )


def _position(event: etree._Element) -> str:
    name, scope = local(event), event.getparent()
    if name != "startEvent":
        return _NAMES[name]
    if scope is None or local(scope) == "process":
        return "the start of a process"
    return "the start of an event subprocess" if is_event_subprocess(scope) else "the start of a subprocess"


def _interrupts(event: etree._Element) -> bool:
    attribute = "cancelActivity" if local(event) == "boundaryEvent" else "isInterrupting"
    return event.get(attribute, "true") not in ("false", "0")


def _listed(kinds: frozenset[str]) -> str:
    *most, last = sorted("plain" if kind == "none" else kind for kind in kinds)
    return f"{', '.join(most)} or {last}" if most else last


def _error(event: etree._Element, rule: str, message: str) -> Finding:
    return Finding(event.get("id"), rule, "error", message)
