"""Camunda's listeners on elements: an expression or an operation, at start and end, on creation and completion.

Start listeners run after the input parameters are there, end listeners before output parameters are taken.
What an operation returns is merged into the variables. Java classes and scripts are not run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workflows.engine import scope
from workflows.engine.dialect import operation_of
from workflows.engine.ledger import Ledger
from workflows.engine.model import BpmnError, Node
from workflows.engine.plan import Listener
from workflows.engine.tokens import Token

#: Kind of listener → the events at which it is told.
EVENTS = {"executionListener": ("start", "end"), "taskListener": ("create", "complete")}


def listeners_of(ledger: Ledger, node: Node) -> Iterator[Listener]:
    """Yield the listeners of an element that run, noting those that do not."""
    for given in node.attributes.get("listeners", ()):
        event, kind = given.get("event", ""), given["kind"]
        if event not in EVENTS[kind]:
            right = " and ".join(EVENTS[kind])
            ledger.policy(node.id, "listeners", f"A {kind} for '{event}' is not run; those for {right} are.")
        elif expression := given.get("expression"):
            compiled = ledger.condition(node.id, expression, "The listener")
            if compiled is not None:
                yield Listener(event, expression=compiled)
        elif operation := operation_of(given.get("delegateExpression", "")):
            fields = ledger.parameters(node.id, given["fields"])
            ledger.listeners.append((node.id, operation, frozenset(fields)))
            yield Listener(event, operation=operation, fields=fields)
        elif not given.get("script"):
            what = "Java classes are not run" if given.get("class") else "It names no operation"
            advice = (
                f'{what}; write camunda:delegateExpression="${{registers.verb}}", or draw a service task.'
            )
            ledger.policy(node.id, "listeners", f"A listener is not run. {advice}")


def tell(token: Token, event: str) -> None:
    """Run the listeners of a token's element for an event, in the order of the file."""
    run, spec = token.workflow, token.task_spec
    for listener in spec.listeners:
        if listener.event != event:
            continue
        if listener.expression is not None:
            run.value(listener.expression, token)
            continue
        fields = {name: run.value(source, token) for name, source in listener.fields.items()}
        returned = _call(run, token, listener.operation, run.cleaned(token, fields))
        if isinstance(returned, Mapping):
            scope.assign(token, run.cleaned(token, returned))


def _call(run: Any, token: Token, operation: str, arguments: dict[str, Any]) -> Any:
    spec = token.task_spec
    what = f"The listener '{operation}' failed"
    try:
        with run.guarding(spec.element, "listener", what):
            return run.host.call(spec.node, operation, arguments, scope.clean(scope.visible(token)))
    except BpmnError as error:
        # Nothing of the element is armed yet, or it is all but left: no boundary event could catch it.
        raise run.fault(f"{what}: {error.message}", spec.element, "listener") from error
