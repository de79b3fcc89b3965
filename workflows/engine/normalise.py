"""Small repairs of a file before it is read, none of which changes what it means."""

from __future__ import annotations

import copy
from collections.abc import Iterator

from lxml import etree

from workflows.engine.dialect import FLOW_NODES, C, Q, event_definitions, local

#: Reference attribute → the root element that it must name.
REFERENCES = {
    "messageRef": "message",
    "signalRef": "signal",
    "errorRef": "error",
    "escalationRef": "escalation",
}
#: Root elements that a call activity may name → the task that each of them is (BPMN 2.0, 10.3.6).
GLOBAL_TASKS = {
    "globalTask": "task",
    "globalUserTask": "userTask",
    "globalManualTask": "manualTask",
    "globalScriptTask": "scriptTask",
    "globalBusinessRuleTask": "businessRuleTask",
}
#: Camunda's ways to say what a task does.
_IMPLEMENTATIONS = ("class", "delegateExpression", "expression", "type")
#: Marks the process made around a global task.
ALONE = "{urn:duban}alone"
#: Elements copied from shared event definitions into one file; who shares more means to flood.
MAX_COPIED = 50_000


def normalise(root: etree._Element) -> None:
    """Rewrite `root` in place so that every reader below sees one way of writing things."""
    give_ids(root)
    inline_event_definitions(root)
    strip_prefixes(root)
    name_definitions(root)
    name_receive_tasks(root)
    name_send_tasks(root)
    wrap_global_tasks(root)


def give_ids(root: etree._Element) -> None:
    """Give nodes, flows and definitions without an id one that is the same at every reading.

    The library indexes only what has an id: a flow without one silently ends the process.
    """
    wanted = FLOW_NODES | {"sequenceFlow", "process", *GLOBAL_TASKS, *REFERENCES.values()}
    taken = {element.get("id") for element in root.iter(etree.Element)}
    counts: dict[str, int] = {}
    for element in root.iter(etree.Element):
        name = local(element)
        if name in wanted and not element.get("id"):
            while True:
                counts[name] = counts.get(name, 0) + 1
                fresh = f"{name}_without_id_{counts[name]}"
                if fresh not in taken:
                    break
            element.set("id", fresh)


def inline_event_definitions(root: etree._Element) -> None:
    """Replace `<eventDefinitionRef>` by what it names; the library reads it as a plain event."""
    shared = {d.get("id"): d for d in event_definitions(root)}
    left = MAX_COPIED
    for reference in list(root.iter(Q + "eventDefinitionRef")):
        definition = shared.get(plain_reference(reference.text or "", shared))
        left -= sum(1 for _ in definition.iter()) if definition is not None else 0
        if definition is not None and left > 0:
            replacement = copy.deepcopy(definition)
            replacement.attrib.pop("id", "")
            holder = reference.getparent()
            if holder is not None:
                holder.replace(reference, replacement)


#: Element → attributes beside `REFERENCES` in which the schema allows a qualified name.
_QUALIFIED = {
    "boundaryEvent": frozenset({"attachedToRef"}),
    "association": frozenset({"sourceRef", "targetRef"}),
    "compensateEventDefinition": frozenset({"activityRef"}),
}


def strip_prefixes(root: etree._Element) -> None:
    """Let `tns:Message_1` mean Message_1 where only that exists."""
    for attribute, tag in REFERENCES.items():
        known = {element.get("id") for element in root.iter(Q + tag)}
        for element in _with_attribute(root, attribute):
            element.set(attribute, plain_reference(element.get(attribute, ""), known))
    everything = {element.get("id") for element in root.iter(etree.Element)}
    for tag, attributes in _QUALIFIED.items():
        for element in root.iter(Q + tag):
            for attribute in attributes.intersection(map(str, element.attrib)):
                element.set(attribute, plain_reference(element.get(attribute, ""), everything))
    callable_tags = (Q + tag for tag in ("process", *GLOBAL_TASKS))
    processes = {element.get("id") for element in root.iter(*callable_tags)}
    for element in root.iter(Q + "callActivity"):
        if called := element.get("calledElement"):
            element.set("calledElement", _imported(element, plain_reference(called, processes)))


def _imported(element: etree._Element, reference: str) -> str:
    """Return the id behind the prefix of an import: processes of other files are found by it."""
    prefix, _, identity = reference.rpartition(":")
    imports = element.getroottree().getroot().iterfind(Q + "import")
    namespaces = {found.get("namespace") for found in imports}
    return identity if prefix and element.nsmap.get(prefix) in namespaces else reference


def plain_reference(text: str, known: object) -> str:
    """Return the reference without its namespace prefix where that is what exists."""
    stripped = text.strip()
    unprefixed = stripped.rpartition(":")[2]
    return unprefixed if stripped not in known and unprefixed in known else stripped  # type: ignore[operator]


def name_definitions(root: etree._Element) -> None:
    """Give messages and signals without a name, and errors without a code, their id for it.

    A missing code would otherwise read as "any error" in the library.
    """
    for tag, attribute in (
        ("message", "name"),
        ("signal", "name"),
        ("error", "errorCode"),
        ("escalation", "escalationCode"),
    ):
        for element in root.iter(Q + tag):
            if not element.get(attribute):
                element.set(attribute, element.get("id", ""))


def name_receive_tasks(root: etree._Element) -> None:
    """Let a receive task without message wait for one of its own name; the library would not wait at all."""
    for task in list(root.iter(Q + "receiveTask")):
        if not task.get("messageRef"):
            _give_message(root, task)


def name_send_tasks(root: etree._Element) -> None:
    """Let a send task of which nothing but a message flow is drawn throw a message along that."""
    sending = {flow.get("sourceRef") for flow in root.iter(Q + "messageFlow")}
    for task in list(root.iter(Q + "sendTask")):
        performs = any(task.get(C + attribute) for attribute in _IMPLEMENTATIONS)
        if task.get("id") in sending and not (task.get("messageRef") or performs):
            _give_message(root, task)


def _give_message(root: etree._Element, task: etree._Element) -> None:
    """Let a task name a message of its own."""
    message = etree.SubElement(root, Q + "message")
    message.set("id", f"{task.get('id')}_message")
    message.set("name", task.get("name") or task.get("id") or "")
    task.set("messageRef", f"{task.get('id')}_message")


def wrap_global_tasks(root: etree._Element) -> None:
    """Turn every global task into a process of that task alone, which call activities then call.

    Task and process share the id that the file gives: findings and steps name what the author wrote.
    """
    for kind, task in GLOBAL_TASKS.items():
        for element in list(root.iterfind(Q + kind)):
            process = etree.Element(Q + "process", {"id": element.get("id", ""), ALONE: "true"})
            root.replace(element, process)
            element.tag = Q + task
            process.append(element)


def _with_attribute(root: etree._Element, attribute: str) -> Iterator[etree._Element]:
    return (e for e in root.iter(etree.Element) if local(e) and e.get(attribute))
