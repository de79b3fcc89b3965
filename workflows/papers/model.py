"""What stands on a paper, as plain values: the one source of every drawing of it."""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass
from typing import Any

import orjson

#: A label and its words: secrecy, number, version. Set by the program, on each page.
Mark = tuple[str, str]


@dataclass(frozen=True)
class Cell:
    """One field of a table: a label, or what was filled in."""

    text: str
    label: bool = False
    span: int = 1
    tall: bool = False  #: leaves room for handwriting


@dataclass(frozen=True)
class Table:
    """A ruled table; `columns` are the columns' widths in parts of the whole."""

    columns: tuple[int, ...]
    rows: tuple[tuple[Cell, ...], ...]
    kind: str = "table"


@dataclass(frozen=True)
class Text:
    """A passage; its lines are paragraphs."""

    text: str
    align: str = "indent"  #: indent left right center
    kind: str = "text"


@dataclass(frozen=True)
class Seal:
    """Who issues the paper and when, with the place where the seal goes."""

    organ: str
    date: str
    kind: str = "seal"


@dataclass(frozen=True)
class Run:
    """A stretch of letters that look alike."""

    text: str
    size: float = 12.0  #: points
    bold: bool = False
    italic: bool = False
    underline: bool = False
    color: str = ""  #: six hexadecimal digits, empty for black
    face: str = "song"  #: song hei
    counter: str = ""  #: page pages: the number of the page, or of all, in the place of text


@dataclass(frozen=True)
class Para:
    """A paragraph as it is laid out in Word; lengths in points."""

    runs: tuple[Run, ...]
    align: str = "left"  #: left right center justify
    first: float = 0.0  #: indent of the first line
    left: float = 0.0
    right: float = 0.0
    before: float = 0.0
    after: float = 0.0
    line: float = 1.0  #: times the height of the letters
    rule: str = ""  #: color of the line below it, six hexadecimal digits; empty for none
    kind: str = "para"

    @property
    def text(self) -> str:
        """Return the letters without their looks."""
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True)
class Box:
    """One field of a grid."""

    paras: tuple[Para, ...]
    span: int = 1
    down: int = 1  #: rows that it covers
    middle: bool = False


@dataclass(frozen=True)
class Grid:
    """A table as it is laid out in Word; `columns` are parts of the whole, `heights` the least of each row in points."""

    columns: tuple[float, ...]
    rows: tuple[tuple[Box, ...], ...]
    heights: tuple[float, ...]
    ruled: bool = True
    kind: str = "grid"


@dataclass(frozen=True)
class Break:
    """Here begins a new page."""

    kind: str = "break"


@dataclass(frozen=True)
class Page:
    """The sheet of a paper that a Word template made; lengths in points."""

    width: float
    height: float
    top: float
    bottom: float
    left: float
    right: float
    header: tuple[Para, ...] = ()
    footer: tuple[Para, ...] = ()


Block = Table | Text | Seal | Para | Grid | Break


@dataclass(frozen=True)
class Paper:
    """One version of one paper, complete with the marks that the program alone sets."""

    title: str
    organ: str  #: heads a letter; empty on a form
    blocks: tuple[Block, ...]
    marks: tuple[Mark, ...] = ()
    page: Page | None = None  #: where a Word template made it
    word: bytes = b""  #: the file that the Word template made; empty where there was none
    template: int = 0  #: version of the Word template that made it

    def to_bytes(self) -> bytes:
        """Return the paper as it is kept: the same paper always gives the same bytes."""
        kept = asdict(self)
        kept["word"] = base64.b64encode(self.word).decode()
        if not self.word:
            del kept["word"], kept["page"], kept["template"]
        return orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)

    @classmethod
    def from_bytes(cls, content: bytes) -> Paper:
        """Return a paper as it was kept."""
        kept = orjson.loads(content)
        return cls(
            kept["title"],
            kept["organ"],
            tuple(_block(block) for block in kept["blocks"]),
            tuple((label, words) for label, words in kept["marks"]),
            _page(kept["page"]) if kept.get("page") else None,
            base64.b64decode(kept.get("word", "")),
            kept.get("template", 0),
        )


def _block(kept: dict[str, Any]) -> Block:
    kind = kept["kind"]
    if kind == "table":
        rows = tuple(tuple(Cell(**cell) for cell in row) for row in kept["rows"])
        return Table(tuple(kept["columns"]), rows)
    if kind == "grid":
        boxes = tuple(tuple(_box(box) for box in row) for row in kept["rows"])
        return Grid(tuple(kept["columns"]), boxes, tuple(kept["heights"]), kept["ruled"])
    if kind == "seal":
        return Seal(kept["organ"], kept["date"])
    if kind == "para":
        return _para(kept)
    return Break() if kind == "break" else Text(kept["text"], kept["align"])


def _para(kept: dict[str, Any]) -> Para:
    return Para(**{**kept, "runs": tuple(Run(**run) for run in kept["runs"])})


def _box(kept: dict[str, Any]) -> Box:
    return Box(**{**kept, "paras": tuple(map(_para, kept["paras"]))})


def _page(kept: dict[str, Any]) -> Page:
    sides = {side: tuple(map(_para, kept[side])) for side in ("header", "footer")}
    return Page(**{**kept, **sides})
