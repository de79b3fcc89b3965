"""What data is of: the item definition and whether it is a collection, through references (8.3.7, 10.4.1)."""

from __future__ import annotations

from workflows.engine.dialect import local
from workflows.engine.rules.document import Document, Element

_TRUE = ("true", "1")
#: What carries a payload → the attribute that names its item definition.
_PAYLOADS = {
    "message": "itemRef",
    "signal": "structureRef",
    "error": "structureRef",
    "escalation": "structureRef",
}


def item_of(document: Document, element: Element) -> Element | None:
    """Return the item definition of data, or of what carries data; None where nothing is said."""
    for attribute in ("dataObjectRef", "dataStoreRef"):
        behind = document.referred(element, attribute)
        if behind is not None and behind is not element:
            return item_of(document, behind)
    found = document.referred(element, _PAYLOADS.get(local(element), "itemSubjectRef"))
    return found if found is not None and local(found) == "itemDefinition" else None


def collection_of(document: Document, element: Element) -> bool | None:
    """Tell whether data is a collection, None where its kind has no such word or nothing is said."""
    if local(element) == "dataObjectReference":
        behind = document.referred(element, "dataObjectRef")
        return None if behind is None else collection_of(document, behind)
    definition = item_of(document, element)
    if definition is not None and definition.get("isCollection") in _TRUE:
        return True
    if local(element) in ("dataObject", "dataInput", "dataOutput"):
        said = element.get("isCollection")
        return said in _TRUE if said is not None or definition is not None else None
    return None
