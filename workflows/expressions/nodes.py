"""What an expression consists of; every node evaluates itself in a scope that counts its steps."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from workflows.errors import DubanError
from workflows.expressions.values import (
    MAX_STEPS,
    EvaluationError,
    MissingVariable,
    checked,
    equal,
    instant,
    kind,
    member,
    order,
    text,
    truth,
)

#: Functions whose arguments may be missing: they see null instead.
TOTAL = frozenset({"get", "coalesce"})

ORDERINGS: Mapping[str, Callable[[int, int], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass
class Scope:
    """What one evaluation sees, and how many steps it has left."""

    source: str
    variables: Mapping[str, Any]
    functions: Mapping[str, Callable[..., Any]]
    steps: int = field(default=MAX_STEPS)

    def spend(self, steps: int) -> None:
        """Take steps from the budget, or end the evaluation."""
        self.steps -= steps
        if self.steps < 0:
            raise self.error(f"it takes more than {MAX_STEPS} steps")

    def error(self, why: str) -> EvaluationError:
        """Return the error to raise, naming the expression."""
        return EvaluationError(f"The expression `{self.source}` has no value: {why}.", code="evaluation")

    def missing(self, name: str) -> MissingVariable:
        """Return the error for a name that is not there."""
        return MissingVariable(
            f"The expression `{self.source}` has no value: {name} is missing.",
            code="missing_variable",
            name=name,
        )


class Node:
    """A part of an expression."""

    @property
    def children(self) -> tuple[Node, ...]:
        """Return the parts directly below."""
        return ()

    def value(self, scope: Scope) -> Any:
        """Return the value here, or raise EvaluationError."""
        raise NotImplementedError

    def optional(self, scope: Scope) -> Any:
        """Return the value, null where something is missing."""
        try:
            return self.value(scope)
        except MissingVariable:
            return None


@dataclass(frozen=True)
class Literal(Node):
    constant: Any

    def value(self, scope: Scope) -> Any:
        scope.spend(1)
        return self.constant


@dataclass(frozen=True)
class Name(Node):
    name: str

    def value(self, scope: Scope) -> Any:
        scope.spend(1)
        if self.name not in scope.variables:
            raise scope.missing(self.name)
        return scope.variables[self.name]


@dataclass(frozen=True)
class Member(Node):
    """`target.key`, `target["key"]`, `target[0]`: entries of maps and lists, never attributes of anything."""

    target: Node
    key: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.target, self.key)

    def value(self, scope: Scope) -> Any:
        scope.spend(1)
        target, key = self.target.value(scope), self.key.value(scope)
        if kind(target) == "map" and kind(key) == "text":
            if key not in target:
                raise scope.missing(path(self))
            return target[key]
        if kind(target) == "list" and kind(key) == "number":
            if not isinstance(key, int) or not 0 <= key < len(target):
                raise scope.missing(path(self))
            return target[key]
        if target is None:
            raise scope.missing(path(self))
        raise scope.error(f"a {kind(target)} has no entry that a {kind(key)} picks")


def path(node: Node) -> str:
    """Return how a name or member is written, as far as that is known."""
    if isinstance(node, Name):
        return node.name
    if not isinstance(node, Member):
        return "(…)"
    if isinstance(node.key, Literal):
        constant = node.key.constant
        return (
            f"{path(node.target)}.{constant}"
            if isinstance(constant, str)
            else f"{path(node.target)}[{constant}]"
        )
    return f"{path(node.target)}[…]"


@dataclass(frozen=True)
class Items(Node):
    items: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return self.items

    def value(self, scope: Scope) -> Any:
        scope.spend(1)
        return [item.value(scope) for item in self.items]


@dataclass(frozen=True)
class Entries(Node):
    keys: tuple[str, ...]
    items: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return self.items

    def value(self, scope: Scope) -> Any:
        scope.spend(1)
        return {key: item.value(scope) for key, item in zip(self.keys, self.items, strict=True)}


@dataclass(frozen=True)
class Not(Node):
    """Negation; in FEEL the negation of null is null."""

    operand: Node
    feel: bool

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand,)

    def value(self, scope: Scope) -> Any:
        scope.spend(1)
        value = self.operand.value(scope)
        return None if self.feel and value is None else not judge(value, scope)


@dataclass(frozen=True)
class Empty(Node):
    """True for what is missing, null, or a text, list or map of length 0."""

    operand: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand,)

    def value(self, scope: Scope) -> Any:
        scope.spend(1)
        value = self.operand.optional(scope)
        return value is None or (kind(value) in ("text", "list", "map") and len(value) == 0)


@dataclass(frozen=True)
class Minus(Node):
    operand: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand,)

    def value(self, scope: Scope) -> Any:
        scope.spend(1)
        value = self.operand.value(scope)
        if kind(value) not in ("number", "duration"):
            raise scope.error(f"a {kind(value)} cannot be negated")
        return -value


@dataclass(frozen=True)
class Comparison(Node):
    """Equality, order or membership; in FEEL an order that does not exist is null instead of an error."""

    left: Node
    sign: str  #: == != < <= > >= in
    right: Node
    feel: bool

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)

    def value(self, scope: Scope) -> Any:
        scope.spend(1)
        left, right = self.left.value(scope), self.right.value(scope)
        if self.sign in ("==", "!="):
            return equal(left, right, scope.spend) == (self.sign == "==")
        try:
            if self.sign == "in":
                return member(left, right, scope.spend)
            return ORDERINGS[self.sign](order(left, right), 0)
        except ValueError as error:
            if self.feel:
                return None
            raise scope.error(str(error)) from None


@dataclass(frozen=True)
class Logic(Node):
    """`and` / `or` over two or more conditions, left to right, stopping as soon as the answer is known."""

    word: str
    operands: tuple[Node, ...]
    feel: bool

    @property
    def children(self) -> tuple[Node, ...]:
        return self.operands

    def value(self, scope: Scope) -> Any:
        scope.spend(1)
        decisive, unknown = self.word == "or", False
        for operand in self.operands:
            value = operand.value(scope)
            if judge(value, scope) == decisive and not (self.feel and value is None):
                return decisive
            unknown = unknown or value is None
        return None if self.feel and unknown else not decisive


@dataclass(frozen=True)
class Choice(Node):
    condition: Node
    yes: Node
    no: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.condition, self.yes, self.no)

    def value(self, scope: Scope) -> Any:
        scope.spend(1)
        return (self.yes if judge(self.condition.value(scope), scope) else self.no).value(scope)


@dataclass(frozen=True)
class Arithmetic(Node):
    """Operands of one rank joined by their signs, left to right."""

    first: Node
    rest: tuple[tuple[str, Node], ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.first, *(operand for _, operand in self.rest))

    def value(self, scope: Scope) -> Any:
        result = self.first.value(scope)
        for sign, operand in self.rest:
            scope.spend(1)
            other = operand.value(scope)
            try:
                result = checked(reckon(checked(result), sign, checked(other)))
            except (ValueError, ArithmeticError) as error:
                raise scope.error(f"{kind(result)} {sign} {kind(other)}: {error}") from None
        return result


def reckon(left: Any, sign: str, right: Any) -> Any:
    """Return `left sign right` for the pairs of kinds that have one; ValueError for the others."""
    left, right = instant(left), instant(right)
    kinds = (kind(left), kind(right))
    if kinds == ("number", "number"):
        return NUMERIC[sign](left, right)
    if sign == "+" and kinds in (("text", "text"), ("list", "list")):
        return left + right if kinds[0] == "text" else [*left, *right]
    if sign in "+-" and isinstance(right, timedelta) and isinstance(left, (date, datetime, timedelta)):
        return shift(left, right if sign == "+" else -right)
    if sign == "-" and kinds in (("date", "date"), ("instant", "instant")):
        order(left, right)  # refuses instants with and without an offset
        return left - right
    raise ValueError("this is not defined" + (", write string(…) to join texts" if "text" in kinds else ""))


def shift(left: Any, by: timedelta) -> Any:
    """Return a moment or duration moved by a duration; whole days only for dates."""
    if kind(left) == "date" and by % timedelta(days=1):
        raise ValueError("a date moves by whole days only; use datetime()")
    return left + by


NUMERIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
}


@dataclass(frozen=True)
class Call(Node):
    name: str
    arguments: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return self.arguments

    def value(self, scope: Scope) -> Any:
        function = scope.functions.get(self.name)
        if function is None:
            raise scope.error(
                f"there is no function {self.name}; there are {', '.join(sorted(scope.functions))}"
            )
        read = Node.optional if self.name in TOTAL else None
        values = [read(node, scope) if read else node.value(scope) for node in self.arguments]
        scope.spend(1 + sum(map(burden, values)))
        try:
            return checked(function(*values))
        except DubanError:
            raise
        except TypeError as error:
            raise scope.error(
                f"{self.name}({', '.join(map(kind, values))}) is not how it is called"
            ) from error
        except (ValueError, ArithmeticError, LookupError) as error:
            raise scope.error(f"{self.name}(): {error}") from error


def burden(value: Any) -> int:
    """Return what a function's argument costs: five passes over the longest list, a hundred over a text, are all."""
    word = kind(value)
    return len(value) // 5 if word in ("list", "map") else len(value) // 1000 if word == "text" else 0


@dataclass(frozen=True)
class Template(Node):
    """Text with values in it."""

    parts: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return self.parts

    def value(self, scope: Scope) -> Any:
        scope.spend(1)
        try:
            return checked("".join(text(part.value(scope)) for part in self.parts))
        except ValueError as error:
            raise scope.error(str(error)) from None


def judge(value: Any, scope: Scope) -> bool:
    """Return the answer of a condition inside an expression."""
    try:
        return truth(value)
    except EvaluationError as error:
        raise scope.error(error.message.rstrip(".")) from None
