"""What a paper can say, as a shape with made-up values, and whether a template asks for anything else.

A shape is a text or truth value (an example of it), a mapping of names to shapes, or a list of one shape.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import meta, nodes

Shape = Any
LOOP: Mapping[str, Shape] = {"index": "1", "first": True, "last": True, "length": "1"}


@dataclass(frozen=True)
class Fault:
    """Something that a template asks for in vain, and what would be right."""

    line: int
    code: str  #: name_unknown name_list name_parts name_whole
    name: str
    right: tuple[str, ...] = ()


def asked(tree: nodes.Template) -> set[str]:
    """Return the names that a template asks for."""
    return meta.find_undeclared_variables(tree)


def example(shape: Shape) -> Any:
    """Return made-up data of a shape."""
    if isinstance(shape, Mapping):
        return {name: example(part) for name, part in shape.items()}
    return [example(part) for part in shape] if isinstance(shape, list) else shape


def completed(data: Any, shape: Shape) -> Any:
    """Return data in which nothing of the shape is missing: what is not known is an empty text or list."""
    if isinstance(shape, Mapping):
        given = data if isinstance(data, Mapping) else {}
        return {**given, **{name: completed(given.get(name), part) for name, part in shape.items()}}
    if isinstance(shape, list):
        return [completed(one, shape[0]) for one in data] if isinstance(data, list) else []
    return "" if data is None else data


def faults(tree: nodes.Template, shape: Mapping[str, Shape]) -> Iterator[Fault]:
    """Return what a template asks for that data of this shape do not have."""
    for node in tree.body:
        yield from _within(node, dict(shape))


def _within(node: nodes.Node, scope: dict[str, Shape]) -> Iterator[Fault]:
    if isinstance(node, nodes.For):
        found, wrong = _resolved(node.iter, scope)
        if wrong:
            yield wrong
        elif not isinstance(found, list):
            yield Fault(node.lineno, "name_whole", _spelt(node.iter))
        else:
            inner = {**scope, "loop": LOOP}
            if isinstance(node.target, nodes.Name):
                inner[node.target.name] = found[0]
            for child in (*node.body, *node.else_):
                yield from _within(child, inner)
        return
    if isinstance(node, nodes.Name | nodes.Getattr):
        wrong = _resolved(node, scope)[1]
        if wrong:
            yield wrong
        return
    if isinstance(node, nodes.Output):
        yield from _printed(node, scope)
    for child in node.iter_child_nodes():
        yield from _within(child, scope)


def _printed(node: nodes.Output, scope: dict[str, Shape]) -> Iterator[Fault]:
    """A list or a group of facts has no words of its own."""
    for child in node.nodes:
        if isinstance(child, nodes.Name | nodes.Getattr):
            found, wrong = _resolved(child, scope)
            if not wrong and isinstance(found, list):
                right = tuple(sorted(found[0])) if isinstance(found[0], Mapping) else ()
                yield Fault(child.lineno, "name_list", _spelt(child), right)
            elif not wrong and isinstance(found, Mapping):
                right = tuple(f"{_spelt(child)}.{name}" for name in sorted(found))
                yield Fault(child.lineno, "name_parts", _spelt(child), right)


def _resolved(node: nodes.Node, scope: dict[str, Shape]) -> tuple[Shape, Fault | None]:
    if isinstance(node, nodes.Name):
        if node.name in scope:
            return scope[node.name], None
        return None, Fault(node.lineno, "name_unknown", node.name, _near(node.name, scope))
    if not isinstance(node, nodes.Getattr):
        return None, None
    whole, wrong = _resolved(node.node, scope)
    if wrong:
        return None, wrong
    if isinstance(whole, Mapping) and node.attr in whole:
        return whole[node.attr], None
    base = _spelt(node.node)
    if isinstance(whole, list):
        right = tuple(sorted(whole[0])) if isinstance(whole[0], Mapping) else ()
        return None, Fault(node.lineno, "name_list", base, right)
    right = tuple(f"{base}.{name}" for name in sorted(whole)) if isinstance(whole, Mapping) else (base,)
    return None, Fault(node.lineno, "name_unknown", _spelt(node), right)


def _near(name: str, known: Mapping[str, Shape]) -> tuple[str, ...]:
    """Return the names that were probably meant, else all."""
    return tuple(difflib.get_close_matches(name, known, 3) or sorted(known))


def _spelt(node: nodes.Node) -> str:
    if isinstance(node, nodes.Getattr):
        return f"{_spelt(node.node)}.{node.attr}"
    return node.name if isinstance(node, nodes.Name) else "…"
