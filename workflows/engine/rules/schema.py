"""Whether a file keeps to the XML schema of BPMN 2.0 (2.0.2, chapter 15).

What is graver than what: an element or attribute that the standard does not know, a missing one that it
requires, too many of one, and a value of the wrong type are *errors*, for nobody can say what is meant. The
order of children, stray text and elements of other namespaces outside `<extensionElements>` are *warnings*:
many modellers write them, and nothing changes by them. The drawing (BPMNDI) and extensions are not looked at.

A schema validator is not used: it stops at the first child out of order and so hides what follows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

from lxml import etree

from workflows.engine.dialect import FLOW_NODES, Q, local
from workflows.engine.rules.document import Document, Element, called, error, warning
from workflows.engine.rules.grammar import Slot, Type, grammar
from workflows.findings import Finding

_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_NAME = r"[^\W\d][\w.\-·]*"
_PATTERNS = {
    "xsd:boolean": (re.compile(r"true|false|1|0"), "true or false"),
    "xsd:int": (re.compile(r"[+-]?\d{1,10}"), "a whole number"),
    "xsd:integer": (re.compile(r"[+-]?\d+"), "a whole number"),
    "xsd:ID": (re.compile(_NAME), "an id: a letter or _ first, then letters, digits, . - _"),
    "xsd:IDREF": (re.compile(_NAME), "the id of an element"),
    "xsd:QName": (re.compile(rf"({_NAME}:)?{_NAME}"), "the id of an element, with a prefix or without"),
}
#: Types of data are named in other languages; a called process may be an expression.
_FREE = frozenset({"structureRef", "type", "evaluatesToTypeRef", "implementationRef", "calledElement"})


def check(document: Document) -> Iterator[Finding]:
    """Yield what departs from the schema, in document order."""
    todo: list[tuple[Element, str]] = [(document.root, "tDefinitions")]
    while todo:
        element, name = todo.pop()
        known = grammar().types.get(name)
        if known is None:
            yield from _value(element, "", element.text or "", name)
            yield from _plain(element)
            continue
        known, problems = _own_type(element, known, name)
        yield from problems
        yield from _attributes(element, known)
        yield from _text(element, known)
        if local(element) != "extensionElements":
            below = list(_typed(element, known))
            todo.extend(reversed(below))
            yield from _children(element, known)


def _own_type(element: Element, known: Type, name: str) -> tuple[Type, list[Finding]]:
    """Return the type that an element says it has (`xsi:type`); an expression is a formal one unsaid."""
    types = grammar().types
    if name == "tExpression":
        known = types["tFormalExpression"]
    said = element.get(_TYPE, "").strip().rpartition(":")[2]
    if not said or said in types:
        return types.get(said, known), []
    message = f"There is no type '{said}' (xsi:type) in BPMN 2.0; an expression is a tFormalExpression."
    return known, [error(element, "type", message)]


def _attributes(element: Element, known: Type) -> Iterator[Finding]:
    for key, value in element.attrib.items():
        name = str(key)
        if name.startswith("{") and not name.startswith(Q):
            continue
        if name not in known.attributes:
            message = f"<{local(element)}> has no attribute '{name.removeprefix(Q)}' in BPMN 2.0."
            yield error(element, "attribute", message)
        else:
            yield from _value(element, name, str(value), known.attributes[name][0])
    for name, (_, required) in known.attributes.items():
        if required and element.get(name) is None:
            yield error(element, "required", f"The attribute {name} of {called(element)} is missing.")


def _value(element: Element, attribute: str, text: str, kind: str) -> Iterator[Finding]:
    """Whether a value is of its type, and a prefix in it is declared."""
    value, where = text.strip(), f"{attribute} of {called(element)}" if attribute else f"<{local(element)}>"
    allowed = grammar().values.get(kind)
    if allowed is not None and value not in allowed:
        yield error(element, "value", f"{where}: '{value}' must be one of {', '.join(sorted(allowed))}.")
    if kind not in _PATTERNS or (attribute or local(element)) in _FREE:
        return
    pattern, meaning = _PATTERNS[kind]
    if not pattern.fullmatch(value):
        yield error(element, "value", f"{where}: '{value[:80]}' must be {meaning}.")
    elif kind == "xsd:QName" and ":" in value and value.partition(":")[0] not in element.nsmap:
        prefix = value.partition(":")[0]
        yield error(
            element, "prefix", f"{where}: the prefix of '{value}' is unknown; declare xmlns:{prefix}."
        )


def _plain(element: Element) -> Iterator[Finding]:
    """What holds a reference or a number holds nothing beside it."""
    for child in element:
        if local(child):
            message = f"<{local(child)}> has no place in <{local(element)}>, which holds text only."
            yield error(child if child.get("id") else element, "element", message)
    for name in map(str, element.attrib):
        if not name.startswith("{"):
            message = f"<{local(element)}> has no attribute '{name}' in BPMN 2.0."
            yield error(element, "attribute", message)


def _text(element: Element, known: Type) -> Iterator[Finding]:
    if known.mixed or known.any:
        return
    stray = (element.text or "").strip() or next((t for c in element if (t := (c.tail or "").strip())), "")
    if stray:
        yield warning(element, "text", f"The text '{stray[:60]}' in {called(element)} has no meaning here.")


def _typed(element: Element, known: Type) -> Iterator[tuple[Element, str]]:
    """Yield the children that the type knows, each with the name of its own type."""
    for child in element:
        name = local(child)
        if (number := known.places.get(name)) is not None:
            slot = known.slots[number]
            yield child, slot.type if len(slot.names) == 1 else grammar().elements[name]


def _children(element: Element, known: Type) -> Iterator[Finding]:
    counts: Counter[int] = Counter()
    latest, ordered = -1, True
    for child in element:
        number = known.places.get(local(child))
        if number is None:
            yield from _foreign(element, child, known)
            continue
        counts[number] += 1
        ordered = ordered and number >= latest
        latest = max(latest, number)
    if not ordered:
        yield warning(element, "order", f"The parts of {called(element)} do not stand in the schema's order.")
    for number, slot in enumerate(known.slots):
        if not slot.minimum <= counts[number] <= slot.maximum:
            yield from _count(element, slot, counts[number])
    filled = [known.slots[number] for number in sorted(counts)]
    if len(branches := {slot.branch for slot in filled if slot.branch is not None}) > 1:
        names = sorted(min(slot.names) for slot in filled if slot.branch in branches)
        yield error(element, "cardinality", f"Of {', '.join(names)}, {called(element)} may hold one only.")


def _foreign(element: Element, child: Element, known: Type) -> Iterator[Finding]:
    name = local(child)
    bare = etree.QName(child).localname
    if not name and (bare in FLOW_NODES or bare == "sequenceFlow" or bare.endswith("EventDefinition")):
        message = (
            f"<{bare}> in {called(element)} is of the namespace '{etree.QName(child).namespace or ''}', "
        )
        yield error(element, "lost", message + "not of BPMN 2.0; it would be lost.")
    elif name and not known.any:
        message = f"<{name}> has no place in {called(element)}."
        if name not in _names():
            message = f"There is no <{name}> in BPMN 2.0; it stands in {called(element)}."
        yield error(child if child.get("id") else element, "element", message)
    elif not name and not known.any and local(element) != "definitions":
        message = f"<{etree.QName(child).localname}> of another namespace belongs into <extensionElements>."
        yield warning(element, "foreign", message)


@cache
def _names() -> frozenset[str]:
    slots = (slot for known in grammar().types.values() for slot in known.slots)
    return frozenset(grammar().elements).union(*(slot.names for slot in slots))


def _count(element: Element, slot: Slot, count: int) -> Iterator[Finding]:
    name = " or ".join(sorted(slot.names)[:3])
    if count < slot.minimum:
        need = "a" if slot.minimum == 1 else f"at least {slot.minimum}"
        yield error(element, "cardinality", f"{called(element)} needs {need} <{name}>; it has {count}.")
    elif count > slot.maximum:
        yield error(
            element, "cardinality", f"{called(element)} may hold {slot.maximum} <{name}>; it has {count}."
        )
