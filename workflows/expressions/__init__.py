"""A small total language for conditions, due dates, attributes, forms and decision cells.

It has literals, lists, maps, variables and their entries, comparison, arithmetic, `and`/`or`/`not`,
membership, a choice and calls of listed pure functions; JUEL's and Python's spellings both work. It has no
assignment, no loop, no attribute of any object, and never reaches Python's own compiler. Every evaluation
ends within the bounds of `values`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NoReturn

from workflows.errors import InvalidInput
from workflows.expressions.functions import BUILTINS
from workflows.expressions.nodes import Node, Scope
from workflows.expressions.parser import RESERVED, Parser, guard_source, refuse, survey
from workflows.expressions.templates import has_braces, parse_template
from workflows.expressions.values import (
    MAX_TEXT,
    EvaluationError,
    Meter,
    MissingVariable,
    plain,
    truth,
    weighed,
)

__all__ = [
    "BUILTINS",
    "EvaluationError",
    "Expression",
    "Meter",
    "MissingVariable",
    "assignments",
    "compile_expression",
    "evaluate",
    "feel",
    "plain",
    "template",
    "truth",
]

ASSIGNMENT = re.compile(r"([^\W\d]\w*)\s*=(?!=)(.*)", re.DOTALL)
MAX_LINES = 200


@dataclass(frozen=True)
class Expression:
    """A parsed expression: immutable, shareable between threads."""

    source: str
    names: frozenset[str]  #: variables it reads
    calls: frozenset[str]  #: functions it calls
    root: Node = field(repr=False)

    def evaluate(
        self,
        variables: Mapping[str, Any],
        functions: Mapping[str, Callable[..., Any]] = BUILTINS,
        meter: Meter | None = None,
    ) -> Any:
        """Return the value, or raise EvaluationError; `functions` stand before the built-in ones."""
        known = functions if functions is BUILTINS else {**BUILTINS, **functions}
        scope = Scope(self.source, variables, known)
        if meter is None:
            return self._value(scope)
        scope.steps = allowed = min(scope.steps, meter.left)
        try:
            return self._value(scope)
        finally:
            meter.left -= allowed - max(scope.steps, 0)

    def _value(self, scope: Scope) -> Any:
        value = self.root.value(scope)
        try:
            return weighed(value)
        except ValueError as error:
            raise scope.error(str(error)) from None


@lru_cache(maxsize=1024)
def compile_expression(source: str) -> Expression:
    """Return the expression of `x > 5`, `${x > 5}` or the text `head@${office}`; refuse what is neither."""
    stripped = source.strip()
    guard_source(stripped)
    if stripped[:2] in ("${", "#{"):
        return expression(stripped, parse_template(stripped))
    try:
        return expression(stripped, Parser(stripped).whole())
    except InvalidInput:
        # Only what is no expression is a text with expressions in it: x == '${y}' compares with a text.
        if not has_braces(stripped):
            raise
    return expression(stripped, parse_template(stripped))


@lru_cache(maxsize=1024)
def template(source: str) -> Expression:
    """Return an attribute's value: plain text stays text, a lone `${x}` keeps its type, a mixture is text."""
    if not has_braces(source):
        if len(source) > MAX_TEXT:
            refuse(source, MAX_TEXT, f"a text has at most {MAX_TEXT} characters")
        return expression(source, parse_template(source))
    # Blanks around a lone expression are the diagram's layout.
    trimmed = source.strip()
    guard_source(trimmed)
    return expression(trimmed, parse_template(trimmed))


@lru_cache(maxsize=1024)
def feel(source: str) -> Expression:
    """Return a FEEL expression as forms write it (`= x = "y"`): `=` compares, an unknown order is null."""
    stripped = source.strip()
    guard_source(stripped)
    body = stripped[1:] if stripped.startswith("=") else stripped
    return expression(stripped, Parser(body, feel=True).whole())


def expression(source: str, root: Node) -> Expression:
    """Return the compiled expression of a parsed tree."""
    names, calls = survey(source, root)
    return Expression(source, names, calls, root)


def evaluate(
    source: str, variables: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]] | None = None
) -> Any:
    """Return the value of a source over variables: compile and evaluate in one."""
    return compile_expression(source).evaluate(variables, BUILTINS if functions is None else functions)


def assignments(script: str) -> list[tuple[str, Expression]]:
    """Return the `name = expression` lines of a script in order; refuse anything else, naming the line."""
    lines = script.splitlines()
    if len(lines) > MAX_LINES:
        refuse_line(MAX_LINES + 1, f"a script has at most {MAX_LINES} lines")
    return [
        assignment(number, line.strip().removesuffix(";"))
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.strip().startswith(("#", "//"))
    ]


def assignment(number: int, line: str) -> tuple[str, Expression]:
    """Return the name and expression of one line."""
    match = ASSIGNMENT.fullmatch(line)
    if match is None:
        refuse_line(number, "it must read `name = expression`; use a service task for anything else")
    name, source = match.groups()
    if name.startswith("_") or name in RESERVED:
        refuse_line(number, f"{name} cannot be a variable's name")
    try:
        return name, compile_expression(source)
    except InvalidInput as error:
        message = f"Script line {number}: {error.message}"
        raise InvalidInput(message, code=error.code, line=number, **error.params) from None


def refuse_line(number: int, why: str) -> NoReturn:
    """Raise InvalidInput naming the line of a script."""
    raise InvalidInput(f"Script line {number}: {why}.", code="script", line=number, reason=why)
