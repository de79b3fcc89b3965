"""The elements of a paper's template, read into what stands on the paper."""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from workflows import hardening
from workflows.errors import InvalidInput
from workflows.papers.model import Block, Cell, Paper, Seal, Table, Text

ALIGNMENTS = ("indent", "left", "right", "center")
MOST_COLUMNS = 12
WRONG = "The paper's template is wrong: "
#: Element → the attributes it may have.
ATTRIBUTES = {
    "paper": {"title", "organ"},
    "table": {"columns"},
    "row": set[str](),
    "label": {"span", "tall"},
    "cell": {"span", "tall"},
    "text": {"align"},
    "seal": {"organ", "date"},
}
#: Element → the elements it may hold; those without any hold text.
CHILDREN = {"paper": {"table", "text", "seal"}, "table": {"row"}, "row": {"label", "cell"}}


def paper(source: str) -> Paper:
    """Return what stands on the paper that these elements describe; InvalidInput says what is wrong."""
    try:
        root = hardening.parse(source.strip().encode())
    except (hardening.Unsafe, UnicodeEncodeError) as error:
        raise _wrong(str(error)) from error
    if root.tag != "paper":
        raise _wrong(f"It begins with <{root.tag}>, not with <paper>.")
    _check(root)
    blocks = tuple(_BLOCKS[str(child.tag)](child) for child in root)
    return Paper(_line(root, "title"), _line(root, "organ"), blocks)


def _check(element: etree._Element) -> None:
    tag = str(element.tag)
    if unknown := sorted(set(map(str, element.attrib)) - ATTRIBUTES[tag]):
        raise _wrong(f"<{tag}> has no {', '.join(unknown)}.")
    for child in element:
        if child.tag not in CHILDREN.get(tag, ()):
            right = ", ".join(sorted(CHILDREN.get(tag, ()))) or "text only"
            raise _wrong(f"<{tag}> cannot hold <{child.tag}>; it holds: {right}.")
        _check(child)


def _table(element: etree._Element) -> Table:
    columns = tuple(_count(part, 100) for part in element.get("columns", "").split())
    if not 1 <= len(columns) <= MOST_COLUMNS:
        raise _wrong(f"A table names the widths of its 1 to {MOST_COLUMNS} columns.")
    rows = tuple(tuple(_cell(cell) for cell in row) for row in element)
    for row in rows:
        if sum(cell.span for cell in row) != len(columns):
            raise _wrong(f"A row covers {sum(cell.span for cell in row)} of {len(columns)} columns.")
    return Table(columns, rows)


def _cell(element: etree._Element) -> Cell:
    span = _count(element.get("span", "1"), MOST_COLUMNS)
    return Cell(_words(element), element.tag == "label", span, element.get("tall") == "yes")


def _text(element: etree._Element) -> Text:
    align = element.get("align", "indent")
    if align not in ALIGNMENTS:
        raise _wrong(f"A text is aligned {', '.join(ALIGNMENTS)}, not {align}.")
    return Text(_words(element), align)


def _seal(element: etree._Element) -> Seal:
    return Seal(_line(element, "organ"), _line(element, "date"))


def _words(element: etree._Element) -> str:
    """Return the text without the blanks of the template's own layout, line by line."""
    lines = (line.strip() for line in (element.text or "").splitlines())
    return "\n".join(line for line in lines if line)


def _line(element: etree._Element, attribute: str) -> str:
    return " ".join(element.get(attribute, "").split())


def _count(text: str, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= len(text) <= 3 and 1 <= int(text) <= most):
        raise _wrong(f"{text[:20]!r} is no number from 1 to {most}.")
    return int(text)


def _wrong(why: str) -> InvalidInput:
    return InvalidInput(f"{WRONG}{why}", code="paper_template")


_BLOCKS: dict[str, Callable[[etree._Element], Block]] = {"table": _table, "text": _text, "seal": _seal}
