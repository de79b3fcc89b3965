"""Lists written for a spreadsheet program: a cell is what was given, never a formula of somebody's making."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Container, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from handlers.lists.text import FORMULA_SIGNS

Value = str | int | float | Decimal | date | datetime | None

#: Characters that the format cannot hold.
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def write_xlsx(
    headings: Sequence[str],
    rows: Iterable[Sequence[Value]],
    *,
    title: str = "清单",
    widths: Sequence[int] = (),
    marked: Container[tuple[int, int]] = frozenset(),
) -> bytes:
    """Return a workbook of one sheet with the headings in its first row.

    `marked` cells (row and column counted from 0 below the headings) stand out.
    """
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.append([_heading(sheet, heading) for heading in headings])
    for number, row in enumerate(rows):
        cells = [_written(sheet, value) for value in row]
        for index, cell in enumerate(cells):
            if (number, index) in marked:
                cell.fill = PatternFill("solid", fgColor="FBD5D5")
        sheet.append(cells)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def write_csv(headings: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """Return CSV in UTF-8 with its mark, as Excel expects it."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(_guarded(heading) for heading in headings)
    for row in rows:
        writer.writerow(_guarded(value) for value in row)
    return stream.getvalue().encode("utf-8-sig")


def _heading(sheet: Any, text: str) -> Any:
    cell = _written(sheet, text)
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor="E8EDF3")
    cell.alignment = Alignment(wrap_text=True, vertical="center")
    return cell


def _written(sheet: Any, value: Value) -> Any:
    cell = WriteOnlyCell(sheet, None)
    if isinstance(value, str):
        cell.value = _ILLEGAL.sub("", value)
        # Else a text that begins with = would be stored as a formula.
        cell.data_type = "s"
        cell.quotePrefix = value.startswith(FORMULA_SIGNS)
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
