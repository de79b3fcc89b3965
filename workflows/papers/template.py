"""Templates of papers: a small part of Jinja that ends, bounded by its data, and can reach nothing else.

Templates are data that supervisors change, so what they may say is a list: output, `if`, `for` over what is
given, members, comparison, and a few filters. No calls, arithmetic, assignments, macros or other templates.
Values are escaped: nothing that people typed can become an element of the paper.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jinja2
from jinja2 import meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from workflows.errors import InvalidInput
from workflows.papers import elements
from workflows.papers.model import Paper

SUFFIX = ".j2"
MAX_SOURCE = 50_000  #: characters
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

_jinja = ImmutableSandboxedEnvironment(
    autoescape=True, undefined=jinja2.ChainableUndefined, trim_blocks=True, lstrip_blocks=True
)
_jinja.globals.clear()
_jinja.filters = {name: _jinja.filters[name] for name in FILTERS}
_jinja.tests = {name: _jinja.tests[name] for name in TESTS}


@dataclass(frozen=True)
class Template:
    """A template that keeps the rules, ready to be filled in."""

    compiled: jinja2.Template
    names: frozenset[str]  #: what it asks for

    def fill(self, data: Mapping[str, Any]) -> Paper:
        """Return the paper that the template makes of data: texts, numbers, lists and mappings of them."""
        try:
            source = self.compiled.render(_fit(data))
        except (jinja2.TemplateError, TypeError, ValueError, RecursionError) as error:
            raise _wrong(str(error)) from error
        return elements.paper(source)


def kind(file: str) -> str:
    """Return the kind of paper that a template's file is for: its name without folders and ending."""
    return file.rpartition("/")[2].removesuffix(SUFFIX)


def read(content: bytes) -> Template:
    """Return the template; InvalidInput says what in it is not allowed."""
    found = problems(content)
    if found:
        raise _wrong(found[0])
    source = content.decode()
    return Template(
        _jinja.from_string(source), frozenset(meta.find_undeclared_variables(_jinja.parse(source)))
    )


def problems(content: bytes, names: frozenset[str] | None = None) -> list[str]:
    """Return what is wrong with a template, one sentence each; with `names`, also what it asks for in vain."""
    try:
        source = content.decode()
        tree = _jinja.parse(source) if len(source) <= MAX_SOURCE else None
    except UnicodeDecodeError:
        return ["It is not written in UTF-8."]
    except (jinja2.TemplateError, RecursionError) as error:
        return [f"It cannot be read: {error}"]
    if tree is None:
        return [f"It is longer than {MAX_SOURCE} characters."]
    found = (*_forbidden(tree, 0), *_unknown(tree, names))
    return list(dict.fromkeys(found or _trials(source)))


def _forbidden(node: nodes.Node, loops: int) -> Iterator[str]:
    line = getattr(node, "lineno", 0)
    if not isinstance(node, _ALLOWED):
        yield f"Line {line}: a template of a paper cannot hold {type(node).__name__}."
        return
    if isinstance(node, nodes.For):
        loops += 1
        if loops > DEEPEST_LOOPS or node.recursive or not isinstance(node.iter, nodes.Name | nodes.Getattr):
            yield f"Line {line}: a loop goes over a list that is given, in at most {DEEPEST_LOOPS} levels."
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        yield f"Line {line}: there is no filter {node.name}; there are: {', '.join(sorted(FILTERS))}."
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        yield f"Line {line}: there is no test {node.name}; there are: {', '.join(sorted(TESTS))}."
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        yield f"Line {line}: there is no {node.attr}."
    for child in node.iter_child_nodes():
        yield from _forbidden(child, loops)


def _unknown(tree: nodes.Template, names: frozenset[str] | None) -> Iterator[str]:
    if names is None:
        return
    for name in sorted(meta.find_undeclared_variables(tree) - names):
        yield f"Nothing is called {name} on this paper; there are: {', '.join(sorted(names))}."


def _trials(source: str) -> Iterator[str]:
    """Fill the template in with nothing, and with something everywhere: both must give a paper."""
    template = _jinja.from_string(source)
    names = meta.find_undeclared_variables(_jinja.parse(source))
    for data in (_Nothing(), _Anything()):
        try:
            elements.paper(template.render(dict.fromkeys(names, data)))
        except InvalidInput as error:
            yield error.message.removeprefix(elements.WRONG)
        except (jinja2.TemplateError, TypeError, ValueError, RecursionError) as error:
            yield f"It cannot be filled in: {error}"


class _Nothing(jinja2.ChainableUndefined):
    """Stands for whatever is not there."""


class _Anything:
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


def _fit(value: Any) -> Any:
    """Return data as templates are given it: nothing but texts, numbers, lists and mappings of them."""
    if isinstance(value, Mapping):
        return {str(key): _fit(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_fit(part) for part in value]
    if value is None or isinstance(value, bool | int):
        return value
    return _UNFIT.sub("", str(value))


def _wrong(why: str) -> InvalidInput:
    return InvalidInput(f"{elements.WRONG}{why.removeprefix(elements.WRONG)}", code="paper_template")
