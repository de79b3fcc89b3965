"""The bad rows of a list as a list of their own: to mend and send again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy.orm import Session

from handlers import lists
from handlers.clue_import import columns
from handlers.clue_import.columns import PROBLEM, Layout
from handlers.clue_import.rows import Problem
from handlers.clue_import.starting import start_form
from handlers.clue_import.words import explain_cell
from handlers.lists import Line, Value

_WIDTH, _WIDE = 16, 60


def corrections(
    session: Session, data: bytes, filename: str, problems: Iterable[Problem], language: str = "zh"
) -> bytes:
    """Return a workbook of the rows that have a problem, as they came, each with what would be right.

    The bad cells stand out; the column of explanations is not read when the list comes again. InvalidInput
    when the file is no list at all: there is nothing to mend row by row.
    """
    form, _ = start_form(session)
    layout = columns.find(lists.read(data, filename), form)
    by_row: dict[int, list[Problem]] = defaultdict(list)
    for problem in problems:
        if problem.row is not None:
            by_row[problem.row].append(problem)
    lines = [line for line in layout.sheet.lines if line.number in by_row]
    headings = _headings(layout)
    rows = [[_words(by_row[line.number], language), *_values(line, len(headings))] for line in lines]
    return lists.write_xlsx(
        [PROBLEM, *headings],
        rows,
        widths=[_WIDE, *[_WIDTH] * len(headings)],
        marked=_bad_cells(layout, lines, by_row),
    )


def _headings(layout: Layout) -> list[str]:
    line = next(line for line in layout.sheet.lines if line.number == layout.heading_row)
    # A list that came back once has its own column of explanations already.
    return ["" if cell is None or cell.text == PROBLEM else cell.text for cell in line.cells]


def _values(line: Line, width: int) -> list[Value]:
    cells = [line.cell(index) for index in range(width)]
    return [cell.value if cell else None for cell in cells]


def _words(problems: Iterable[Problem], language: str) -> str:
    return "\n".join(explain_cell(problem, language) for problem in problems)


def _bad_cells(
    layout: Layout, lines: Iterable[Line], by_row: Mapping[int, list[Problem]]
) -> set[tuple[int, int]]:
    places = {bound.column.heading: index for index, bound in layout.columns.items()}
    return {
        (number, 1 + places[problem.column])
        for number, line in enumerate(lines)
        for problem in by_row[line.number]
        if problem.column in places
    }
