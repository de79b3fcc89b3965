"""Which kind of file it is: told by its content, since names lie."""

from __future__ import annotations

from pathlib import PurePath

from handlers.lists.cells import Sheet
from handlers.lists.text import read_csv
from handlers.lists.workbook import read_xlsx
from workflows.errors import InvalidInput

#: Longest file that is looked at.
MAX_BYTES = 20 * 1024 * 1024
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"


def read(data: bytes, filename: str) -> list[Sheet]:
    """Return the visible sheets of the file; InvalidInput says why it cannot be read."""
    suffix = PurePath(filename).suffix.lower()
    if suffix not in (".xlsx", ".csv"):
        raise InvalidInput(
            f"{suffix or 'A file without suffix'} is not read; save the list as .xlsx or .csv.",
            code="list_suffix",
            suffix=suffix,
        )
    if not data:
        raise InvalidInput("The file is empty (0 bytes); choose the saved list.", code="list_empty_file")
    if len(data) > MAX_BYTES:
        raise InvalidInput(
            f"The file has {len(data)} bytes, at most {MAX_BYTES} are read; split the list.",
            code="list_too_big",
            limit=MAX_BYTES // 1024 // 1024,
        )
    if data.startswith(_OLE):
        raise InvalidInput(
            "This is an old .xls or a workbook with a password; save it as .xlsx without one.",
            code="list_ole",
        )
    if data.startswith(_ZIP) != (suffix == ".xlsx"):
        raise InvalidInput(
            f"The content of the file is not what its name says ({suffix}); save it again as .xlsx or .csv.",
            code="list_mismatch",
            suffix=suffix,
        )
    return read_xlsx(data) if suffix == ".xlsx" else [read_csv(data)]
