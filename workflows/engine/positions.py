"""Which kinds of event may stand where (BPMN 2.0, table 10.93), and why not elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from workflows.engine.dialect import event_kind, event_kinds, is_event_subprocess, local
from workflows.findings import Finding

_CAUGHT = frozenset({"message", "signal", "timer", "conditional"})
_THROWN = frozenset({"message", "signal", "escalation", "compensate"})
_START = "the start of a process"
#: Position → kinds that may stand there, alone or (but for none and link) several at once.
_TABLE: dict[str, frozenset[str]] = {
    _START: _CAUGHT | {"none"},
    "the start of a subprocess": frozenset({"none"}),
    "the start of an event subprocess": _CAUGHT | {"error", "escalation", "compensate"},
    "an intermediate catching event": _CAUGHT | {"link"},
    "an intermediate throwing event": _THROWN | {"none", "link"},
    "a boundary event": _CAUGHT | {"error", "escalation", "compensate", "cancel"},
    "an end event": _THROWN | {"none", "error", "cancel", "terminate"},
}
_NAMES = {
    "endEvent": "an end event",
    "intermediateCatchEvent": "an intermediate catching event",
    "intermediateThrowEvent": "an intermediate throwing event",
    "boundaryEvent": "a boundary event",
}
#: Kinds that always end what they are attached to.
_INTERRUPTING = frozenset({"error", "cancel"})
#: Kinds that cannot wait until others have happened too.
_AT_ONCE = frozenset({"error", "cancel"})


def check_position(event: etree._Element) -> Iterator[Finding]:
    """Yield an error where an event of these kinds cannot stand where it does."""
    position, kinds = _position(event), event_kinds(event)
    allowed = _TABLE[position]
    for kind in dict.fromkeys(kinds or ["none"]):
        if kind == "none" and kind not in allowed:
            choose = f"It is {position} without any event; choose {_listed(allowed)}."
            yield _error(event, "no_event", choose)
        elif kind not in allowed:
            wrong = f"An event of kind '{kind}' cannot be {position}; that can be {_listed(allowed)}."
            yield _error(event, "unsupported", wrong)
        elif not _interrupts(event) and (kind in _INTERRUPTING or _undoes_scope(event, kind)):
            yield _error(event, "unsupported", f"An event of kind '{kind}' always interrupts.")
    if len(kinds) > 1:
        yield from _check_several(event, position, kinds)


def _check_several(event: etree._Element, position: str, kinds: list[str]) -> Iterator[Finding]:
    alone = (
        {"link"} if position in ("an intermediate throwing event", "an end event") else {"link", "compensate"}
    )
    for kind in alone.intersection(kinds):
        yield _error(
            event, "unsupported", f"An event of kind '{kind}' stands alone here; draw the others apart."
        )
    if event_kind(event) == "parallelMultiple":
        for kind in _AT_ONCE.intersection(kinds):
            late = f"An event of kind '{kind}' cannot wait for others to happen; take parallelMultiple away."
            yield _error(event, "unsupported", late)


def _position(event: etree._Element) -> str:
    name, scope = local(event), event.getparent()
    if name != "startEvent":
        return _NAMES[name]
    if scope is None or local(scope) == "process":
        return _START
    return "the start of an event subprocess" if is_event_subprocess(scope) else "the start of a subprocess"


def _undoes_scope(event: etree._Element, kind: str) -> bool:
    return local(event) == "startEvent" and kind == "compensate"


def _interrupts(event: etree._Element) -> bool:
    attribute = "cancelActivity" if local(event) == "boundaryEvent" else "isInterrupting"
    return event.get(attribute, "true") not in ("false", "0")


def _listed(kinds: frozenset[str]) -> str:
    *most, last = sorted("plain" if kind == "none" else kind for kind in kinds)
    return f"{', '.join(most)} or {last}" if most else last


def _error(event: etree._Element, rule: str, message: str) -> Finding:
    return Finding(event.get("id"), rule, "error", message)
