"""How an activity repeats, read from its loop characteristics and compiled."""

from __future__ import annotations

from lxml import etree

from workflows.engine import ballots, behaviors
from workflows.engine.data import Names, collection_of
from workflows.engine.dialect import C, Q, attributes_of, text_of
from workflows.engine.ledger import Ledger
from workflows.engine.plan import Loop, is_plain_name


def loop_of(ledger: Ledger, element: etree._Element, names: Names) -> Loop | None:
    """Return how the activity repeats, None if it does not."""
    multiple = element.find(Q + "multiInstanceLoopCharacteristics")
    if multiple is not None:
        return _multiple(ledger, element, multiple, names)
    standard = element.find(Q + "standardLoopCharacteristics")
    return None if standard is None else _standard(ledger, element.get("id", ""), standard)


def asynchronous(element: etree._Element) -> tuple[bool, bool]:
    """Return whether each instance begins, and ends, in a transaction of its own."""
    loop = element.find(Q + "multiInstanceLoopCharacteristics")
    if loop is None:
        return False, False
    before = "true" in (loop.get(C + "asyncBefore"), loop.get(C + "async"))
    return before, loop.get(C + "asyncAfter") == "true"


def repeats(element: etree._Element) -> bool:
    """Tell whether the activity has loop characteristics."""
    kinds = ("multiInstanceLoopCharacteristics", "standardLoopCharacteristics")
    return any(element.find(Q + kind) is not None for kind in kinds)


def _multiple(ledger: Ledger, element: etree._Element, found: etree._Element, names: Names) -> Loop:
    identity = element.get("id", "")
    cardinality = text_of(found, "loopCardinality")
    collection = found.get(C + "collection")
    if not collection and (reference := text_of(found, "loopDataInputRef")):
        collection = collection_of(element, reference, names, out=False)
    results = text_of(found, "loopDataOutputRef")
    completion = text_of(found, "completionCondition")
    if not cardinality and not collection:
        missing = "The multi-instance activity says neither how many nor over which collection."
        ledger.error(identity, "loop", missing)
    if cardinality.lstrip("-").isdigit() and int(cardinality) < 0:
        ledger.error(identity, "loop", f"The loop cardinality {cardinality} is negative.")
    return Loop(
        sequential=found.get("isSequential") == "true",
        cardinality=ledger.condition(identity, cardinality, "The loop cardinality") if cardinality else None,
        collection=ledger.condition(identity, collection, "The collection") if collection else None,
        element_variable=found.get(C + "elementVariable") or _item_name(found.find(Q + "inputDataItem")),
        completion=ledger.condition(identity, completion, "The completion condition") if completion else None,
        output_collection=collection_of(element, results, names, out=True) if results else None,
        output_item=_item_name(found.find(Q + "outputDataItem")),
        thrown=tuple(behaviors.thrown_by(ledger, identity, found)),
        ballots=_ballots(ledger, element),
    )


def _ballots(ledger: Ledger, element: etree._Element) -> str | None:
    name = attributes_of(element).get("properties", {}).get(ballots.PROPERTY)
    if name is not None and not is_plain_name(name):
        ledger.error(
            element.get("id", ""), "loop", f"'{name}' names no variable that could hold the ballots."
        )
        return None
    return name


def _standard(ledger: Ledger, identity: str, found: etree._Element) -> Loop:
    condition = text_of(found, "loopCondition")
    maximum = found.get("loopMaximum")
    if maximum is not None and not maximum.isdecimal():
        ledger.error(identity, "loop", f"loopMaximum '{maximum}' is not a whole number of 0 or more.")
        maximum = None
    elif maximum is None and not condition:
        ledger.error(identity, "loop", "The loop has neither a condition nor a maximum.")
    return Loop(
        sequential=True,
        standard=True,
        condition=ledger.condition(identity, condition, "The loop condition") if condition else None,
        test_before=found.get("testBefore") == "true",
        maximum=int(maximum) if maximum else None,
    )


def _item_name(item: etree._Element | None) -> str | None:
    if item is None:
        return None
    name = item.get("name") or item.get("id")
    return name if name and is_plain_name(name) else item.get("id")
