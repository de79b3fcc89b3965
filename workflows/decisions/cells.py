"""The cells of a decision table: FEEL unary tests on the left, expressions on the right.

A test is `-` (anything), a value, `< 5`, `[1..5]`, `(1..5]`, `not(…)`, an expression over `?` (the input), or
a comma list of these. A value that is a list means any of its elements. An empty input passes no order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from workflows.errors import InvalidInput
from workflows.expressions import BUILTINS, Expression, compile_expression, feel
from workflows.expressions.nodes import ORDERINGS, Call, Comparison, Logic, Name, Node, Not, Scope
from workflows.expressions.parser import Parser, constant, guard_source, survey
from workflows.expressions.values import equal, kind, member

INPUT = "?"
SIGNS = {"=": "==", "==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
OPENINGS = {"[": ">=", "(": ">", "]": ">"}
CLOSINGS = {"]": "<=", ")": "<", "[": "<"}


@dataclass(frozen=True)
class Same(Node):
    """Is the input this value, or among these values?"""

    wanted: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.wanted,)

    def value(self, scope: Scope) -> Any:
        scope.spend(1)
        wanted, given = self.wanted.value(scope), scope.variables[INPUT]
        if kind(wanted) == "list" and kind(given) != "list":
            return member(given, wanted, scope.spend)
        return equal(given, wanted, scope.spend)


@dataclass(frozen=True)
class Bounded(Node):
    """Does the input keep an order? Null does not; another kind of value is an error."""

    comparison: Comparison

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.comparison,)

    def value(self, scope: Scope) -> Any:
        return None if scope.variables[INPUT] is None else self.comparison.value(scope)


@lru_cache(maxsize=1024)
def read_test(source: str) -> Expression | None:
    """Return the test of an input cell as an expression over `?`, None where anything passes."""
    stripped = source.strip()
    if stripped in ("", "-"):
        return None
    guard_source(stripped)
    parser = Parser(stripped, feel=True)
    negated = parser.token.word == "not" and parser.ahead(1).word == "("
    if negated:
        parser.advance()
        parser.advance()
    root: Node = Logic("or", tuple(tests(parser)), feel=True)
    if negated:
        parser.expect(")", "after the tests")
        root = Not(root, feel=True)
    if parser.token.kind != "end":
        parser.refuse(f"nothing more is due after the test, not {parser.shown()}{parser.hint()}")
    names, calls = survey(stripped, root)
    return Expression(stripped, names - {INPUT}, calls, root)


def tests(parser: Parser) -> list[Node]:
    """Return the tests of a comma list."""
    found = [one_test(parser)]
    while parser.accept(","):
        found.append(one_test(parser))
    return found


def one_test(parser: Parser) -> Node:
    """Return one test: a bound, an interval, a condition over `?`, or a value to be equal to."""
    if sign := parser.accept(*SIGNS):
        return against(SIGNS[sign.word], parser.expression(5))
    if is_interval(parser):
        low = OPENINGS[parser.advance().word]
        lower = against(low, parser.expression())
        parser.expect("..", "between the bounds")
        upper = parser.expression()
        closing = parser.accept(*CLOSINGS) or parser.refuse("the interval is not closed by ], ) or [")
        return Logic("and", (lower, against(CLOSINGS[closing.word], upper)), feel=True)
    node = parser.expression()
    names, _ = survey(parser.source, node)
    return node if INPUT in names else Same(node)


def against(sign: str, right: Node) -> Node:
    """Return the comparison of the input with a value."""
    if sign in ("==", "!="):
        return Comparison(Name(INPUT), sign, right, feel=True)
    return Bounded(Comparison(Name(INPUT), sign, right, feel=False))


def is_interval(parser: Parser) -> bool:
    """Return whether an interval stands next: a bracket, a value, two dots."""
    if parser.token.word not in OPENINGS or ".." not in parser.source:
        return False
    probe = Parser(parser.source, start=parser.token.end, feel=True)
    try:
        probe.expression()
        return probe.token.word == ".."
    except InvalidInput:
        return False


def read_value(source: str, language: str = "") -> Expression | None:
    """Return the expression of an output, an input or a literal decision; None for an empty one."""
    stripped = source.strip()
    if not stripped:
        return None
    if language.lower() == "juel" or stripped.startswith(("${", "#{")):
        return compile_expression(stripped)
    return feel(stripped)


def read_list(source: str) -> list[Expression]:
    """Return the expressions of a comma list, as `outputValues` has it."""
    stripped = source.strip()
    guard_source(stripped)
    parser = Parser(stripped, feel=True)
    found: list[Expression] = []
    while parser.token.kind != "end":
        if found:
            parser.expect(",", "between the values")
        start = parser.token.start
        node = parser.expression()
        names, calls = survey(stripped, node)
        found.append(Expression(stripped[start : parser.last_end], names, calls, node))
    return found


def constants(test: Expression) -> Iterator[Any]:
    """Yield the constants that a test compares the input with."""
    below = [test.root]
    while below:
        node = below.pop()
        if isinstance(node, Same):
            found, value = constant(node.wanted)
            if found:
                yield value
        elif isinstance(node, Comparison) and node.left == Name(INPUT):
            found, value = constant(node.right)
            if found:
                yield value
        else:
            below.extend(node.children)


def points(test: Expression) -> list[Any] | None:
    """Return the values between which a test may tell inputs apart: it is the same for all that lie between two.

    None where it asks what only a run knows, or does more with the input than compare it; EvaluationError where
    one of its constants has no value.
    """
    found: list[Any] = []
    below = [test.root]
    while below:
        node = below.pop()
        if isinstance(node, Same):
            wanted = [node.wanted]
        elif isinstance(node, Comparison) and Name(INPUT) in (node.left, node.right):
            wanted = [side for side in (node.left, node.right) if side != Name(INPUT)]
        elif isinstance(node, Name) or (isinstance(node, Call) and node.name not in BUILTINS):
            return None
        else:
            below.extend(node.children)
            continue
        for side in wanted:
            plain, value = constant(side)
            if not plain:
                if not is_fixed(side):
                    return None
                value = Expression(test.source, frozenset(), frozenset(), side).evaluate({})
            if isinstance(node, Comparison) and node.sign == "in" and kind(value) != "list":
                return None  # a part of a text, or a key of a map
            found.extend(value if kind(value) == "list" else [value])
    return found


def is_fixed(node: Node) -> bool:
    """Return whether a part has the same value whatever a run knows."""
    names, calls = survey("", node)
    return not names and calls <= BUILTINS.keys()


def is_ordering(test: Expression) -> bool:
    """Return whether a test asks for an order."""
    below = [test.root]
    while below:
        node = below.pop()
        if isinstance(node, Comparison) and node.sign in ORDERINGS:
            return True
        below.extend(node.children)
    return False
