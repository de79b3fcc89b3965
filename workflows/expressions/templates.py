"""Text with `${…}` or `#{…}` in it, as attributes of a diagram hold it."""

from __future__ import annotations

import re

from workflows.expressions.nodes import Literal, Node, Template
from workflows.expressions.parser import Parser, refuse

OPENING = re.compile(r"\\?[$#]\{")


def has_braces(source: str) -> bool:
    """Return whether a text holds `${` or `#{`."""
    return OPENING.search(source) is not None


def parse_template(source: str) -> Node:
    """Return the node of a text: a lone `${x}` keeps its type, a mixture is text; `\\${` is a plain `${`."""
    parts: list[Node] = []
    position = 0
    while opening := OPENING.search(source, position):
        before = source[position : opening.start()]
        if opening.group().startswith("\\"):
            parts.append(Literal(before + opening.group()[1:]))
            position = opening.end()
            continue
        if before:
            parts.append(Literal(before))
        node, position = inside(source, opening.end())
        parts.append(node)
    if source[position:] or not parts:
        parts.append(Literal(source[position:]))
    return parts[0] if len(parts) == 1 else Template(tuple(parts))


def inside(source: str, start: int) -> tuple[Node, int]:
    """Return the expression that starts here and the position behind its closing brace."""
    parser = Parser(source, start=start)
    if parser.token.word == "}":
        refuse(source, start, "an expression is due between the braces")
    node = parser.expression()
    parser.expect("}", "after the expression")
    return node, parser.last_end
