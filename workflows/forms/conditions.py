"""When a field is hidden: `conditional.hide`, judged here and, as JSON, by the browser's script.

The FEEL subset: names of earlier fields, literals, lists, `= != < <= > >= in`, `and`, `or`, `not(…)`.
As JSON: `["value", v]`, `["name", key]`, `["list", a, …]`, `["==", a, b]` (likewise `!= < <= > >= in`),
`["and", a, …]`, `["or", a, …]`, `["not", a]`.

An unanswered or hidden field is null, an untouched checkbox false. Equality between different types is false;
an order between different types, or with null, is null; `and`, `or`, `not` have three values; a field is
hidden only when the whole is true. `a in b`: b is a list with the element, or a text with the part.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workflows.errors import InvalidInput
from workflows.expressions import EvaluationError, Expression, feel
from workflows.expressions.nodes import Comparison, Items, Literal, Logic, Minus, Name, Node, Not


def read_condition(source: str, known: frozenset[str]) -> tuple[Expression, list[Any]]:
    """Return the condition and its JSON; refuse what the subset has not, and fields that come later."""
    if not source.strip().startswith("="):
        raise InvalidInput(f"The condition `{source[:200]}` must start with `=`.", code="condition")
    expression = feel(source)
    if unknown := sorted(expression.names - known):
        raise InvalidInput(
            f"The condition `{source}` names {', '.join(unknown)}; it may name fields before it only.",
            code="condition",
        )
    return expression, as_json(expression.root, source)


def as_json(node: Node, source: str) -> list[Any]:
    """Return the tree as the browser's script reads it."""
    if isinstance(node, Literal):
        return ["value", node.constant]
    if (
        isinstance(node, Minus)
        and isinstance(node.operand, Literal)
        and isinstance(node.operand.constant, (int, float))
    ):
        return ["value", -node.operand.constant]
    if isinstance(node, Name):
        return ["name", node.name]
    word = sign(node)
    if word is None:
        raise InvalidInput(
            f"The condition `{source}` may use = != < <= > >= in, and, or, not, names and literals only.",
            code="condition",
        )
    return [word, *(as_json(child, source) for child in node.children)]


def sign(node: Node) -> str | None:
    """Return the word for a composed node, None if the subset has none."""
    if isinstance(node, Comparison):
        return node.sign
    if isinstance(node, Logic):
        return node.word
    return "not" if isinstance(node, Not) else "list" if isinstance(node, Items) else None


def hides(condition: Expression | None, answers: Mapping[str, Any]) -> bool:
    """Return whether the condition holds over the answers; unanswered fields are null."""
    if condition is None:
        return False
    scope = {name: answers.get(name) for name in condition.names}
    try:
        return condition.evaluate(scope) is True
    except EvaluationError:
        # A condition such as `a and b` over answers that are no truths: what cannot be judged is shown.
        return False
