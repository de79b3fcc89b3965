"""What the deployment gate says of a decision that can be read: what would be wrong at run time, and what looks so."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from workflows.decisions.cells import points
from workflows.decisions.coverage import remarks
from workflows.decisions.kinds import TYPES, WRITTEN, same, typed
from workflows.decisions.table import Decision, Input, Output, Rule, rule_name
from workflows.expressions import BUILTINS, EvaluationError, Expression, Meter
from workflows.expressions.values import kind
from workflows.findings import Finding

WEIGHED = frozenset({"PRIORITY", "OUTPUT ORDER"})
#: Types that modelers offer, which our values do not have, and what to do instead.
MISSING = {
    "time": "ask a dateTime, or the hour as a number",
    "yearMonthDuration": "ask the months as a number, or a dayTimeDuration",
    "years and months duration": "ask the months as a number, or a dayTimeDuration",
}


def findings(
    decision: Decision, functions: Collection[str] = (), meter: Meter | None = None
) -> Iterator[Finding]:
    """Yield errors, each with table, rule and column, and warnings of gaps and overlaps.

    `functions` are the host's; the meter is what several tables may cost together.
    """
    known = BUILTINS.keys() | set(functions)
    for element, where, expression in decision.cells():
        for name in sorted(expression.calls - known):
            yield _error(
                element, "function", f"{where}: there is no {name}(); there are {', '.join(sorted(known))}."
            )
    for input_ in decision.inputs:
        yield from _type(decision, input_.id, input_.label, input_.type)
    for output in decision.outputs:
        yield from _type(decision, output.id, output.name, output.type)
    sound: set[tuple[str, str]] = set()  #: cells of the same words, looked at once
    for rule in decision.rules:
        for column, test in zip(decision.inputs, rule.tests, strict=True):
            if test is None or (column.type, test.source) in sound:
                continue
            wrong = list(_test(decision, rule, column, test))
            if not wrong:
                sound.add((column.type, test.source))
            yield from wrong
    for place, output in enumerate(decision.outputs):
        yield from _output(decision, output)
        for rule in decision.rules:
            yield from _result(decision, rule, output, rule.results[place])
    yield from remarks(decision, meter)


def _type(decision: Decision, element: str, label: str, type_ref: str) -> Iterator[Finding]:
    """Whether there is the type that a column declares."""
    if type_ref in MISSING:
        why = f"there is no type {type_ref}; {MISSING[type_ref]}"
        yield _error(element, "type", f"{decision.title}, column {label}: {why}.")


def _test(decision: Decision, rule: Rule, column: Input, test: Expression) -> Iterator[Finding]:
    """Whether the values that a cell compares with have one, and are of the column's type."""
    where = f"{decision.title}, {rule_name(rule.id, rule.number)}, column {column.label}"
    wanted = TYPES.get(column.type)
    try:
        for value in points(test) or ():
            if wanted and value is not None and kind(value) != wanted:
                right = f"write {WRITTEN[wanted]}, or give the column another type"
                yield _error(
                    rule.id,
                    "type",
                    f"{where}: {test.source} is of the kind {kind(value)}, never a {column.type}; {right}.",
                )
                return
    except EvaluationError as error:
        yield _error(rule.id, "value", f"{where}: {error.message}")


def _output(decision: Decision, output: Output) -> Iterator[Finding]:
    """Whether the hit policy can make anything of a column."""
    where = f"{decision.title}, column {output.name}"
    sums = decision.aggregation not in ("", "COUNT")
    if sums and TYPES.get(output.type, "number") != "number":
        yield _error(
            output.id,
            "hit_policy",
            f"{where}: {decision.aggregation} needs a column of numbers, not {output.type}.",
        )
    values = output.values
    twice = [
        value for place, value in enumerate(values) if any(same(value, other) for other in values[:place])
    ]
    if twice and decision.hit_policy in WEIGHED:
        yield _error(output.id, "hit_policy", f"{where}: {twice[0]!r} stands twice among the allowed values.")


def _result(decision: Decision, rule: Rule, output: Output, cell: Expression | None) -> Iterator[Finding]:
    """Whether what a cell gives is something that the hit policy, and the allowed values, can do with."""
    if cell is not None and (cell.names or not cell.calls <= BUILTINS.keys()):
        return
    where = f"{decision.title}, {rule_name(rule.id, rule.number)}, column {output.name}"
    try:
        value = None if cell is None else typed(cell.evaluate({}), output.type)
    except (EvaluationError, ValueError, ArithmeticError):
        return  # told by the reading
    shown = "nothing" if value is None else cell.source if cell else ""
    if decision.aggregation not in ("", "COUNT") and kind(value) != "number":
        yield _error(rule.id, "hit_policy", f"{where}: {decision.aggregation} needs a number, not {shown}.")
    if not output.values or any(same(value, allowed) for allowed in output.values):
        return
    if decision.hit_policy in WEIGHED:
        why = (
            f"{shown} is not among the allowed values of the column, so {decision.hit_policy} cannot weigh it"
        )
        yield _error(rule.id, "hit_policy", f"{where}: {why}.")
    elif value is not None:
        message = f"{where}: {shown} is not among the allowed values of the column."
        yield Finding(rule.id, "output_values", "warning", message)


def _error(element: str, rule: str, message: str) -> Finding:
    return Finding(element, rule, "error", message)
