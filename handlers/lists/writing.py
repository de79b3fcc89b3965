"""Lists written for a spreadsheet program: a cell is what was given, never a formula of somebody's making."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import IO, Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from handlers.lists.text import FORMULA_SIGNS

Value = str | int | float | Decimal | date | datetime | None

_MARK = PatternFill("solid", fgColor="FBD5D5")
#: Characters that the format cannot hold.
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Writer:
    """A workbook of one sheet, written line by line: memory does not grow with it."""

    def __init__(
        self,
        headings: Sequence[str],
        *,
        title: str = "清单",
        widths: Sequence[int] = (),
        above: Sequence[str] = (),
    ) -> None:
        self._book = openpyxl.Workbook(write_only=True)
        self._sheet: Any = self._book.create_sheet(title[:31])
        self._sheet.freeze_panes = f"A{len(above) + 2}"
        for number, width in enumerate(widths, 1):
            self._sheet.column_dimensions[get_column_letter(number)].width = width
        for text in above:
            self._sheet.append([_written(self._sheet, text)])
        self._sheet.append([_heading(self._sheet, heading) for heading in headings])

    def append(self, row: Sequence[Value], marked: Iterable[int] = ()) -> None:
        """Write a line; the cells of the `marked` columns, counted from 0, stand out."""
        cells = [_written(self._sheet, value) for value in row]
        for index in marked:
            # What is missing stands out, too.
            cells[index] = cells[index] or WriteOnlyCell(self._sheet, None)
            cells[index].fill = _MARK
        self._sheet.append(cells)

    def save(self, target: IO[bytes]) -> None:
        """Write the file; nothing can be appended after."""
        self._book.save(target)


def write_xlsx(
    headings: Sequence[str],
    rows: Iterable[Sequence[Value]],
    *,
    title: str = "清单",
    widths: Sequence[int] = (),
) -> bytes:
    """Return a workbook of one sheet with the headings in its first row."""
    writer = Writer(headings, title=title, widths=widths)
    for row in rows:
        writer.append(row)
    stream = io.BytesIO()
    writer.save(stream)
    return stream.getvalue()


def csv_pieces(
    headings: Sequence[str],
    rows: Iterable[Sequence[Value]],
    *,
    encoding: str = "utf-8-sig",
    above: Sequence[str] = (),
) -> Iterator[bytes]:
    """Yield CSV line by line: in UTF-8 with its mark, as Excel expects it, or in another encoding."""
    line = io.StringIO(newline="")
    writer = csv.writer(line)
    encoder = codecs.getincrementalencoder(encoding)()
    for row in chain(([text] for text in above), [headings], rows):
        writer.writerow(_guarded(value) for value in row)
        yield encoder.encode(line.getvalue())
        line.seek(0)
        line.truncate()


def write_csv(headings: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """Return CSV in UTF-8 with its mark."""
    return b"".join(csv_pieces(headings, rows))


def _heading(sheet: Any, text: str) -> Any:
    cell = _written(sheet, text)
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor="E8EDF3")
    cell.alignment = Alignment(wrap_text=True, vertical="center")
    return cell


def _written(sheet: Any, value: Value) -> Any:
    if value is None:
        return None
    cell = WriteOnlyCell(sheet, None)
    if isinstance(value, str):
        cell.value = _ILLEGAL.sub("", value)
        # Else a text that begins with = would be stored as a formula.
        cell.data_type = "s"
        if value.startswith(FORMULA_SIGNS):
            cell.quotePrefix = True
        return cell
    cell.value = value
    if isinstance(value, date):
        cell.number_format = "yyyy-mm-dd"
    return cell


def _guarded(value: Value) -> str:
    if isinstance(value, str):
        text = _ILLEGAL.sub("", value)
        # A spreadsheet program would run what begins like this; the apostrophe makes it text.
        return f"'{text}" if text.lstrip().startswith(FORMULA_SIGNS) else text
    return "" if value is None else str(value)
