"""Activities: repetition, compensation, messages of tasks (10.3)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.engine.dialect import ACTIVITIES, SUBPROCESSES, C, Q, local
from workflows.engine.rules.document import (
    Document,
    Element,
    called,
    error,
    is_event_subprocess,
    policy,
    scope_of,
)
from workflows.engine.rules.kinds import kinds
from workflows.findings import Finding

_TRUE = ("true", "1")


def check(document: Document) -> Iterator[Finding]:
    """Yield what is wrong with activities, then with compensation."""
    for activity in document.every(*sorted(ACTIVITIES)):
        yield from _quantities(activity)
        yield from _loop(activity)
        yield from _messages(document, activity)
        yield from _instantiating(document, activity)
    yield from _compensation(document)


def _quantities(activity: Element) -> Iterator[Finding]:
    """At least one token comes and one goes (10.3, startQuantity and completionQuantity)."""
    for name in ("startQuantity", "completionQuantity"):
        if (number := _whole(activity.get(name))) is not None and number < 1:
            yield error(
                activity, "quantity", f"{name} of {called(activity)} is {number}; it must be 1 or more."
            )


def _whole(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.lstrip("+-").isdecimal() and len(text) < 18 else None


def _loop(activity: Element) -> Iterator[Finding]:
    """Several instances come from a number or from a collection, not from both (10.3.7)."""
    several = activity.find(Q + "multiInstanceLoopCharacteristics")
    if several is None:
        return
    counted = several.find(Q + "loopCardinality") is not None
    over = several.find(Q + "loopDataInputRef") is not None
    if counted and over:
        message = f"{called(activity)} repeats both by loopCardinality and over loopDataInputRef; keep one."
        yield error(activity, "loop", message)
    if several.find(Q + "inputDataItem") is not None and not over and several.get(C + "collection") is None:
        message = f"{called(activity)} has an inputDataItem, but no loopDataInputRef to take it from."
        yield error(activity, "loop", message)
    if several.find(Q + "outputDataItem") is not None and several.find(Q + "loopDataOutputRef") is None:
        message = f"{called(activity)} has an outputDataItem, but no loopDataOutputRef to put it into."
        yield error(activity, "loop", message)
    if several.get("behavior") == "Complex" and several.find(Q + "complexBehaviorDefinition") is None:
        message = f"{called(activity)} has the behavior Complex, but no complexBehaviorDefinition."
        yield error(activity, "loop", message)


def _messages(document: Document, activity: Element) -> Iterator[Finding]:
    """A task that sends or receives by an operation does so with the operation's message (10.3.3)."""
    operation, message = (
        document.referred(activity, "operationRef"),
        document.referred(activity, "messageRef"),
    )
    if operation is None or message is None or local(operation) != "operation":
        return
    expected = [target for _, target in document.listed(operation, "inMessageRef")]
    if expected and message not in expected:
        text = f"{called(activity)} names the {called(message)}, but its {called(operation)} takes "
        yield error(activity, "operation_message", text + f"{called(expected[0])}.")


def _instantiating(document: Document, activity: Element) -> Iterator[Finding]:
    """A receive task that starts a process comes first (10.3.3)."""
    if activity.get("instantiate") in _TRUE and document.entering(activity):
        message = f"No sequence flow may lead to {called(activity)}, which starts the process (instantiate)."
        yield error(activity, "instantiate", message)


# -- compensation (10.7) ------------------------------------------------------------------------------


def _compensation(document: Document) -> Iterator[Finding]:
    handlers: set[Element] = set()
    for event in document.every("boundaryEvent"):
        if "compensate" in kinds(document, event):
            found = [end for end in document.associated.get(event, ()) if local(end) in ACTIVITIES]
            handlers.update(found)
            yield from _handler(event, found)
    for activity in document.every(*sorted(ACTIVITIES)):
        if activity.get("isForCompensation") in _TRUE and activity not in handlers:
            message = f"No compensation event leads to {called(activity)}; nothing can start it."
            yield policy(activity, "compensation", message)
    for definition in document.every("compensateEventDefinition"):
        thrower, target = definition.getparent(), document.referred(definition, "activityRef")
        if thrower is not None and target is not None and local(target) in ACTIVITIES:
            yield from _visible(document, thrower, target)


def _handler(event: Element, found: list[Element]) -> Iterator[Finding]:
    """A compensation boundary event leads, by one association, to what undoes (10.7.1)."""
    if len(found) != 1:
        message = f"{called(event)} needs one association to the activity that undoes; it has {len(found)}."
        yield error(event, "compensation", message)
    for activity in found:
        if activity.get("isForCompensation") not in _TRUE:
            message = f"{called(event)} leads to {called(activity)}, which is not for compensation."
            yield error(event, "compensation", message)


def _visible(document: Document, event: Element, target: Element) -> Iterator[Finding]:
    """What is to be undone stands beside the throwing event, or around its event subprocess (10.7.2)."""
    scope, allowed = scope_of(event), [scope_of(event)]
    while scope is not None and is_event_subprocess(scope):
        scope = scope_of(scope)
        allowed.append(scope)
    if local(event) in ("endEvent", "intermediateThrowEvent") and scope_of(target) not in allowed:
        message = f"{called(event)} compensates {called(target)}, which does not stand in the same scope."
        yield error(event, "compensation", message)
    if not _undone(document, target):
        message = f"{called(event)} compensates {called(target)}, which nothing undoes."
        yield policy(event, "compensation", message)


def _undone(document: Document, activity: Element) -> bool:
    """Tell whether something undoes an activity: an event on it, or what it holds."""
    if local(activity) in SUBPROCESSES or local(activity) == "callActivity":
        return True
    events = document.boundaries.get(activity.get("id") or "", ())
    return any("compensate" in kinds(document, event) for event in events)
