"""Lists that came through the page, and their lines, as rows of the database until they are sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from handlers.clue_import.rows import Problem
from handlers.lists import Cell, Line, Merge
from workflows.model import Base, new_id


class TransferList(Base):
    """A list: what it is, and how far it was checked and sent."""

    __tablename__ = "transfer_list"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(index=True)
    filename: Mapped[str]
    state: Mapped[str] = mapped_column(default="arriving")  #: arriving | checking | checked | sending | sent
    heading: Mapped[list[Any]]  #: number of the heading line, its cells
    merges: Mapped[list[Any]]  #: the merged blocks, as `Merge`s' values
    unknown: Mapped[list[Any]]  #: headings that are not read
    lines: Mapped[int] = mapped_column(default=0)  #: all below the headings
    reached: Mapped[int] = mapped_column(default=0)  #: the last line that checking, then sending, has come to
    checked: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)  #: good lines
    bad_rows: Mapped[int] = mapped_column(default=0)  #: lines that were not taken in
    sent: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)  #: sent before
    late: Mapped[int] = mapped_column(default=0)  #: good lines that the process refused
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    @property
    def done(self) -> int:
        """How many of the good lines were tried."""
        return self.sent + self.known + self.late


class TransferListLine(Base):
    """A line that has not been sent, cannot be, or was sent before."""

    __tablename__ = "transfer_list_line"

    list_id: Mapped[str] = mapped_column(ForeignKey("transfer_list.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cells: Mapped[list[Any]]
    hidden: Mapped[bool]
    problems: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))  #: as `Problem`s' values
    repeat: Mapped[list[Any] | None] = mapped_column(
        JSON(none_as_null=True)
    )  #: of what was sent before, likewise

    def line(self) -> Line:
        """Return the line as it stood in the file."""
        return Line(self.number, cells_of(self.cells), self.hidden)

    def found(self) -> tuple[Problem, ...]:
        """Return what is wrong with the line."""
        return tuple(Problem(*values) for values in self.problems or ())


def written(line: Line) -> list[Any]:
    """Return the cells of a line as JSON: each its kind and value, the most frequent kind as its text."""
    return [_written(cell) for cell in line.cells]


def problem_values(problems: Sequence[Problem]) -> list[Any]:
    """Return problems as JSON."""
    return [[p.row, p.column, p.value, p.code, dict(p.params)] for p in problems]


def merge_values(merges: Sequence[Merge]) -> list[Any]:
    """Return merged blocks as JSON."""
    return [[m.first_row, m.last_row, m.first_column, m.last_column, m.name] for m in merges]


def cells_of(values: Sequence[Any]) -> tuple[Cell | None, ...]:
    """Return cells from what `written` made of them."""
    return tuple(_cell(value) for value in values)


def _written(cell: Cell | None) -> Any:
    if cell is None or cell.kind == "text":
        return cell and cell.value
    value = cell.value
    return [cell.kind, value.isoformat() if isinstance(value, date) else value]


def _cell(value: Any) -> Cell | None:
    if value is None or isinstance(value, str):
        return Cell("text", value) if value else None
    kind, said = value
    return Cell(kind, datetime.fromisoformat(said) if kind == "date" else said)
