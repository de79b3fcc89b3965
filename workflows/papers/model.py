"""What stands on a paper, as plain values: the one source of every drawing of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import orjson


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


Block = Table | Text | Seal


@dataclass(frozen=True)
class Paper:
    """One version of one paper, complete with the marks that the program alone sets."""

    title: str
    organ: str  #: heads a letter; empty on a form
    blocks: tuple[Block, ...]
    marks: tuple[tuple[str, str], ...] = ()  #: label and words: secrecy, number, version

    def to_bytes(self) -> bytes:
        """Return the paper as it is kept: the same paper always gives the same bytes."""
        return orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS)

    @classmethod
    def from_bytes(cls, content: bytes) -> Paper:
        """Return a paper as it was kept."""
        kept = orjson.loads(content)
        return cls(
            kept["title"],
            kept["organ"],
            tuple(_block(block) for block in kept["blocks"]),
            tuple((label, words) for label, words in kept["marks"]),
        )


def _block(kept: dict[str, Any]) -> Block:
    if kept["kind"] == "table":
        rows = tuple(tuple(Cell(**cell) for cell in row) for row in kept["rows"])
        return Table(tuple(kept["columns"]), rows)
    if kept["kind"] == "seal":
        return Seal(kept["organ"], kept["date"])
    return Text(kept["text"], kept["align"])
