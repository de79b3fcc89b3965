"""Payloads: what events and tasks carry is of the type of the data it comes from or goes to (10.3.3, 10.5.1)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.engine.dialect import EVENTS, Q, children, local
from workflows.engine.rules.document import Document, Element, called, error
from workflows.engine.rules.items import item_of
from workflows.engine.rules.kinds import definitions
from workflows.findings import Finding

_CARRIERS = ("message", "signal", "error", "escalation")
#: Task → for each direction: the sets, the data, and where its message is found.
_TASKS = {
    "sendTask": (("inputSet", "dataInput", "inMessageRef"),),
    "receiveTask": (("outputSet", "dataOutput", "inMessageRef"),),
    "serviceTask": (("inputSet", "dataInput", "inMessageRef"), ("outputSet", "dataOutput", "outMessageRef")),
}


def check(document: Document) -> Iterator[Finding]:
    """Yield what is wrong with the payloads of events and of tasks that exchange messages."""
    for event in document.every(*sorted(EVENTS)):
        yield from _event(document, event)
    for task in document.every(*_TASKS):
        for sets, data, message in _TASKS[local(task)]:
            yield from _task(document, task, sets, data, message)


def _event(document: Document, event: Element) -> Iterator[Finding]:
    """An event has one datum for each of its definitions, of the same type (10.5.1)."""
    data = children(event, frozenset({"dataInput", "dataOutput"}))
    found = definitions(document, event)
    if len(found) > 1 and data and len(data) != len(found):
        message = (
            f"{called(event)} has {len(found)} event definitions and {len(data)} data; it needs one for each."
        )
        yield error(event, "payload", message)
        return
    for datum, definition in zip(data, found, strict=False):
        kind = local(definition).removesuffix("EventDefinition")
        carrier = document.referred(definition, f"{kind}Ref") if kind in _CARRIERS else None
        if carrier is not None:
            yield from _differ(document, event, datum, carrier)


def _task(document: Document, task: Element, sets: str, data: str, through: str) -> Iterator[Finding]:
    """A task that sends or receives has at most one datum on that side, of its message's type (10.3.3).

    A service task that says what it takes and gives has one for each message of its operation.
    """
    specification = task.find(Q + "ioSpecification")
    if specification is None:
        return
    for name in (sets, data):
        if (count := len(children(specification, frozenset({name})))) > 1:
            yield error(task, "payload", f"{called(task)} exchanges one message; it has {count} <{name}>.")
    message, operation = document.referred(task, "messageRef"), document.referred(task, "operationRef")
    if message is None and operation is not None:
        message = next((target for _, target in document.listed(operation, through)), None)
    lacks = local(task) == "serviceTask" and specification.find(Q + data) is None
    if lacks and message is not None:
        text = f"{called(task)} exchanges the {called(message)}, but has no <{data}> for it."
        yield error(task, "payload", text)
    for datum in children(specification, frozenset({data}))[:1]:
        if message is not None:
            yield from _differ(document, task, datum, message)


def _differ(document: Document, holder: Element, datum: Element, carrier: Element) -> Iterator[Finding]:
    mine, its = item_of(document, datum), item_of(document, carrier)
    if mine is not None and its is not None and mine is not its:
        message = f"The {called(datum)} of {called(holder)} is a {mine.get('id')}, its {called(carrier)} a "
        yield error(holder, "payload", message + f"{its.get('id')}.")
