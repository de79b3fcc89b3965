"""Data of a process as variables: objects, stores, properties, inputs and outputs (BPMN 2.0, 10.4).

Each is a variable: of the name of the data object (else of its first reference, else its id) where that is a
plain name. Data objects and properties of a subprocess that any association uses are local to it (one that
is only drawn hides no variable); all others live in the process, data stores too: they are not shared between
instances. An association copies from variable to variable when its
element begins (inputs) or is left (outputs); what has no value yet is not copied, and blocks nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from workflows.engine import scope
from workflows.engine.dialect import Q, children, local, text_of
from workflows.engine.ledger import Ledger
from workflows.engine.plan import Association, Data, is_plain_name
from workflows.engine.tokens import Token

#: What stands for data, in associations and loops.
_ITEMS = (
    "dataObject",
    "dataObjectReference",
    "dataStore",
    "dataStoreReference",
    "dataInput",
    "dataOutput",
    "property",
    "inputDataItem",
    "outputDataItem",
)
_REFERS = {"dataObjectReference": "dataObjectRef", "dataStoreReference": "dataStoreRef"}
#: A modeller that needs a target for a line that it draws to a task writes such a property.
_PLACEHOLDER = "__targetRef_placeholder"


class Names:
    """The variables of all data elements of a file, by their ids."""

    def __init__(self, element: etree._Element) -> None:
        tree = element.getroottree()
        items = {e.get("id", ""): e for e in tree.iter(*(Q + tag for tag in _ITEMS)) if e.get("id")}
        homes = {identity: _home(item, items) for identity, item in items.items()}
        named: dict[str, str] = {}
        for home, item in [(h, h) for h in homes.values()] + [(homes[i], items[i]) for i in items]:
            if name := _own_name(item):
                named.setdefault(home.get("id", ""), name)
        self.used: set[str] = set()  #: variables that an association reads or writes
        self._known = {i: named.get(home.get("id", ""), home.get("id") or i) for i, home in homes.items()}

    def of(self, reference: str | None) -> str | None:
        """Return the variable of a data element, None if there is no such element."""
        wanted = (reference or "").strip()
        return self._known.get(wanted) or self._known.get(wanted.rpartition(":")[2])


def locals_of(element: etree._Element, names: Names) -> tuple[str, ...]:
    """Return the variables that a subprocess keeps for itself."""
    if local(element) == "process":
        return ()
    own = children(element, frozenset({"dataObject", "property"}))
    return tuple(name for e in own if (name := names.of(e.get("id"))) in names.used)


def data_of(ledger: Ledger, element: etree._Element, names: Names) -> Data:
    """Return what an element copies in and out, with a finding for every association that cannot be."""
    inputs = element.iterfind(Q + "dataInputAssociation")
    outputs = element.iterfind(Q + "dataOutputAssociation")
    into = tuple(a for found in inputs for a in _associations(ledger, element, found, names))
    out_of = tuple(a for found in outputs for a in _associations(ledger, element, found, names))
    for association in (*into, *out_of):
        read = association.value.names if association.value else {association.source or ""}
        names.used |= {association.target, *read}
    return Data(
        into,
        out_of,
        tuple(_declared(element, "dataInput", names)),
        tuple(_declared(element, "dataOutput", names)),
    )


def collection_of(element: etree._Element, reference: str, names: Names, *, out: bool) -> str:
    """Return the variable behind a loop's data input or output: the one at the far end of its association."""
    side, near, far = ("Output", "sourceRef", "targetRef") if out else ("Input", "targetRef", "sourceRef")
    for found in element.iterfind(f"{Q}data{side}Association"):
        if text_of(found, near) == reference and (name := names.of(text_of(found, far))):
            return name
    return names.of(reference) or reference


def copy_in(token: Token) -> None:
    """Fill the data inputs of an element that begins, as variables of its own."""
    spec = token.task_spec
    for association in spec.associations.inputs:
        # What is seen under its name already needs no copy, except to be sent.
        if association.source != association.target or spec.sends:
            token.data.update(_value(token, association))


def copy_out(token: Token) -> None:
    """Copy the data outputs of an element that is left to where they go."""
    for association in token.task_spec.associations.outputs:
        scope.assign(token.parent, _value(token, association))


def take_in(token: Token, payload: Mapping[str, Any]) -> None:
    """Write what an event brings; one value for the one data output of the event that waited is that output.

    Sender and receiver may each have a name of their own for what a message carries (BPMN 2.0, 10.4.2).
    """
    outputs = token.task_spec.associations.gives
    if len(outputs) == len(payload) == 1 and outputs[0] not in payload:
        token.data[outputs[0]] = next(iter(payload.values()))
    else:
        scope.assign(token, payload)


def _value(token: Token, association: Association) -> dict[str, Any]:
    if association.value is not None:
        value = token.workflow.value(association.value, token)
        return dict(token.workflow.cleaned(token, {association.target: value}))
    seen = scope.visible(token)
    if association.source is None or association.source not in seen:
        return {}
    return scope.clean({association.target: seen[association.source]})


def _associations(
    ledger: Ledger, element: etree._Element, found: etree._Element, names: Names
) -> Iterator[Association]:
    sources = [(e.text or "").strip() for e in found.iterfind(Q + "sourceRef")]
    reference, identity = text_of(found, "targetRef"), element.get("id", "")
    target = names.of(reference)
    if target == _PLACEHOLDER:
        return
    assignments = list(found.iterfind(Q + "assignment"))
    for assignment in assignments:
        yield from _assigned(ledger, identity, assignment, names)
    transformation = text_of(found, "transformation")
    if assignments or not (sources or transformation):
        return
    missing = [r for r in (reference, *sources) if names.of(r) is None]
    if missing or (len(sources) > 1 and not transformation):
        why = f"there is no data '{missing[0]}'" if missing else "several sources need a transformation"
        ledger.policy(identity, "data", f"The data association is not carried out: {why}.")
    elif transformation:
        value = ledger.condition(identity, transformation, "The transformation")
        yield Association(target or "", None, value)
    else:
        yield Association(target or "", names.of(sources[0]))


def _assigned(
    ledger: Ledger, identity: str, assignment: etree._Element, names: Names
) -> Iterator[Association]:
    source, to = text_of(assignment, "from"), text_of(assignment, "to")
    inner = to[2:-1].strip() if to[:2] in ("${", "#{") and to.endswith("}") else to
    target = names.of(inner) or (inner if is_plain_name(inner) else None)
    if target is None or not source:
        why = "an assignment needs an expression in <from> and the name of a variable in <to>"
        ledger.policy(identity, "data", f"The data association is not carried out: {why}.")
        return
    yield Association(target, None, ledger.condition(identity, source, "The assignment"))


def _declared(element: etree._Element, tag: str, names: Names) -> Iterator[str]:
    for holder in (element, element.find(Q + "ioSpecification")):
        for item in holder.iterfind(Q + tag) if holder is not None else ():
            if name := names.of(item.get("id")):
                yield name


def _home(item: etree._Element, items: dict[str, etree._Element]) -> etree._Element:
    reference = item.get(_REFERS.get(local(item), "id"), "")
    return items.get(reference, items.get(reference.rpartition(":")[2], item))


def _own_name(item: etree._Element) -> str | None:
    name = (item.get("name") or "").strip()
    return name if is_plain_name(name) or name == _PLACEHOLDER else None
