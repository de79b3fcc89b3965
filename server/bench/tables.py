"""Figures as tables: for a terminal, and for the page in the reference."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Table:
    """One table: its columns, its rows, and what has to be said of it."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def lines(self) -> list[str]:
        """Return the table as Markdown, its columns aligned, which a terminal shows as well."""
        widths = [
            max(_width(cell) for cell in column) for column in zip(self.columns, *self.rows, strict=True)
        ]
        rule = tuple(
            "-" * width if not number else "-" * (width - 1) + ":" for number, width in enumerate(widths)
        )
        return [_line(row, widths) for row in (self.columns, rule, *self.rows)]


def page(tables: Iterable[Table], *, machine: str, day: date) -> str:
    """Return the page of the reference that shows these tables."""
    parts = [HEAD.format(machine=machine, day=f"{day:%Y-%m-%d}")]
    for table in tables:
        parts.append("\n".join(("", f"## {table.title}", "", *table.lines(), "")))
        if table.note:
            parts.append(f"\n{table.note}\n")
    return "".join(parts)


HEAD = """# Performance

What `make bench` measured on {day}: {machine}. Times are milliseconds; p95 is what 95 of 100 stay
below. The clients run on the same cores as the server. Do it again on your machine: figures of different
machines do not compare.
"""


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = (
        cell + " " * (width - _width(cell)) if not number else " " * (width - _width(cell)) + cell
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return f"| {' | '.join((first, *rest))} |"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
