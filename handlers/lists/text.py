"""CSV text: UTF-8, GB18030 or UTF-16 with its mark; commas, semicolons or tabs."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import IO

from handlers.lists.cells import MAX_CELL, Cell, Line, Sheet
from workflows.errors import InvalidInput

#: Name of the one sheet that a CSV file is.
CSV = "CSV"

_SIGNS = (",", "\t", ";")
_CHUNK = 1 << 16
#: A leading apostrophe before one of these was put there by `writing`, so that the cell stays data.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def open_csv(stream: IO[bytes]) -> Sheet:
    """Return the one sheet of a CSV file; rows are counted as a spreadsheet program would."""
    encoding = _encoding(stream)
    with _decoded(stream, encoding) as text:
        delimiter = _delimiter(
            [line[:_CHUNK] for line in islice(iter(lambda: text.readline(_CHUNK), ""), 10)]
        )
    return Sheet(CSV, lambda: _lines(stream, encoding, delimiter))


def _lines(stream: IO[bytes], encoding: str, delimiter: str) -> Iterator[Line]:
    with _decoded(stream, encoding) as text:
        for number, record in _records(text, delimiter):
            cells = [_cell(field) for field in record]
            while cells and cells[-1] is None:
                cells.pop()
            if cells:
                yield Line(number, tuple(cells))


def _encoding(stream: IO[bytes]) -> str:
    """Return the encoding in which the whole file is text: UTF-16 by its mark, then UTF-8, then GB18030."""
    stream.seek(0)
    if stream.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        encodings = ["utf-16"]
    else:
        # UTF-8 first: Chinese in GB18030 is practically never valid UTF-8, the reverse often is.
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        if _is_text(stream, encoding):
            return encoding
    raise InvalidInput(
        "The file is no text in UTF-8 or GB18030; save the list as CSV again, or as .xlsx.",
        code="list_encoding",
    )


def _is_text(stream: IO[bytes], encoding: str) -> bool:
    with _decoded(stream, encoding) as text:
        try:
            return all("\0" not in chunk for chunk in iter(lambda: text.read(_CHUNK), ""))
        except UnicodeDecodeError:
            return False


@contextmanager
def _decoded(stream: IO[bytes], encoding: str) -> Iterator[io.TextIOWrapper]:
    """Give the file as text from its beginning, and leave it open."""
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding, newline="")
    try:
        yield text
    finally:
        # Who stops half-way may have closed the file before this.
        if not stream.closed:
            text.detach()


def _records(text: io.TextIOWrapper, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    number, began = 0, 1
    try:
        for number, record in enumerate(reader, 1):
            yield number, record
            began = reader.line_num + 1
    except csv.Error as error:
        # A quotation mark that is left open swallows what follows: told is where it was opened.
        raise InvalidInput(
            f"Row {number + 1} (line {began}) cannot be read as CSV ({error}); close every quotation mark.",
            code="list_csv",
            row=number + 1,
            line=began,
        ) from None


def _delimiter(lines: list[str]) -> str:
    # By the first line that has several of one sign: the headings, since a title above them has at most one.
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
    return Cell("text", text[: MAX_CELL + 1]) if text else None
