"""The lines of one sheet, row by row as the file is read."""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache

from openpyxl.utils import column_index_from_string
from openpyxl.utils.datetime import from_excel, from_ISO8601

from handlers.lists import package
from handlers.lists.cells import MAX_CELL, Cell, Line
from handlers.lists.strings import Strings
from workflows.errors import InvalidInput

#: Rows that are looked at, empty ones included: formats far below a list would keep us reading.
MAX_ROWS = 200_000
#: Longest and widest sheet that a spreadsheet program makes.
_LONGEST, _WIDEST = 1_048_576, 16_384
_REFERENCE = re.compile(r"([A-Z]{1,3})[1-9]\d*")


@dataclass(frozen=True)
class Dates:
    """How the workbook tells dates from numbers."""

    epoch: datetime  #: day 0: of 1900, or of 1904 where an old Mac made the file
    styles: frozenset[int]  #: numbers of the cell formats that show a date


def lines(archive: zipfile.ZipFile, part: str, sheet: str, strings: Strings, dates: Dates) -> Iterator[Line]:
    """Yield the lines with content, each with the cells up to its last filled one."""
    grid = _Grid(sheet, strings, dates)
    for _ in package.parse(archive, part, grid):
        yield from grid.found
        grid.found.clear()


class _Grid:
    """What a parser tells of a sheet, gathered row by row."""

    def __init__(self, sheet: str, strings: Strings, dates: Dates) -> None:
        self.found: list[Line] = []
        self._sheet, self._strings, self._dates = sheet, strings, dates
        self._rows = self._number = 0
        self._cells: dict[int, Cell] = {}
        self._column = -1
        self._type, self._style = "n", 0
        self._hidden = False
        self._listening = False
        self._spoken = 0
        self._length = 0
        self._said: list[str] = []
        self._formula: str | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            reference = attributes.get("r")
            self._column = _column(reference) if reference else self._column + 1
            self._type, self._style = attributes.get("t", "n"), int(attributes.get("s", 0))
            self._said, self._length, self._formula = [], 0, None
        elif name in ("v", "f", "t"):
            self._listening = not self._spoken
        elif name == "row":
            self._begin(attributes)
        elif name == "rPh":
            self._spoken += 1

    def text(self, data: str) -> None:
        if self._listening and self._length <= MAX_CELL:
            self._said.append(data)
            self._length += len(data)

    def end(self, name: str) -> None:
        if name == "f":
            self._formula = "=" + "".join(self._said)
            self._said, self._length = [], 0
        if name in ("v", "f", "t"):
            self._listening = False
        elif name == "c":
            self._close()
        elif name == "rPh":
            self._spoken -= 1
        elif name == "row" and self._cells:
            width = max(self._cells) + 1
            cells = tuple(self._cells.get(column) for column in range(width))
            self.found.append(Line(self._number, cells, self._hidden))

    def _begin(self, attributes: dict[str, str]) -> None:
        self._rows += 1
        if self._rows > MAX_ROWS:
            raise InvalidInput(
                f"Sheet {self._sheet} has content or formats in more than {MAX_ROWS} rows; "
                "delete the rows below the list.",
                code="list_far",
                limit=MAX_ROWS,
            )
        number = int(attributes.get("r", self._number + 1))
        if not self._number < number <= _LONGEST:
            raise package.broken()
        self._number, self._column, self._cells = number, -1, {}
        self._hidden = attributes.get("hidden") in ("1", "true")

    def _close(self) -> None:
        if self._column >= _WIDEST:
            raise package.broken()
        said = "".join(self._said)[: MAX_CELL + 1]
        cell = Cell("formula", self._formula) if self._formula is not None else self._cell(said)
        if cell is not None:
            self._cells[self._column] = cell

    def _cell(self, said: str) -> Cell | None:
        if self._type == "s":
            said = self._strings[int(said)] if said else ""
        elif not said:
            return None
        elif self._type == "n":
            return self._number_or_date(said)
        elif self._type == "b":
            return Cell("bool", said.strip() == "1")
        elif self._type == "e":
            return Cell("error", said.strip())
        elif self._type == "d":
            return _dated(from_ISO8601(said.strip()))
        text = said.strip()
        return Cell("text", text) if text else None

    def _number_or_date(self, said: str) -> Cell:
        try:
            value = int(said)
        except ValueError:
            value = float(said)  # type: ignore[assignment]
            if not math.isfinite(value):
                return Cell("text", said.strip())
        if self._style not in self._dates.styles:
            return Cell("number", value)
        try:
            return _dated(from_excel(value, self._dates.epoch))
        except (OverflowError, ValueError):
            return Cell("error", "#VALUE!")  # what a spreadsheet program shows for no day of its calendar


@lru_cache(maxsize=1024)
def _letters(letters: str) -> int:
    return column_index_from_string(letters) - 1


def _column(reference: str) -> int:
    found = _REFERENCE.fullmatch(reference)
    if not found:
        raise package.broken()
    return _letters(found[1])


def _dated(value: object) -> Cell:
    if isinstance(value, datetime):
        return Cell("date", value)
    if isinstance(value, time):
        return Cell("text", value.isoformat())
    return Cell("text", str(value) if isinstance(value, timedelta) else "")
