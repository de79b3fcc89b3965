"""What becomes of a filled form: checked, given to the recording operation, and reduced to process variables.

Names and narratives go to the register that the operation writes. What the form marks with the property
`target=variable`, and what the operation returns, becomes a variable; with neither, all answers do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from sqlalchemy.orm import Session

from workflows import engine, forms, operations
from workflows.errors import EngineFault
from workflows.forms import Form, Options
from workflows.operations import Context, Recorded

_tables: Callable[[Session], Options] = lambda session: {}  # noqa: E731 -- none until the office installs its own


def install(tables: Callable[[Session], Options]) -> None:
    """Let `tables` give the code tables that forms name by `valuesKey`, from now on."""
    global _tables
    _tables = tables


def options(session: Session, form: Form, own: Options | None = None) -> Options:
    """Return the code tables that a form names, beside those that are the task's own (see `choices`)."""
    tables = _tables(session) if form.tables - (own or {}).keys() else {}
    return {**{name: tables[name] for name in form.tables if name in tables}, **(own or {})}


def choices(node: engine.Node, context: Callable[[], Context]) -> Options:
    """Return the tables that only this task has, such as the files of its matter.

    From the operation that the node names with the property `options`, which reads registers.
    """
    operation = properties_of(node).get("options")
    return cast("Options", operations.find(operation)(context())) if operation else {}


def check(
    session: Session, form: Form | None, answers: Mapping[str, Any], own: Options | None = None
) -> dict[str, Any]:
    """Return the answers as the form takes them (anything, without a form); InvalidInput names bad fields."""
    return dict(answers) if form is None else forms.validate(form, answers, options(session, form, own))


def record(
    node: engine.Node,
    form: Form | None,
    answers: Mapping[str, Any],
    *,
    context: Callable[[], Context],
    absorb: Callable[[Mapping[str, Any] | Recorded | None], Mapping[str, Any]],
) -> dict[str, Any]:
    """Return the process variables of checked answers, having called the node's recording operation."""
    operation = properties_of(node).get("record")
    chosen = form.variables(answers) if form else {}
    if operation is None:
        return chosen or _all(form, answers)
    try:
        returned = operations.find(operation)(context(), answers=dict(answers))
    except KeyError as error:
        message = f"The form has no answer to {error}, which {operation} has to record."
        raise EngineFault(message, element=node.id, code="form") from error
    return {**chosen, **absorb(returned)}


def prefill(
    node: engine.Node, form: Form | None, variables: Mapping[str, Any], context: Callable[[], Context]
) -> dict[str, Any]:
    """Return what is known about the form's questions before anybody answers.

    From the variables, and from the operation that the node names with the property `prefill`, which reads
    registers.
    """
    if form is None:
        return {}
    operation = properties_of(node).get("prefill")
    found = operations.find(operation)(context()) if operation else None
    known = {**variables, **(found if isinstance(found, Mapping) else {})}
    return {field.key: known[field.key] for field in form.fields if known.get(field.key) is not None}


def properties_of(node: engine.Node) -> Mapping[str, str]:
    """Return the `camunda:properties` of an element."""
    found: Mapping[str, str] = node.attributes.get("properties", {})
    return found


def _all(form: Form | None, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return every answer as a variable; an unanswered one is null, so that conditions may ask for it."""
    unanswered = {field.key: None for field in form.fields} if form else {}
    return {**unanswered, **answers}
