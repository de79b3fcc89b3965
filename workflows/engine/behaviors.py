"""Events that a multi-instance activity throws as its instances complete (BPMN 2.0, 10.3.8, table 10.29).

`None` throws one for each instance, `One` for the first, `Complex` whenever a condition holds; `All` throws
none. They are caught by boundary events of the activity first. Whatever is thrown, the activity is left by
its flows when all instances have completed, unless an interrupting event has taken it away before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from workflows.engine import ballots, events
from workflows.engine.dialect import Q, event_definitions, local, text_of
from workflows.engine.ledger import Ledger
from workflows.engine.model import Sent
from workflows.engine.plan import Thrown
from workflows.engine.tokens import Token

#: Kind of event → the reference on its definition, and where the referenced element keeps its name.
_NAMED = {
    "signal": ("signalRef", "name"),
    "message": ("messageRef", "name"),
    "escalation": ("escalationRef", "escalationCode"),
    "error": ("errorRef", "errorCode"),
}


def thrown_by(ledger: Ledger, identity: str, loop: etree._Element) -> Iterator[Thrown]:
    """Yield what the loop characteristics throw."""
    behavior = loop.get("behavior", "All")
    if behavior == "Complex":
        yield from _complex(ledger, identity, loop)
    elif behavior in ("None", "One"):
        attribute = f"{behavior.lower()}BehaviorEventRef"
        reference = loop.get(attribute, "").rpartition(":")[2]
        if not reference:
            ledger.warn(identity, "loop", f"The behavior {behavior} throws nothing without {attribute}.")
            return
        found = [e for e in loop.getroottree().iter(etree.Element) if e.get("id") == reference]
        if not found or not local(found[0]).endswith("EventDefinition"):
            dangling = f"{attribute} names '{reference}', which is no event definition."
            ledger.error(identity, "dangling", dangling)
        else:
            yield from _thrown(ledger, identity, found[0], first=behavior == "One")
    elif behavior != "All":
        ledger.error(identity, "loop", f"The behavior is All, None, One or Complex, not '{behavior}'.")


def throw(body: Token, completed: int) -> None:
    """Throw what is due now that so many instances have completed; may end `body`."""
    for thrown in body.task_spec.loop.thrown:
        if not body.alive:
            return
        due = completed == 1 if thrown.first else True
        if due and (thrown.when is None or body.workflow.truth(thrown.when, body, counts(body))):
            _throw(body, thrown)


def counts(body: Token) -> dict[str, Any]:
    """Return the standard's names for what Camunda calls nrOf…, and the ballots where the activity names them."""
    return {
        **ballots.seen(body),
        "numberOfInstances": body.data["nrOfInstances"],
        "numberOfActiveInstances": body.data["nrOfActiveInstances"],
        "numberOfCompletedInstances": body.data["nrOfCompletedInstances"],
        "numberOfTerminatedInstances": 0,
    }


def _complex(ledger: Ledger, identity: str, loop: etree._Element) -> Iterator[Thrown]:
    for definition in loop.iterfind(Q + "complexBehaviorDefinition"):
        source = text_of(definition, "condition")
        if not source:
            ledger.error(identity, "loop", "A complexBehaviorDefinition needs a condition.")
            continue
        when = ledger.condition(identity, source, "The condition of a complex behavior")
        event = definition.find(Q + "event")
        for thrown in event_definitions(event) if event is not None else []:
            yield from _thrown(ledger, identity, thrown, when=when)


def _thrown(ledger: Ledger, identity: str, definition: etree._Element, **rest: Any) -> Iterator[Thrown]:
    kind = local(definition)[: -len("EventDefinition")]
    if kind not in _NAMED:
        ledger.error(identity, "unsupported", f"A multi-instance activity cannot throw an event '{kind}'.")
        return
    reference, attribute = _NAMED[kind]
    tree = definition.getroottree()
    named = next((e for e in tree.iter(Q + kind) if e.get("id") == definition.get(reference)), None)
    if named is None:
        ledger.error(identity, "dangling", f"The {kind} event of the behavior names no <{kind}>.")
    else:
        name = ledger.text(identity, named.get(attribute, ""), f"The {kind}")
        if name is not None:
            yield Thrown(kind, name, **rest)


def _throw(body: Token, thrown: Thrown) -> None:
    run, name = body.workflow, str(body.workflow.value(thrown.name, body))
    sent = Sent(thrown.kind, name, {}, body.task_spec.element)
    if thrown.kind == "signal":
        run.sent.append(sent)
        events.broadcast(run, name, {})
    elif thrown.kind == "message":
        if not events.deliver(run, name, {}, on=body):
            run.thrown.append(sent)
    elif thrown.kind == "error":
        if not run.raise_error(body, name):
            raise run.fault(f"Nobody catches the error '{name}'.", body.task_spec.element, "uncaught_error")
    elif (caught := events.find_handler(body, "escalation", name)) is not None:
        run.fire(caught, events.escalation_variables(caught.task_spec, name))
