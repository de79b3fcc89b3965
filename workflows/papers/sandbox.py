"""The part of Jinja that templates of papers may use: it ends, is bounded by its data, and can reach nothing else.

Templates are data that supervisors change, so what they may say is a list: output, `if`, `for` over what is
given, members, comparison, and a few filters. No calls, arithmetic, assignments, macros or other templates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

DEEPEST_LOOPS = 2
FILTERS = frozenset({"join", "length", "first", "last", "default"})
TESTS = frozenset({"defined"})

_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Const,
    nodes.If,
    nodes.For,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Filter,
    nodes.Test,
    nodes.EvalContext,
)
#: What XML cannot hold, and marks that turn the direction of writing.
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")

environment = ImmutableSandboxedEnvironment(
    autoescape=True, undefined=jinja2.ChainableUndefined, trim_blocks=True, lstrip_blocks=True
)
environment.globals.clear()
environment.filters = {name: environment.filters[name] for name in FILTERS}
environment.tests = {name: environment.tests[name] for name in TESTS}


def forbidden(node: nodes.Node, loops: int = 0) -> Iterator[tuple[int, str]]:
    """Tell what no template of a paper may hold: the line, and what is wrong there."""
    line = getattr(node, "lineno", 0)
    if not isinstance(node, _ALLOWED):
        yield line, f"a template of a paper cannot hold {type(node).__name__}."
        return
    if isinstance(node, nodes.For):
        loops += 1
        if loops > DEEPEST_LOOPS or node.recursive or not isinstance(node.iter, nodes.Name | nodes.Getattr):
            yield line, f"a loop goes over a list that is given, in at most {DEEPEST_LOOPS} levels."
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        yield line, f"there is no filter {node.name}; there are: {', '.join(sorted(FILTERS))}."
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        yield line, f"there is no test {node.name}; there are: {', '.join(sorted(TESTS))}."
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        yield line, f"there is no {node.attr}."
    for child in node.iter_child_nodes():
        yield from forbidden(child, loops)


class Nothing(jinja2.ChainableUndefined):
    """Stands for whatever is not there."""


class Anything:
    """Stands for whatever a template may ask for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter((self,))

    def __getitem__(self, key: object) -> Any:
        return self

    def __len__(self) -> int:
        return 1

    def __str__(self) -> str:
        return "某"


def fit(value: Any) -> Any:
    """Return data as templates are given it: nothing but texts, numbers, lists and mappings of them."""
    if isinstance(value, Mapping):
        return {str(key): fit(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [fit(part) for part in value]
    if value is None or isinstance(value, bool | int):
        return value
    return _UNFIT.sub("", str(value))
