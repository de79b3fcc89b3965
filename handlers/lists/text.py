"""CSV text: UTF-8, GB18030 or UTF-16 with its mark; commas, semicolons or tabs."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator

from handlers.lists.cells import MAX_COLUMNS, MAX_LINES, Cell, Line, Sheet
from workflows.errors import InvalidInput

#: Longest cell; the longest field of the transfer form is shorter.
MAX_CELL = 32_767
_SIGNS = (",", "\t", ";")
#: A leading apostrophe before one of these was put there by `writing`, so that the cell stays data.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def read_csv(data: bytes) -> Sheet:
    """Return the one sheet of a CSV file; rows are counted as a spreadsheet program would."""
    text = decode(data)
    lines = []
    for number, record in enumerate(_records(text), 1):
        if len(record) > MAX_COLUMNS:
            raise InvalidInput(
                f"Row {number} has {len(record)} columns, a list has at most {MAX_COLUMNS}.",
                code="list_columns",
                row=number,
                found=len(record),
                limit=MAX_COLUMNS,
            )
        cells = tuple(_cell(field) for field in record)
        if any(cells):
            lines.append(Line(number, cells))
        if len(lines) > MAX_LINES:
            raise InvalidInput(
                f"The list has more than {MAX_LINES} rows; split it.", code="list_rows", limit=MAX_LINES
            )
    return Sheet("CSV", tuple(lines))


def decode(data: bytes) -> str:
    """Return the text of a CSV file: UTF-16 by its mark, then UTF-8, then GB18030."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        # UTF-8 first: Chinese in GB18030 is practically never valid UTF-8, the reverse often is.
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise InvalidInput(
        "The file is no text in UTF-8 or GB18030; save the list as CSV again, or as .xlsx.",
        code="list_encoding",
    )


def _records(text: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        yield from reader
    except csv.Error as error:
        raise InvalidInput(
            f"Line {reader.line_num} cannot be read as CSV ({error}); close every quotation mark.",
            code="list_csv",
            line=reader.line_num,
        ) from None


def _delimiter(text: str) -> str:
    # By the first line that has several of one sign: the headings, since a title above them has at most one.
    lines = text.splitlines()[:10]
    for least in (2, 1):
        for line in lines:
            sign = max(_SIGNS, key=line.count)
            if line.count(sign) >= least:
                return sign
    return ","


def _cell(field: str) -> Cell | None:
    text = field.strip()
    if text.startswith("'") and text[1:].lstrip().startswith(FORMULA_SIGNS):
        text = text[1:].strip()
    if len(text) > MAX_CELL:
        text = text[: MAX_CELL + 1]
    return Cell("text", text) if text else None
