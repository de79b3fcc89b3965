"""Drafts: what a file shows, however much it lacks to be run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from lxml import etree

from workflows import hardening
from workflows.engine import normalise
from workflows.engine.dialect import BPMN, FLOW_NODES, Q, children, event_definitions, node_kind

#: Namespaces of what came before BPMN 2.0, or beside it.
_OTHERS = {
    "http://schema.omg.org/spec/BPMN/2.0": "a draft of BPMN 2.0 of 2009",
    "http://www.omg.org/bpmn20": "a draft of BPMN 2.0 of 2008",
    "http://www.omg.org/spec/BPMN/20091016/MODEL": "a draft of BPMN 2.0 of 2009",
    "http://www.omg.org/spec/DMN": "DMN, a decision",
    "http://www.omg.org/spec/CMMN": "CMMN, a case",
    "http://www.wfmc.org": "XPDL",
    "http://schemas.xmlsoap.org/ws/2003/03/business-process": "BPEL",
    "http://docs.oasis-open.org/wsbpel": "BPEL",
}


class NotBpmn(Exception):
    """The file is XML, but not BPMN 2.0; the text says what it seems to be."""


def parse(xml: bytes) -> etree._Element:
    """Return the root of a BPMN 2.0 file; raises `hardening.Unsafe` or `NotBpmn`."""
    root = hardening.parse(xml)
    if root.tag == Q + "definitions":
        return root
    name = etree.QName(root)
    seems = next(
        (what for prefix, what in _OTHERS.items() if (name.namespace or "").startswith(prefix)), None
    )
    found = (
        f"it seems to be {seems}"
        if seems
        else f"its root is <{name.localname}> of {name.namespace or 'no namespace'}"
    )
    raise NotBpmn(f"The file is no BPMN 2.0: {found}; the root must be <definitions> of {BPMN}.")


def outline(xml: bytes, process_id: str | None = None) -> dict[str, str]:
    """Return node id → kind, in the order of the file, of one process or all: what is understood of a picture.

    Of nodes that share an id each is told, the second as "id (2)".
    """
    try:
        root = parse(xml)
    except (hardening.Unsafe, NotBpmn):
        return {}
    normalise.give_ids(root)
    normalise.inline_event_definitions(root)
    found: dict[str, str] = {}
    seen: Counter[str] = Counter()
    for process in root.iterfind(Q + "process"):
        if process_id in (None, process.get("id")):
            for element in process.iter(*(Q + name for name in FLOW_NODES)):
                identity = element.get("id", "")
                seen[identity] += 1
                again = seen[identity] > 1
                found[f"{identity} ({seen[identity]})" if again else identity] = node_kind(element)
    return found


@dataclass(frozen=True)
class Drawn:
    """One process of a file."""

    id: str
    executable: bool
    called: bool  #: by another process of the file, or made to be called
    by_hand: bool  #: begins without a message, signal, time or condition


def processes(xml: bytes) -> list[Drawn]:
    """Return the processes of a file in its order, none where it is no safe XML; those without a node are left out."""
    try:
        root = parse(xml)
    except (hardening.Unsafe, NotBpmn):
        return []
    normalise.normalise(root)
    drawn = [process for process in root.iterfind(Q + "process") if children(process, FLOW_NODES)]
    callers = Counter(called for process in drawn for called in _calls(process) - {process.get("id")})
    return [
        Drawn(
            id=process.get("id", ""),
            executable=process.get("isExecutable", "true") != "false",
            called=process.get("id") in callers or process.get(normalise.ALONE) is not None,
            by_hand=_begins_by_hand(process),
        )
        for process in drawn
    ]


def _calls(process: etree._Element) -> set[str | None]:
    return {call.get("calledElement") for call in process.iter(Q + "callActivity")}


def _begins_by_hand(process: etree._Element) -> bool:
    starts = children(process, frozenset({"startEvent"}))
    return not starts or any(not event_definitions(start) for start in starts)
