"""Activities: repetition, compensation, messages of tasks (10.3)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.engine.dialect import ACTIVITIES, SUBPROCESSES, Q, local
from workflows.engine.rules.document import (
    Document,
    Element,
    called,
    error,
    policy,
    warning,
)
from workflows.engine.rules.kinds import kinds
from workflows.findings import Finding

_TRUE = ("true", "1")


def check(document: Document) -> Iterator[Finding]:
    """Yield what is wrong with activities, then with compensation."""
    for activity in document.every(*sorted(ACTIVITIES)):
        yield from _loop(activity)
        yield from _messages(document, activity)
    for task in document.every("scriptTask"):
        yield from _script(task)
    for definition in document.every("messageEventDefinition"):
        yield from _messages(document, definition)
    yield from _compensation(document)


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
    if several.find(Q + "inputDataItem") is not None and not over and not _collection(several):
        message = f"{called(activity)} has an inputDataItem, but no loopDataInputRef to take it from."
        yield error(activity, "loop", message)
    if several.find(Q + "outputDataItem") is not None and several.find(Q + "loopDataOutputRef") is None:
        message = f"{called(activity)} has an outputDataItem, but no loopDataOutputRef to put it into."
        yield error(activity, "loop", message)
    if several.get("behavior") == "Complex" and several.find(Q + "complexBehaviorDefinition") is None:
        message = f"{called(activity)} has the behavior Complex, but no complexBehaviorDefinition."
        yield error(activity, "loop", message)


def _collection(several: Element) -> bool:
    """Tell whether an engine of the Camunda family finds the collection in an attribute of its own."""
    return any(str(name).endswith("}collection") for name in several.attrib)


def _script(task: Element) -> Iterator[Finding]:
    """A script MUST say its language (10.3.3); left out nearly everywhere, since each engine has its own."""
    if (task.findtext(Q + "script") or "").strip() and not (task.get("scriptFormat") or "").strip():
        message = f"{called(task)} does not say the language of its script: scriptFormat is missing."
        yield warning(task, "script_format", message)


def _messages(document: Document, activity: Element) -> Iterator[Finding]:
    """A task that sends or receives by an operation does so with the operation's message (10.3.3)."""
    operation, message = (
        document.referred(activity, "operationRef"),
        document.referred(activity, "messageRef"),
    )
    if local(activity) == "messageEventDefinition":
        operation = next((target for _, target in document.listed(activity, "operationRef")), None)
    if operation is None or message is None or local(operation) != "operation":
        return
    expected = [target for _, target in document.listed(operation, "inMessageRef")]
    if expected and message not in expected:
        text = f"{called(activity)} names the {called(message)}, but its {called(operation)} takes "
        yield error(activity, "operation_message", text + f"{called(expected[0])}.")


def _compensation(document: Document) -> Iterator[Finding]:
    """What undoes is called by something, and what is to be undone can be (10.7); `compensation_checks` has more."""
    handlers: set[Element] = set()
    for event in document.every("boundaryEvent"):
        if "compensate" in kinds(document, event):
            handlers.update(document.associated.get(event, ()))
    for activity in document.every(*sorted(ACTIVITIES)):
        if activity.get("isForCompensation") in _TRUE and activity not in handlers:
            message = f"No compensation event leads to {called(activity)}; nothing can start it."
            yield error(activity, "compensation", message)
    for definition in document.every("compensateEventDefinition"):
        target = document.referred(definition, "activityRef")
        if target is not None and local(target) in ACTIVITIES and not _undone(document, target):
            message = f"The compensation here is of {called(target)}, which nothing undoes."
            yield policy(definition, "compensation", message)


def _undone(document: Document, activity: Element) -> bool:
    """Tell whether something undoes an activity: an event on it, or what it holds."""
    if local(activity) in SUBPROCESSES or local(activity) == "callActivity":
        return True
    events = document.boundaries.get(activity.get("id") or "", ())
    return any("compensate" in kinds(document, event) for event in events)
