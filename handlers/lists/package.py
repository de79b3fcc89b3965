"""The archive that a workbook is: opened within bounds, its parts read as streams of XML without entities."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol
from xml.parsers import expat

from workflows.errors import DubanError, InvalidInput

#: Most that a workbook may unpack to, and most parts that it may have: 100,000 rows of full texts are 250 MB.
MAX_UNPACKED = 512 * 1024 * 1024
MAX_PARTS = 1_000
#: What the parser has to hold at once: the longest tag, the deepest nesting, the most different names.
MAX_TOKEN = 1 << 20
MAX_DEPTH = 100
MAX_NAMES = 2_000
_CHUNK = 1 << 16
#: A broken workbook fails in any of these ways: no archive, no XML, no number, nothing where something is named.
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, expat.ExpatError, ValueError, LookupError, OSError, EOFError),
    *(NotImplementedError, RuntimeError, OverflowError),
)


class Handler(Protocol):
    """What is told of the elements of a part, their names without prefix."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Hear of an element's beginning."""

    def end(self, name: str) -> None:
        """Hear of an element's end."""

    def text(self, data: str) -> None:
        """Hear of text, possibly in pieces."""


@contextmanager
def refusing_broken() -> Iterator[None]:
    """Turn whatever shows that the file is broken into an InvalidInput that says so."""
    try:
        yield
    except DubanError:
        raise
    except _BROKEN as error:
        raise broken() from error


def guard(archive: zipfile.ZipFile) -> None:
    """Raise InvalidInput for an archive that would unpack too far."""
    # A member never yields more than it declares: the sum of the declared sizes bounds the work.
    members = archive.infolist()
    if len(members) > MAX_PARTS or sum(member.file_size for member in members) > MAX_UNPACKED:
        raise InvalidInput(
            f"The workbook unpacks to more than {MAX_UNPACKED // 1024 // 1024} MB or {MAX_PARTS} parts; "
            "keep only the list in it and save it again.",
            code="list_bomb",
            limit=MAX_UNPACKED // 1024 // 1024,
        )


def chunks(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """Yield a part piece by piece."""
    with archive.open(part) as content:
        while piece := content.read(_CHUNK):
            yield piece


def parse(archive: zipfile.ZipFile, part: str, handler: Handler) -> Iterator[None]:
    """Parse a part as XML for the handler; yields after every piece, so that what was gathered can be taken."""
    parser, depth = expat.ParserCreate(), 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise broken()
        handler.start(name if ":" not in name else name.rpartition(":")[2], attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        handler.end(name if ":" not in name else name.rpartition(":")[2])

    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = lambda *declared: _refuse_entities(part)
    fed = 0
    for piece in chunks(archive, part):
        parser.Parse(piece, False)
        fed += len(piece)
        if fed - parser.CurrentByteIndex > MAX_TOKEN or len(parser.intern) > MAX_NAMES:
            raise broken()
        yield
    parser.Parse(b"", True)
    yield


def _refuse_entities(part: str) -> None:
    raise InvalidInput(f"The part {part} defines entities, which no list needs.", code="list_entities")


def broken() -> InvalidInput:
    """Return the refusal of a file that no spreadsheet program would open either."""
    return InvalidInput(
        "The file is damaged or no Excel workbook; open the list in Excel and save it again as .xlsx.",
        code="list_broken",
    )
