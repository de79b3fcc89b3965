"""Which kind of file it is: told by its content, since names lie."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import IO

from handlers.lists.cells import Sheet
from handlers.lists.text import open_csv
from handlers.lists.workbook import open_xlsx
from workflows.errors import InvalidInput

#: Longest file that is looked at: 100,000 rows of full texts are 30 MB as .xlsx and 70 MB as .csv.
MAX_BYTES = 100 * 1024 * 1024
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


@contextmanager
def opened(stream: IO[bytes], filename: str) -> Iterator[list[Sheet]]:
    """Give the visible sheets of a file that can be read from any place; InvalidInput says why it cannot be read.

    Lines are read as they are asked for, so that a long list takes no more memory than a short one.
    """
    suffix = PurePath(filename).suffix.lower()
    _guard(stream, suffix)
    if suffix == ".csv":
        yield [open_csv(stream)]
    else:
        with open_xlsx(stream) as sheets:
            yield sheets


def _guard(stream: IO[bytes], suffix: str) -> None:
    if suffix not in (".xlsx", ".csv"):
        raise InvalidInput(
            f"{suffix or 'A file without suffix'} is not read; save the list as .xlsx or .csv.",
            code="list_suffix" if suffix else "list_no_suffix",
            suffix=suffix,
        )
    size = stream.seek(0, 2)
    stream.seek(0)
    if not size:
        raise InvalidInput("The file is empty (0 bytes); choose the saved list.", code="list_empty_file")
    if size > MAX_BYTES:
        raise InvalidInput(
            f"The file has {size} bytes, at most {MAX_BYTES} are read; split the list.",
            code="list_too_big",
            limit=MAX_BYTES // 1024 // 1024,
        )
    head = stream.read(8)
    if head.startswith(_OLE):
        raise _old_format(stream)
    if head.startswith(_ZIP) != (suffix == ".xlsx"):
        raise InvalidInput(
            f"The content of the file is not what its name says ({suffix}); save it again as .xlsx or .csv.",
            code="list_mismatch",
            suffix=suffix,
        )


def _old_format(stream: IO[bytes]) -> InvalidInput:
    # The directory of such a file names its parts; where it stands differs, but never beyond the content.
    stream.seek(0)
    if _ENCRYPTED in stream.read(MAX_BYTES):
        return InvalidInput(
            "The workbook has a password; save it as .xlsx without one.", code="list_password"
        )
    return InvalidInput("This is a workbook of the old kind (.xls); save it as .xlsx.", code="list_ole")
