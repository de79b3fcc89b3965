"""What an element does, compiled once and shared: sequence flows, loops, operations, mappings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from workflows.expressions import Expression

#: Instances of one multi-instance activity.
MAX_INSTANCES = 1_000
#: Subprocesses, bodies and called processes inside one another.
MAX_DEPTH = 60
#: Elements entered in one act; a diagram that needs more runs in circles.
MAX_STEPS = 10_000
#: Seconds of processor time of one act.
MAX_SECONDS = 10.0
#: Tokens of one run that wait or are open at the same time.
MAX_TOKENS = 20_000

_NO_EXPRESSIONS: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Flow:
    """A sequence flow out of an element; `target` is the name of the task spec that it leads to."""

    id: str
    target: str
    condition: Expression | None = None
    default: bool = False
    listeners: tuple[Listener, ...] = ()


@dataclass(frozen=True)
class Thrown:
    """An event that a multi-instance activity throws as an instance completes."""

    kind: str  #: signal | message | escalation | error
    name: Expression  #: the name, or the code of an error or escalation
    when: Expression | None = None
    first: bool = False  #: only for the first instance


@dataclass(frozen=True)
class Loop:
    """How an activity repeats: over a collection, a number of times, or while a condition holds."""

    sequential: bool
    cardinality: Expression | None = None
    collection: Expression | None = None
    element_variable: str | None = None
    completion: Expression | None = None
    output_collection: str | None = None
    output_item: str | None = None
    condition: Expression | None = None  #: standard loop: go on while true
    test_before: bool = False
    maximum: int | None = None
    standard: bool = False
    thrown: tuple[Thrown, ...] = ()
    ballots: str | None = None  #: the variable in which conditions find what everybody has said so far


@dataclass(frozen=True)
class Copy:
    """A `camunda:in` or `camunda:out` of a call activity: a variable, an expression, or `every` one."""

    target: str | None
    source: Expression | None
    plain: str | None = None  #: the bare name of the variable to copy, null where it does not exist
    every: bool = False
    local: bool = False


@dataclass(frozen=True)
class Call:
    """Which process a call activity calls, and which version of it."""

    key: Expression
    binding: str = "latest"  #: latest | deployment | version | versionTag
    version: Expression | None = None  #: the number or tag, where the binding is by one


@dataclass(frozen=True)
class Work:
    """What an automatic step performs; one of the ways is set, none where it only passes."""

    operation: str | None = None
    fields: Mapping[str, Any] = field(
        default_factory=lambda: _NO_EXPRESSIONS
    )  #: what the operation is given beside
    expression: Expression | None = None
    result: str | None = None
    external: bool = False
    decision: Expression | None = None
    decision_result: str = "resultList"
    script: tuple[tuple[str, Expression], ...] = ()


@dataclass(frozen=True)
class Listener:
    """What runs at an event of an element's life: an operation with its fields, or assignments."""

    event: str  #: start | end | take | create | assignment | complete | delete
    operation: str | None = None
    script: tuple[tuple[str | None, Expression], ...] = ()  #: None: an expression assigned to nothing
    fields: Mapping[str, Any] = field(default_factory=lambda: _NO_EXPRESSIONS)


@dataclass(frozen=True)
class Parameters:
    """The input and output parameters of an element: texts compiled, lists and maps of them kept in shape."""

    inputs: Mapping[str, Any] = field(default_factory=lambda: _NO_EXPRESSIONS)
    outputs: Mapping[str, Any] = field(default_factory=lambda: _NO_EXPRESSIONS)


@dataclass(frozen=True)
class Association:
    """A copy between data of an element and of what is around: of a variable, or of an expression's value."""

    target: str
    source: str | None
    value: Expression | None = None


@dataclass(frozen=True)
class Data:
    """What an element copies when it begins and when it is left, and its data inputs and outputs by name."""

    inputs: tuple[Association, ...] = ()
    outputs: tuple[Association, ...] = ()
    takes: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()


_PLAIN_NAME = re.compile(r"[^\W\d]\w*\Z")


def is_plain_name(text: str) -> bool:
    """Tell whether `text` is the bare name of a variable."""
    return bool(_PLAIN_NAME.match(text))
