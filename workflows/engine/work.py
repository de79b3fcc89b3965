"""Automatic steps: operations, expressions, decisions and assignments, with parameters in and out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workflows.engine import data, listeners, scope
from workflows.engine.model import BpmnError
from workflows.engine.plan import Copy, Work
from workflows.engine.tokens import Token
from workflows.errors import EngineFault

#: The error that a failing expression throws; who catches any error catches it too.
EXPRESSION_ERROR = "expression"


def perform(token: Token) -> bool | None:
    """Do the work of an automatic step; None when the handler of an error took the token away."""
    run, spec = token.workflow, token.task_spec
    try:
        _do(token, spec.work)
    except BpmnError as error:
        if run.raise_error(token, error.code, error.message):
            return None
        raise run.fault(
            f"'{spec.work.operation or spec.element}' raised '{error.code}', which nothing around catches: "
            f"{error.message}",
            spec.element,
            "uncaught_error",
        ) from error
    except EngineFault as fault:
        if fault.code != EXPRESSION_ERROR or not run.raise_error(token, EXPRESSION_ERROR, fault.message):
            raise
        return None
    return True


def _do(token: Token, work: Work) -> None:
    run = token.workflow
    if work.operation:
        _call(token)
    elif work.expression:
        store(token, work.result, run.value(work.expression, token))
    elif work.decision:
        decide(token)
    for name, expression in work.script:
        scope.assign(token, run.cleaned(token, {name: run.value(expression, token)}))


def _call(token: Token) -> None:
    run, spec = token.workflow, token.task_spec
    # Only what the diagram hands over: a token also holds its place in a loop, and data of its own.
    given = spec.parameters.inputs
    arguments = scope.clean({name: value for name, value in token.data.items() if name in given})
    fields = {name: run.value(source, token) for name, source in spec.work.fields.items()}
    arguments.update(run.cleaned(token, fields))
    with run.guarding(spec.element, "operation", f"The operation '{spec.work.operation}' failed"):
        returned = run.host.call(spec.node, spec.work.operation, arguments, scope.clean(scope.visible(token)))
    if returned is None:
        return
    if not isinstance(returned, Mapping):
        raise run.fault(
            f"The operation '{spec.work.operation}' returned {type(returned).__name__}, not a mapping.",
            spec.element,
            "operation",
        )
    if spec.work.result:
        store(token, spec.work.result, dict(returned))
    else:
        scope.assign(token, run.cleaned(token, returned))


def decide(token: Token) -> None:
    """Ask the host for the decision and keep its outcome in the shape that the diagram asks for."""
    run, spec = token.workflow, token.task_spec
    name = str(run.value(spec.work.decision, token))
    with run.guarding(spec.element, "decision", f"The decision '{name}' failed"):
        outcome = run.host.decide(spec.node, name, scope.clean(scope.visible(token)), token.id)
        result = map_result(outcome, spec.work.decision_result)
    # Camunda's name for it, seen by output parameters only.
    token.data["decisionResult"] = run.cleaned(token, {"decisionResult": result})["decisionResult"]
    store(token, spec.work.result, result)


def map_result(outcome: Any, mapping: str) -> Any:
    """Return a decision's outcome as `camunda:mapDecisionResult` says; ValueError when it does not fit."""
    rows = outcome if isinstance(outcome, list | tuple) else [] if outcome is None else [outcome]
    if mapping == "resultList":
        return list(rows)
    if mapping == "collectEntries":
        return [_entry(row) for row in rows]
    if mapping not in ("singleEntry", "singleResult"):
        raise ValueError(f"mapDecisionResult '{mapping}' is unknown.")
    if len(rows) > 1:
        raise ValueError(f"it gave {len(rows)} results where {mapping} expects one.")
    if not rows:
        return None
    return _entry(rows[0]) if mapping == "singleEntry" else rows[0]


def _entry(row: Any) -> Any:
    if not isinstance(row, Mapping):
        return row
    if len(row) > 1:
        raise ValueError(
            f"its result has {len(row)} entries ({', '.join(map(str, row))}) where one is expected."
        )
    return next(iter(row.values()), None)


def store(token: Token, name: str | None, value: Any) -> None:
    """Write a result into the variable that the diagram names, if it names one."""
    if name:
        scope.assign(token, token.workflow.cleaned(token, {name: value}))


def map_in(token: Token) -> None:
    """Evaluate data inputs and input parameters, in order, into the token's own variables."""
    data.copy_in(token)
    for name, source in token.task_spec.parameters.inputs.items():
        token.data.update(token.workflow.cleaned(token, {name: shaped(source, token)}))


def assign(token: Token) -> bool:
    """Tell listeners of a new task to whom its attribute gives it; False when an error took it away."""
    assignee = token.task_spec.assignee
    if assignee is None:
        return True
    given = token.workflow.value(assignee, token)
    return not given or listeners.tell(token, "assignment", assignee=str(given))


def map_out(token: Token) -> None:
    """Copy data outputs and evaluate output parameters into the scope around the token."""
    data.copy_out(token)
    values = {name: shaped(source, token) for name, source in token.task_spec.parameters.outputs.items()}
    if values:
        scope.assign(token.parent, token.workflow.cleaned(token, values))


def copied(copies: tuple[Copy, ...], source: Token) -> dict[str, Any]:
    """Return what `camunda:in` or `camunda:out` takes over from what `source` sees."""
    found: dict[str, Any] = {}
    for copy in copies:
        if copy.every:
            found.update(scope.local(source) if copy.local else scope.visible(source))
        elif copy.plain:
            found[copy.target or ""] = scope.visible(source).get(copy.plain)
        else:
            found[copy.target or ""] = source.workflow.value(copy.source, source)
    return found


def shaped(source: Any, token: Token) -> Any:
    """Return a compiled parameter's value: an expression's, or the list or map of such."""
    if isinstance(source, tuple):
        return [shaped(item, token) for item in source]
    if isinstance(source, Mapping):
        return {key: shaped(item, token) for key, item in source.items()}
    return token.workflow.value(source, token)
