"""Values of variables that make a difference to conditions: at, between and beyond the literals they name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, pairwise, product
from typing import Any

from workflows.errors import DubanError
from workflows.expressions import Expression, truth
from workflows.expressions.nodes import (
    Choice,
    Comparison,
    Empty,
    Items,
    Literal,
    Logic,
    Member,
    Minus,
    Name,
    Node,
    Not,
)

#: Assignments tried for one question.
MAX_ASSIGNMENTS = 1_000

#: A variable, or an entry of a map in one: ("approval", "last_approver").
Path = tuple[str, ...]
Values = Mapping[Path, Any]
_NOTHING = object()


def assignments(conditions: Iterable[Expression]) -> Iterator[Values]:
    """Yield the assignments worth trying, as far as the bound; those with null come last."""
    telling = critical(conditions)
    paths = [path for path in telling if not any(path != p and p[: len(path)] == path for p in telling)]
    for chosen in islice(product(*(telling[path] for path in paths)), MAX_ASSIGNMENTS):
        yield dict(zip(paths, chosen, strict=True))


def critical(conditions: Iterable[Expression]) -> dict[Path, list[Any]]:
    """Return the telling values of every variable that conditions read."""
    named: dict[Path, list[Any]] = {}
    for condition in conditions:
        _collect(condition.root, named, judged=True)
    return {path: _around(constants) for path, constants in named.items()}


def holds(condition: Expression, values: Values) -> bool | None:
    """Return whether a condition holds, None where it has no value."""
    try:
        return truth(condition.evaluate(_variables(values)))
    except DubanError:
        return None


def shown(values: Values) -> str:
    """Return an assignment for people to read: `amount = 5, kind = 'x'`."""
    return (
        ", ".join(f"{'.'.join(path)} = {_literal(value)}" for path, value in values.items()) or "any values"
    )


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _variables(values: Values) -> dict[str, Any]:
    variables: dict[str, Any] = {}
    for path, value in values.items():
        inside = variables
        for key in path[:-1]:
            inside = inside.setdefault(key, {})
        inside[path[-1]] = value
    return variables


def _collect(node: Node, named: dict[Path, list[Any]], *, judged: bool) -> None:
    """Note each variable below a node with the literals it is held against; `judged` = the node is a truth."""
    path = _path(node)
    if path is not None:
        named.setdefault(path, []).extend((True, False) if judged else ())
    elif isinstance(node, Comparison):
        _compare(node, named)
    elif isinstance(node, Empty):
        if (inner := _path(node.operand)) is not None:
            named.setdefault(inner, []).append("")
        else:
            _collect(node.operand, named, judged=False)
    else:
        for child in node.children:
            _collect(child, named, judged=_judges(node, child))


def _judges(node: Node, child: Node) -> bool:
    return isinstance(node, Logic | Not) or (isinstance(node, Choice) and child is node.condition)


def _compare(node: Comparison, named: dict[Path, list[Any]]) -> None:
    for side, other in ((node.left, node.right), (node.right, node.left)):
        path, constant = _path(side), _constant(other)
        if path is None:
            _collect(side, named, judged=False)
        elif constant is _NOTHING:
            # Against another variable or a sum: a few numbers may tell.
            named.setdefault(path, []).extend((0, 1) if node.sign != "in" else ())
        else:
            listed = constant if node.sign == "in" and isinstance(constant, list) else [constant]
            named.setdefault(path, []).extend(listed)


def _path(node: Node) -> Path | None:
    if isinstance(node, Name):
        return (node.name,)
    if isinstance(node, Member) and isinstance(node.key, Literal) and isinstance(node.key.constant, str):
        target = _path(node.target)
        return None if target is None else (*target, node.key.constant)
    return None


def _constant(node: Node) -> Any:
    if isinstance(node, Literal):
        return node.constant
    if isinstance(node, Minus) and isinstance(node.operand, Literal):
        return -node.operand.constant if isinstance(node.operand.constant, int | float) else _NOTHING
    if isinstance(node, Items):
        items = [_constant(item) for item in node.items]
        return _NOTHING if any(item is _NOTHING for item in items) else items
    return _NOTHING


def _around(constants: list[Any]) -> list[Any]:
    """Return constants, what lies beside them, and null."""
    truths = [value for value in (True, False) if any(isinstance(c, bool) for c in constants)]
    numbers = sorted({c for c in constants if isinstance(c, int | float) and not isinstance(c, bool)})
    texts = list(dict.fromkeys(c for c in constants if isinstance(c, str)))
    other = next(text for text in ("other", "another", "something else", "x" * 20) if text not in texts)
    return [*truths, *_beside(numbers), *texts, *([other] if texts else []), None]


def _beside(numbers: list[Any]) -> list[Any]:
    if not numbers:
        return []
    middles = [(low + high) / 2 for low, high in pairwise(numbers)]
    between = [int(m) if m == int(m) else m for m in middles]
    mixed = [value for pair in zip(numbers, [*between, numbers[-1] + 1], strict=True) for value in pair]
    return [numbers[0] - 1, *mixed]
