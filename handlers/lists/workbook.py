"""Excel workbooks: unpacked within bounds, without entities, formulas kept apart from data."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

import openpyxl
from openpyxl.utils import range_boundaries

from handlers.lists.cells import MAX_COLUMNS, MAX_LINES, Cell, Line, Merge, Sheet
from workflows.errors import DubanError, InvalidInput

#: Most that a workbook may unpack to, and most parts that it may have.
MAX_UNPACKED = 64 * 1024 * 1024
MAX_PARTS = 1_000
MAX_MERGES = 1_000
#: Rows that are looked at, empty ones included: a cell far below the list would keep us counting up to it.
LAST_ROW = 100_000

# Never over the next sign, never far: a part full of beginnings must not be read to its end from each of them.
_MERGE = re.compile(
    rb"<(?:\w+:)?mergeCell\b[^<>]{0,200}?\bref\s*=\s*[\"']([A-Za-z]{1,3}\d{1,7}:[A-Za-z]{1,3}\d{1,7})[\"']"
)
_DOCTYPE = re.compile(rb"<\0?!\0?(?:D\0?O\0?C\0?T\0?Y\0?P\0?E|E\0?N\0?T\0?I\0?T\0?Y)", re.IGNORECASE)


def read_xlsx(data: bytes) -> list[Sheet]:
    """Return the visible sheets of a workbook; InvalidInput says what is wrong with it."""
    try:
        parts = _unpack(data)
        with warnings.catch_warnings():
            # Openpyxl warns of decoration that it does not keep; nothing of it is data.
            warnings.simplefilter("ignore")
            return _sheets(data, parts)
    except DubanError:
        raise
    except Exception as error:  # a broken workbook fails in any of a dozen ways in three libraries
        raise _broken() from error


def _unpack(data: bytes) -> dict[str, bytes]:
    """Return the parts of the file, having refused what would unpack too far or define entities."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        # A member never yields more than it declares: the sum of the declared sizes bounds the memory.
        if len(members) > MAX_PARTS or sum(member.file_size for member in members) > MAX_UNPACKED:
            raise InvalidInput(
                f"The workbook unpacks to more than {MAX_UNPACKED // 1024 // 1024} MB or {MAX_PARTS} parts; "
                "keep only the list in it and save it again.",
                code="list_bomb",
                limit=MAX_UNPACKED // 1024 // 1024,
            )
        parts = {member.filename: archive.read(member) for member in members}
    if "xl/workbook.xml" not in parts:
        raise InvalidInput(
            "The file is an archive but no Excel workbook; save the list as .xlsx.", code="list_no_book"
        )
    for name, content in parts.items():
        # In every part: a sheet may stand under any name.
        if _DOCTYPE.search(content):
            raise InvalidInput(
                f"The part {name} defines entities, which no list needs.", code="list_entities"
            )
    return parts


def _sheets(data: bytes, parts: dict[str, bytes]) -> list[Sheet]:
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
    try:
        return [
            Sheet(sheet.title, tuple(_lines(sheet)), tuple(_merges(parts[_part(sheet)])))
            for sheet in book.worksheets
            if sheet.sheet_state == "visible"
        ]
    finally:
        book.close()


def _part(sheet: Any) -> str:
    # Openpyxl does not tell the merges of a sheet read as a stream: with its path we look ourselves.
    path: str = sheet._worksheet_path
    return path.lstrip("/")


def _lines(sheet: Any) -> Iterator[Line]:
    # What the file says of its own size is often wrong.
    sheet.reset_dimensions()
    found = 0
    for number, row in enumerate(sheet.iter_rows(), 1):
        if number > LAST_ROW:
            raise InvalidInput(
                f"Sheet {sheet.title} goes on below row {LAST_ROW}; delete the rows below the list.",
                code="list_far",
                limit=LAST_ROW,
            )
        cells = tuple(_cell(cell) for cell in row)
        width = max((index for index, cell in enumerate(cells, 1) if cell), default=0)
        if width > MAX_COLUMNS:
            raise InvalidInput(
                f"Row {number} of sheet {sheet.title} has {width} columns, a list has at most {MAX_COLUMNS}.",
                code="list_columns",
                row=number,
                found=width,
                limit=MAX_COLUMNS,
            )
        if width:
            found += 1
            yield Line(number, cells[:width])
        if found > MAX_LINES:
            raise InvalidInput(
                f"Sheet {sheet.title} has more than {MAX_LINES} rows; split the list.",
                code="list_rows",
                limit=MAX_LINES,
            )


def _cell(cell: Any) -> Cell | None:
    value = cell.value
    if value is None:
        return None
    if cell.data_type == "f":
        return Cell("formula", str(getattr(value, "text", value)))
    if cell.data_type == "e":
        return Cell("error", str(value))
    if isinstance(value, bool):
        return Cell("bool", value)
    if isinstance(value, int | float):
        return Cell("number", value)
    if isinstance(value, datetime | date):
        return Cell("date", value)
    if isinstance(value, time):
        return Cell("text", value.isoformat())
    text = str(value).strip()
    return Cell("text", text) if text else None


def _merges(content: bytes) -> Iterator[Merge]:
    for count, found in enumerate(_MERGE.finditer(content), 1):
        if count > MAX_MERGES:
            raise InvalidInput(
                f"The sheet has more than {MAX_MERGES} merged blocks; unmerge the cells.",
                code="list_merges",
                limit=MAX_MERGES,
            )
        name = found.group(1).decode("ascii").upper()
        left, top, right, bottom = range_boundaries(name)
        yield Merge(int(top or 1), int(bottom or 1), int(left or 1) - 1, int(right or 1) - 1, name)


def _broken() -> InvalidInput:
    return InvalidInput(
        "The file is damaged or no Excel workbook; open the list in Excel and save it again as .xlsx.",
        code="list_broken",
    )
