"""BPMN 2.0 with Camunda 7 attributes: element names, and what stands on an element, as plain values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
Q = f"{{{BPMN}}}"
C = f"{{{CAMUNDA}}}"

SUBPROCESSES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
TASKS = frozenset(
    {
        "task",
        "userTask",
        "manualTask",
        "scriptTask",
        "serviceTask",
        "sendTask",
        "receiveTask",
        "businessRuleTask",
        "callActivity",
    }
)
ACTIVITIES = TASKS | SUBPROCESSES
GATEWAYS = frozenset(
    {"exclusiveGateway", "parallelGateway", "inclusiveGateway", "complexGateway", "eventBasedGateway"}
)
EVENTS = frozenset(
    {"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"}
)
FLOW_NODES = ACTIVITIES | GATEWAYS | EVENTS
SCOPES = frozenset({"process"}) | SUBPROCESSES

_OPERATION = re.compile(r"\s*[$#]\{\s*([A-Za-z]\w*(?:\.[A-Za-z]\w*)*)\s*\}\s*\Z")
#: How Camunda users assign in an expression, which by itself assigns nothing.
_ASSIGNMENT = re.compile(
    r"""\s*[$#]\{\s*(?:execution|task)\.setVariable\(\s*['"]([^\W\d]\w*)['"]\s*,(.*)\)\s*\}\s*\Z""", re.DOTALL
)


def local(element: etree._Element) -> str:
    """Return the local name of a BPMN element, "" for anything of another namespace."""
    tag = element.tag
    return tag[len(Q) :] if isinstance(tag, str) and tag.startswith(Q) else ""


def children(scope: etree._Element, names: frozenset[str]) -> list[etree._Element]:
    """Return the direct BPMN children of `scope` with these local names, in document order."""
    return [child for child in scope if local(child) in names]


def event_definitions(element: etree._Element) -> list[etree._Element]:
    """Return the event definitions that stand on an event."""
    return [child for child in element if local(child).endswith("EventDefinition")]


def definition_kind(definition: etree._Element) -> str:
    """Return the kind of event ("timer", "message", …) that an event definition stands for."""
    return local(definition)[: -len("EventDefinition")]


def event_kinds(element: etree._Element) -> list[str]:
    """Return the kinds of all event definitions on an event."""
    return [definition_kind(child) for child in event_definitions(element)]


def event_kind(element: etree._Element) -> str:
    """Return "none", the single kind ("timer", "message", …), "multiple" or "parallelMultiple"."""
    kinds = event_kinds(element)
    if len(kinds) > 1:
        return "parallelMultiple" if element.get("parallelMultiple") in ("true", "1") else "multiple"
    return kinds[0] if kinds else "none"


def node_kind(element: etree._Element) -> str:
    """Return the element's local name, with its kind after a colon where it is an event of a kind."""
    name = local(element)
    if name not in EVENTS or (kind := event_kind(element)) == "none":
        return name
    return f"{name}:{kind}"


def is_event_subprocess(element: etree._Element) -> bool:
    """Tell whether the element is a subprocess that an event starts, not a flow."""
    return local(element) == "subProcess" and element.get("triggeredByEvent") in ("true", "1")


def is_handler(element: etree._Element) -> bool:
    """Tell whether the element is an activity that only undoes another."""
    return element.get("isForCompensation") in ("true", "1")


def associated(element: etree._Element) -> list[etree._Element]:
    """Return the elements beside `element` that an association joins with it, whichever way it is drawn."""
    root, scope = element.getroottree().getroot(), element.getparent()
    ends = [(a.get("sourceRef"), a.get("targetRef")) for a in root.iter(Q + "association")]
    joined = {b if a == element.get("id") else a for a, b in ends if element.get("id") in (a, b)}
    return [other for other in scope if other.get("id") in joined] if scope is not None else []


def text_of(element: etree._Element, name: str) -> str:
    """Return the stripped text of the first BPMN child `name`, "" if there is none."""
    return (element.findtext(Q + name) or "").strip()


def operation_of(expression: str) -> str | None:
    """Return the operation that `${clues.register}` names, None if the text names none."""
    match = _OPERATION.match(expression)
    return match.group(1) if match else None


def assigned_by(expression: str) -> tuple[str, str] | None:
    """Return variable and value of `${execution.setVariable('x', 1)}`, None where it is no such call."""
    match = _ASSIGNMENT.match(expression)
    return (match.group(1), match.group(2)) if match else None


