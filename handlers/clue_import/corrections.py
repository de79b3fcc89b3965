"""The bad rows of a list as a list of their own: to mend and send again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO

from handlers import lists
from handlers.clue_import.columns import PROBLEM, Layout
from handlers.clue_import.rows import Problem
from handlers.clue_import.words import explain_cell
from handlers.lists import Line

_WIDTH, _WIDE = 16, 60


class Corrections:
    """A workbook of bad rows as they came, each with what would be right, written row by row.

    The bad cells stand out; the column of explanations is not read when the list comes again.
    """

    def __init__(self, layout: Layout, language: str = "zh") -> None:
        # A list that came back once has its own column of explanations already.
        headings = [
            "" if cell is None or cell.text == PROBLEM else cell.text for cell in layout.heading.cells
        ]
        self._width = len(headings)
        self._language = language
        self._places = {bound.column.heading: 1 + index for index, bound in layout.columns.items()}
        self._writer = lists.Writer([PROBLEM, *headings], widths=[_WIDE, *[_WIDTH] * len(headings)])

    def add(self, line: Line, problems: Sequence[Problem]) -> None:
        """Write a bad row."""
        words = "\n".join(explain_cell(problem, self._language) for problem in problems)
        cells = (line.cell(index) for index in range(self._width))
        marked = {self._places[problem.column] for problem in problems if problem.column in self._places}
        self._writer.append([words, *(cell.value if cell else None for cell in cells)], marked)

    def save(self, target: IO[bytes]) -> None:
        """Write the file."""
        self._writer.save(target)
