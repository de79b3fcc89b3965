"""Data: objects, inputs and outputs, the sets they form, and the associations between them (10.4)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.engine.dialect import ACTIVITIES, EVENTS, SUBPROCESSES, Q, children, local
from workflows.engine.rules.document import Document, Element, around, called, error, policy
from workflows.engine.rules.items import collection_of, item_of
from workflows.findings import Finding

_TRUE = ("true", "1")
#: Set, its list of all, the lists that pick from it, the data it is made of, the other set and its back reference.
_SETS = (
    ("inputSet", "dataInputRefs", ("optionalInputRefs", "whileExecutingInputRefs"), "dataInput"),
    ("outputSet", "dataOutputRefs", ("optionalOutputRefs", "whileExecutingOutputRefs"), "dataOutput"),
)
_ASSOCIATIONS = ("dataInputAssociation", "dataOutputAssociation")


def check(document: Document) -> Iterator[Finding]:
    """Yield what is wrong with data."""
    yield from _objects(document)
    for name in ("dataObject", "dataInput", "dataOutput"):
        for item in document.every(name):
            yield from _collection(document, item)
    for specification in document.every("ioSpecification"):
        yield from _place(specification)
    for holder in document.every("ioSpecification", *sorted(EVENTS)):
        yield from _sets(document, holder)
    yield from _paired(document)
    for association in document.every(*_ASSOCIATIONS):
        yield from _association(document, association)
    for loop in document.every("multiInstanceLoopCharacteristics"):
        yield from _loop(document, loop)


def _objects(document: Document) -> Iterator[Finding]:
    """An object has the type, its references have the states; a reference stays in the object's scope (10.4.1)."""
    for item in document.every("dataObject"):
        if item.find(Q + "dataState") is not None:
            message = f"{called(item)} has a dataState; only a reference to a data object can have one."
            yield error(item, "data_state", message)
    for reference in document.every("dataObjectReference"):
        if reference.get("itemSubjectRef"):
            message = f"{called(reference)} has an itemSubjectRef; only the data object itself can have one."
            yield error(reference, "item", message)
        behind = document.referred(reference, "dataObjectRef")
        if not reference.get("dataObjectRef"):
            yield policy(
                reference, "reference", f"{called(reference)} must name its data object: dataObjectRef."
            )
        elif behind is not None and local(behind) == "dataObject" and not _sees(reference, behind):
            message = f"{called(reference)} names the {called(behind)}, which lies in another process or subprocess."
            yield error(reference, "scope", message)


def _sees(element: Element, item: Element) -> bool:
    """Tell whether data is in reach: it lies in a scope around the element, or belongs to it."""
    place = item.getparent()
    if place is not None and local(place) == "ioSpecification":
        place = place.getparent()
    if place is None or local(item) == "dataStore" or local(place) == "definitions":
        return True
    return place is element or place in element.iterancestors()


def _collection(document: Document, item: Element) -> Iterator[Finding]:
    """isCollection says the same as the item definition (10.4.1)."""
    definition = document.referred(item, "itemSubjectRef")
    if definition is None or local(definition) != "itemDefinition":
        return
    if (item.get("isCollection") in _TRUE) != (definition.get("isCollection") in _TRUE):
        message = f"isCollection of {called(item)} and of its {called(definition)} must be the same."
        yield error(item, "collection", message)


def _place(specification: Element) -> Iterator[Finding]:
    """Embedded subprocesses have no inputs and outputs of their own (10.4.2)."""
    holder = specification.getparent()
    if holder is not None and local(holder) in SUBPROCESSES:
        yield error(
            holder, "io", f"{called(holder)} cannot have an ioSpecification; only tasks and calls can."
        )


def _sets(document: Document, holder: Element) -> Iterator[Finding]:
    """Each input is in an input set, each set names inputs of its own place; outputs likewise (10.4.2)."""
    for set_name, all_name, picks, data_name in _SETS:
        data, used = children(holder, frozenset({data_name})), set[Element]()
        for group in children(holder, frozenset({set_name})):
            whole = dict.fromkeys(target for _, target in document.listed(group, all_name))
            used.update(whole)
            for target in whole:
                if target not in data and local(target) == data_name:
                    message = f"The {called(group)} of {called(_owner(holder))} names the {called(target)} of another."
                    yield error(group, "io_set", message)
            for pick in picks:
                for _, target in document.listed(group, pick):
                    if target not in whole:
                        message = (
                            f"{pick} of the {called(group)} names {target.get('id')}, which is not among its "
                        )
                        yield error(group, "io_set", message + f"{all_name}.")
        for item in data:
            if item not in used:
                message = f"The {called(item)} of {called(_owner(holder))} is in no <{set_name}>."
                yield error(item, "io_set", message)