def attributes_of(element: etree._Element) -> Mapping[str, Any]:
    """Return every Camunda attribute by its local name, and the structured extensions.

    `properties` {name: value}; `inputs`, `outputs` {name: text | list | map of texts}; `in`, `out`
    [{attribute: text}]; `formData` [{attribute: text, "values": {id: name}}]; `documentation` text;
    `instances` text: how many a multi-instance activity has, "" where that depends; `fields` {name: text}; `listeners`
    [{attribute: text, "kind": name, "fields": {name: text},
    "script": text | None}]; `scripts`, `connector`: True where the file holds what the engine does not carry out.
    """
    found: dict[str, Any] = _camunda_attributes(element)
    if documentation := text_of(element, "documentation"):
        found["documentation"] = documentation
    # A message thrown by an event carries its implementation on the event definition.
    for definition in event_definitions(element):
        found.update(_camunda_attributes(definition))
    extensions = element.find(Q + "extensionElements")
    if extensions is not None:
        _read_extensions(extensions, found)
    if (several := element.find(Q + "multiInstanceLoopCharacteristics")) is not None:
        ends_early = bool(text_of(several, "completionCondition"))
        found["instances"] = "" if ends_early else text_of(several, "loopCardinality")
    return MappingProxyType(found)


def _camunda_attributes(element: etree._Element) -> dict[str, Any]:
    return {str(key)[len(C) :]: str(value) for key, value in element.attrib.items() if str(key).startswith(C)}


def _read_extensions(extensions: etree._Element, found: dict[str, Any]) -> None:
    for kind, key in (("inputParameter", "inputs"), ("outputParameter", "outputs")):
        parameters = extensions.iterfind(f"{C}inputOutput/{C}{kind}")
        if values := {p.get("name", ""): _parameter(p) for p in parameters}:
            found[key] = MappingProxyType(values)
    properties = extensions.iterfind(f"{C}properties/{C}property")
    if named := {p.get("name") or p.get("id") or "": p.get("value", "") for p in properties}:
        found["properties"] = MappingProxyType(named)
    for kind in ("in", "out"):
        if mappings := tuple(MappingProxyType(dict(m.attrib)) for m in extensions.iterfind(C + kind)):
            found[kind] = mappings
    if fields := tuple(_form_field(f) for f in extensions.iterfind(f"{C}formData/{C}formField")):
        found["formData"] = fields
    if injected := {f.get("name", ""): _field(f) for f in extensions.iterfind(C + "field")}:
        found["fields"] = MappingProxyType(injected)
    if listeners := tuple(_listener(e) for e in _all(extensions, "executionListener", "taskListener")):
        found["listeners"] = listeners
    if any(not _listens(script.getparent()) for script in _all(extensions, "script")):
        found["scripts"] = True
    if extensions.find(C + "connector") is not None:
        found["connector"] = True


def _all(extensions: etree._Element, *names: str) -> Iterator[etree._Element]:
    return extensions.iter(*(C + name for name in names))


def _listens(element: etree._Element | None) -> bool:
    return element is not None and str(element.tag).endswith("Listener")


def _listener(element: etree._Element) -> Mapping[str, Any]:
    fields = {f.get("name", ""): _field(f) for f in element.iterfind(C + "field")}
    return MappingProxyType(
        {
            **{str(k): str(v) for k, v in element.attrib.items()},
            "kind": etree.QName(element).localname,
            "fields": MappingProxyType(fields),
            "script": element.findtext(C + "script"),
        }
    )


def _field(element: etree._Element) -> str:
    """Return the text or expression of an injected field, which stands in an attribute or in an element."""
    inner = (element.findtext(C + kind) for kind in ("string", "expression"))
    given = (element.get("stringValue"), element.get("expression"), *inner)
    return next((text.strip() for text in given if text), "")


def _parameter(element: etree._Element) -> Any:
    """Return a parameter's text, or the list or map that Camunda's modeler nests in it."""
    for child in element:
        if child.tag == C + "list":
            return tuple(_parameter(value) for value in child)
        if child.tag == C + "map":
            return MappingProxyType({entry.get("key", ""): _parameter(entry) for entry in child})
    return (element.text or "").strip()


def _form_field(element: etree._Element) -> Mapping[str, Any]:
    values = {v.get("id", ""): v.get("name", v.get("id", "")) for v in element.iterfind(C + "value")}
    return MappingProxyType(
        {**{str(k): str(v) for k, v in element.attrib.items()}, "values": MappingProxyType(values)}
    )
