"""What a list is made of, whichever kind of file it came in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

#: Most lines with content, and most columns, that a list may have.
MAX_LINES = 5_000
MAX_COLUMNS = 100


@dataclass(frozen=True)
class Cell:
    """One cell. `kind` says what it is: text number date bool formula error; an empty cell is no cell."""

    kind: str
    value: str | int | float | Decimal | date | datetime | bool

    @property
    def text(self) -> str:
        """The cell as a person would write it, without blanks around."""
        if isinstance(self.value, datetime):
            return self.value.isoformat(sep=" ")
        if isinstance(self.value, float) and self.value.is_integer():
            return str(int(self.value))
        return str(self.value).strip()


@dataclass(frozen=True)
class Line:
    """One line with content; `number` is the row that a spreadsheet program shows."""

    number: int
    cells: tuple[Cell | None, ...]

    def cell(self, column: int) -> Cell | None:
        """Return the cell of a column, counted from 0, or None where it is empty."""
        return self.cells[column] if column < len(self.cells) else None


@dataclass(frozen=True)
class Merge:
    """A block of merged cells; columns counted from 0, rows as shown, both ends included."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int
    name: str  #: `A5:A7`


@dataclass(frozen=True)
class Sheet:
    """One sheet, without its empty lines."""

    name: str
    lines: tuple[Line, ...]
    merges: tuple[Merge, ...] = ()


def letters(column: int) -> str:
    """Return the letters over a column, counted from 0: A, B … Z, AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
