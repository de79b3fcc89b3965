"""What a list is made of, whichever kind of file it came in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from workflows.errors import InvalidInput

#: Most lines with content that a list may have: lists are read line by line, and memory was measured to be
#: the same at 1,000 and at 100,000 (`duban bench --list 100000`). More are several lists.
MAX_LINES = 100_000
#: Lines above them: a title, and the headings.
HEAD_LINES = 10
#: Most columns that a line may have: a transfer list has twenty.
MAX_COLUMNS = 100
#: Longest cell, as in a spreadsheet program; the longest field of the transfer form is shorter.
MAX_CELL = 32_767


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. `kind` says what it is: text number date bool formula error; an empty cell is no cell."""

    kind: str
    value: str | int | float | Decimal | date | datetime | bool

    @property
    def text(self) -> str:
        """The cell as a person would write it, without blanks around."""
        if isinstance(self.value, datetime):
            return self.value.isoformat(sep=" ").removesuffix(" 00:00:00")
        if isinstance(self.value, float) and self.value.is_integer():
            return str(int(self.value))
        return str(self.value).strip()


@dataclass(frozen=True, slots=True)
class Line:
    """One line with content; `number` is the row that a spreadsheet program shows."""

    number: int
    cells: tuple[Cell | None, ...]
    hidden: bool = False  #: whether a filter or a hand hid it from who looks at the sheet

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
    """One sheet: its lines are read from the file each time that they are asked for, the empty ones left out."""

    name: str
    read: Callable[[], Iterator[Line]]
    merges: tuple[Merge, ...] = ()
    hidden: frozenset[int] = frozenset()  #: columns that are not shown, counted from 0

    @property
    def lines(self) -> Iterator[Line]:
        """The lines with content, one after the other; InvalidInput where one is too many or too long."""
        for count, line in enumerate(self.read()):
            if count >= MAX_LINES + HEAD_LINES:
                raise InvalidInput(
                    f"The list {self.name} has more than {MAX_LINES} rows; split it.",
                    code="list_rows",
                    limit=MAX_LINES,
                )
            if len(line.cells) > MAX_COLUMNS:
                raise InvalidInput(
                    f"Row {line.number} of {self.name} has {len(line.cells)} columns, "
                    f"a list has at most {MAX_COLUMNS}.",
                    code="list_columns",
                    row=line.number,
                    found=len(line.cells),
                    limit=MAX_COLUMNS,
                )
            yield line
