"""Camunda's listeners: an expression, assignments or an operation, run at events of an element's life.

Start listeners run after the input parameters are there, end listeners before output parameters are taken, also
where an element is cancelled. What an operation returns is merged into the variables. A business error is
caught as Camunda 7 catches it: not where something is cancelled, and not by the process whose listener it is.
Java classes and scripts that do more than assign are not run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workflows.engine import scope
from workflows.engine.dialect import assigned_by, operation_of
from workflows.engine.ledger import Ledger
from workflows.engine.model import BpmnError, Node
from workflows.engine.plan import Flow, Listener
from workflows.engine.tokens import Token
from workflows.errors import InvalidInput
from workflows.expressions import assignments

#: Kind of listener → the events at which it is told.
EVENTS = {
    "executionListener": ("start", "end"),
    "taskListener": ("create", "assignment", "complete", "delete"),
}
_ON_FLOWS = {"executionListener": ("take",)}
_ENDING = "ending"  #: of a token: its end has been told


# -- reading ------------------------------------------------------------------------------------------


def listeners_of(ledger: Ledger, node: Node) -> Iterator[Listener]:
    """Yield the listeners of an element, process or flow that run, noting those that do not."""
    events = _ON_FLOWS if node.kind == "sequenceFlow" else EVENTS
    for given in node.attributes.get("listeners", ()):
        kind = given["kind"]
        known = events.get(kind, ())
        event = given.get("event") or (known[0] if events is _ON_FLOWS and known else "")
        if event not in known:
            right = f"those for {' and '.join(known)} are" if known else "there is none here"
            ledger.policy(node.id, "listeners", f"A {kind} for '{event}' is not run; {right}.")
        else:
            yield from _listener(ledger, node, event, given)


def _listener(ledger: Ledger, node: Node, event: str, given: Mapping[str, Any]) -> Iterator[Listener]:
    if expression := given.get("expression"):
        name, source = assigned_by(expression) or (None, expression)
        compiled = ledger.condition(node.id, source, "The listener")
        if compiled is not None:
            yield Listener(event, script=((name, compiled),))
    elif operation := operation_of(given.get("delegateExpression", "")):
        fields = ledger.parameters(node.id, given["fields"])
        ledger.listeners.append((node.id, operation, frozenset(fields)))
        yield Listener(event, operation=operation, fields=fields)
    elif given.get("script") is not None:
        yield from _script(ledger, node, event, given["script"])
    else:
        what = "Java classes are not run" if given.get("class") else "It names no operation"
        advice = f'{what}; write camunda:delegateExpression="${{registers.verb}}", or draw a service task.'
        ledger.policy(node.id, "listeners", f"A listener is not run. {advice}")


def _script(ledger: Ledger, node: Node, event: str, text: str) -> Iterator[Listener]:
    try:
        lines = assignments(text)
    except InvalidInput as problem:
        refused = f"A listener's script holds more than assignments; use an operation. {problem.message}"
        note = ledger.policy if node.kind in ("process", "sequenceFlow") else ledger.error
        note(node.id, "script", refused)
        return
    for _, expression in lines:
        ledger.use(node.id, expression)
    yield Listener(event, script=tuple(lines))


# -- running ------------------------------------------------------------------------------------------


def tell(token: Token, event: str, *, origin: Token | None = None, assignee: str | None = None) -> bool:
    """Run the listeners of a token's element for an event; False when an error of theirs took it away.

    The error is raised at the token, or at `origin` where the element is no activity.
    """
    try:
        run_all(token, event, assignee)
    except BpmnError as error:
        return _hand_on(origin or token, error, token.task_spec.element)
    return True


def run_all(token: Token, event: str, assignee: str | None = None) -> None:
    """Run the listeners of a token's element for an event, in the order of the file; errors go on."""
    spec = token.task_spec
    for listener in spec.listeners:
        if listener.event == event:
            _run(token, listener, spec.node, _task(token, event, assignee))


def tell_end(token: Token) -> bool:
    """Run the listeners for the end of a token's element, which come once; False as for `tell`."""
    if not token.task_spec.listeners:
        return True
    if not tell(token, "complete"):
        return False
    token.internal_data[_ENDING] = True
    return tell(token, "end")


def tell_cancelled(token: Token) -> None:
    """Run the listeners of what is cancelled; an error there is caught by nobody."""
    if not token.task_spec.listeners or _ENDING in token.internal_data:
        return
    for event in ("delete", "end"):
        tell_uncaught(token, event)


def tell_uncaught(token: Token, event: str) -> None:
    """Run listeners whose business errors nothing may catch."""
    try:
        run_all(token, event)
    except BpmnError as error:
        raise _uncaught(token, error, token.task_spec.element) from error


def take(run: Any, flow: Flow, around: Token) -> bool:
    """Run the listeners of a sequence flow; False when an error of theirs has ended its scope."""
    try:
        for listener in flow.listeners:
            _run(around, listener, Node(flow.id, "sequenceFlow", "", None), {})
    except BpmnError as error:
        return _hand_on(around, error, flow.id)
    return True


def _run(token: Token, listener: Listener, node: Node, own: Mapping[str, Any]) -> None:
    run = token.workflow
    if listener.operation is not None:
        fields = {name: run.value(source, token, own) for name, source in listener.fields.items()}
        with run.guarding(node.id, "listener", f"The listener '{listener.operation}' failed"):
            variables = scope.clean(scope.visible(token))
            returned = run.host.call(node, listener.operation, run.cleaned(token, fields), variables)
        if isinstance(returned, Mapping):
            scope.assign(token, run.cleaned(token, returned))
    for name, expression in listener.script:
        value = run.value(expression, token, own)
        if name is not None:
            scope.assign(token, run.cleaned(token, {name: value}))


def _task(token: Token, event: str, assignee: str | None) -> Mapping[str, Any]:
    """Return what listeners see of a task beside variables."""
    node = token.task_spec.node
    if event not in EVENTS["taskListener"]:
        return {}
    known = {"id": token.id, "name": node.name, "taskDefinitionKey": node.id, "assignee": assignee}
    return {"task": {**known, "eventName": event}}


def _hand_on(origin: Token, error: BpmnError, element: str) -> bool:
    if not origin.workflow.raise_error(origin, error.code, error.message):
        raise _uncaught(origin, error, element) from error
    return False


def _uncaught(token: Token, error: BpmnError, element: str) -> Exception:
    said = f"A listener of '{element}' raised '{error.code}', which nothing around catches: {error.message}"
    fault: Exception = token.workflow.fault(said, element, "uncaught_error")
    return fault