def _owner(holder: Element) -> Element:
    parent = holder.getparent()
    return parent if local(holder) == "ioSpecification" and parent is not None else holder


def _paired(document: Document) -> Iterator[Finding]:
    """An input set that names an output set is named by it, and the other way round (10.4.2)."""
    ways = (("inputSet", "outputSetRefs"), ("outputSet", "inputSetRefs"))
    names = [
        {(group, other) for group in document.every(here) for _, other in document.listed(group, there)}
        for here, there in ways
    ]
    for forth, back in (names, reversed(names)):
        for group, other in sorted(forth, key=lambda pair: (pair[0].get("id", ""), pair[1].get("id", ""))):
            if (other, group) not in back:
                message = f"The {called(group)} names the {called(other)}, which does not name it back."
                yield error(group, "io_set", message)


def _association(document: Document, association: Element) -> Iterator[Finding]:
    """Data goes from the scope into an activity or event, and from it into the scope (10.4.2)."""
    holder = association.getparent()
    sources = [target for _, target in document.listed(association, "sourceRef")]
    targets = [target for _, target in document.listed(association, "targetRef")]
    if holder is None:
        return
    goes_in = local(association) == "dataInputAssociation"
    inner, outer = (targets, sources) if goes_in else (sources, targets)
    word = "into" if goes_in else "out of"
    for item in inner:
        own = "dataInput" if goes_in else "dataOutput"
        other = "dataOutput" if goes_in else "dataInput"
        mine = _owner_of(item) is holder
        if (
            local(item) in (own, other)
            and not (mine and local(item) == own)
            and local(holder) not in SUBPROCESSES
        ):
            message = f"Data goes {word} {called(holder)} by the {called(item)}, which is no {own} of it."
            yield error(association if association.get("id") else holder, "association", message)
    for item in outer:
        if not _sees(holder, item):
            message = f"Data goes {word} {called(holder)} with the {called(item)}, which is out of its reach."
            yield error(association if association.get("id") else holder, "scope", message)
    yield from _process_data(association, sources, targets)
    yield from _alike(document, association, sources, targets)


def _owner_of(item: Element) -> Element | None:
    holder = item.getparent()
    return holder.getparent() if holder is not None and local(holder) == "ioSpecification" else holder


def _process_data(association: Element, sources: list[Element], targets: list[Element]) -> Iterator[Finding]:
    """What comes into a process from outside is not written inside; what leaves it is not read (10.4.1)."""
    for item, name, what in [(t, "dataInput", "written") for t in targets] + [
        (s, "dataOutput", "read") for s in sources
    ]:
        owner = _owner_of(item)
        if local(item) == name and owner is not None and local(owner) == "process":
            yield error(
                association, "association", f"The {called(item)} of {called(owner)} cannot be {what} inside."
            )


def _alike(
    document: Document, association: Element, sources: list[Element], targets: list[Element]
) -> Iterator[Finding]:
    """Without a transformation, one source goes into one target of the same type (10.4.2)."""
    if association.find(Q + "transformation") is not None:
        return
    if len(sources) > 1:
        message = f"The {called(association)} has {len(sources)} sources; it needs a <transformation>."
        yield error(association, "association", message)
    elif sources and targets and association.find(Q + "assignment") is None:
        given, wanted = item_of(document, sources[0]), item_of(document, targets[0])
        if given is not None and wanted is not None and given is not wanted:
            message = (
                f"{called(sources[0])} is a {given.get('id')}, {called(targets[0])} a {wanted.get('id')}; "
            )
            yield error(association, "item", message + "use a <transformation>.")


def _loop(document: Document, loop: Element) -> Iterator[Finding]:
    """Instances are made of a collection that the activity holds or sees (10.3.7)."""
    activity = around(loop, *sorted(ACTIVITIES))
    if activity is None:
        return
    for name in ("loopDataInputRef", "loopDataOutputRef"):
        own = "dataInput" if name == "loopDataInputRef" else "dataOutput"
        for _, item in document.listed(loop, name):
            task = local(activity) not in SUBPROCESSES
            if task and not (local(item) == own and _owner_of(item) is activity):
                message = f"{name} of {called(activity)} names the {called(item)}; a task repeats over its own {own}."
                yield error(activity, "loop_data", message)
            if not _sees(activity, item):
                message = f"{name} of {called(activity)} names the {called(item)}, which is out of its reach."
                yield error(activity, "scope", message)
            elif collection_of(document, item) is False:
                message = f"{name} of {called(activity)} names the {called(item)}, which is no collection."
                yield error(activity, "collection", message)
