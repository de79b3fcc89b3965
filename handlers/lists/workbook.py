"""Excel workbooks: their visible sheets, read within bounds, formulas kept apart from data."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import IO, Any

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils import range_boundaries
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from handlers.lists import grid, package, strings
from handlers.lists.cells import MAX_COLUMNS, Line, Merge, Sheet
from handlers.lists.grid import Dates
from handlers.lists.strings import Strings
from workflows.errors import InvalidInput

MAX_MERGES = 1_000
#: Formats of the Chinese edition that show a date (2026年3月2日 and the like); their codes stand in no file.
_CHINESE_DATES = frozenset([*range(27, 37), *range(50, 59)])

# Never over the next sign, never far: a part full of beginnings must not be read to its end from each of them.
_MERGE = re.compile(
    rb"<(?:\w{1,20}:)?mergeCell\b[^<>]{0,200}?\bref\s*=\s*[\"']([A-Za-z]{1,3}\d{1,7}:[A-Za-z]{1,3}\d{1,7})[\"']"
)
_COLUMN = re.compile(rb"<(?:\w{1,20}:)?col\b[^<>]{0,300}>")
_ATTRIBUTE = re.compile(rb"\b(min|max|hidden)\s*=\s*[\"'](\w{1,7})[\"']")
#: What such a tag may be longer than, at most: so much of a piece is looked at again with the next.
_OVERLAP = 400


@contextmanager
def open_xlsx(stream: IO[bytes]) -> Iterator[list[Sheet]]:
    """Give the visible sheets of a workbook; InvalidInput says what is wrong with it."""
    with ExitStack() as opened:
        with package.refusing_broken():
            archive = opened.enter_context(zipfile.ZipFile(stream))
            package.guard(archive)
            book = _book_part(archive)
            links = _links(archive, book)
            parts = dict(links.values())
            found = _Elements.of(archive, book)
            dates = Dates(_epoch(found), _date_styles(archive, parts.get("styles")))
            texts = opened.enter_context(strings.read(archive, parts.get("sharedStrings")))
            shown = [
                said for name, said in found if name == "sheet" and said.get("state", "visible") == "visible"
            ]
            sheets = [_sheet(archive, said, links, texts, dates) for said in shown]
        yield sheets


class _Elements:
    """The elements of a small part with their attributes, in order."""

    MOST = 100_000

    def __init__(self) -> None:
        self.found: list[tuple[str, dict[str, str]]] = []

    @classmethod
    def of(cls, archive: zipfile.ZipFile, part: str) -> list[tuple[str, dict[str, str]]]:
        elements = cls()
        for _ in package.parse(archive, part, elements):
            if len(elements.found) > cls.MOST:
                raise package.broken()
        return elements.found

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.found.append((name, attributes))

    def end(self, name: str) -> None: ...

    def text(self, data: str) -> None: ...


def _book_part(archive: zipfile.ZipFile) -> str:
    """Return the part that names the sheets, wherever the program that wrote the file has put it."""
    names = set(archive.namelist())
    if "[Content_Types].xml" in names:
        for name, said in _Elements.of(archive, "[Content_Types].xml"):
            if name == "Override" and said.get("ContentType", "").endswith(
                (".sheet.main+xml", "macroEnabled.main+xml")
            ):
                part = said.get("PartName", "").lstrip("/")
                if part in names:
                    return part
    if "xl/workbook.xml" in names:
        return "xl/workbook.xml"
    raise InvalidInput(
        "The file is an archive but no Excel workbook; save the list as .xlsx.", code="list_no_book"
    )


def _links(archive: zipfile.ZipFile, book: str) -> Mapping[str, tuple[str, str]]:
    """Return what the workbook refers to: id → kind, part."""
    folder, name = posixpath.split(book)
    links = {}
    for element, said in _Elements.of(archive, f"{folder}/_rels/{name}.rels"):
        if element == "Relationship":
            target = posixpath.normpath(posixpath.join("/", folder, said["Target"])).lstrip("/")
            links[said["Id"]] = (said["Type"].rpartition("/")[2], target)
    return links


def _epoch(found: list[tuple[str, dict[str, str]]]) -> Any:
    said = next((said for name, said in found if name == "workbookPr"), {})
    return MAC_EPOCH if said.get("date1904") in ("1", "true") else WINDOWS_EPOCH


def _date_styles(archive: zipfile.ZipFile, part: str | None) -> frozenset[int]:
    """Return the numbers of the cell formats that show a date."""
    found = _Elements.of(archive, part) if part else []
    codes = {**BUILTIN_FORMATS}
    codes.update((int(said["numFmtId"]), said["formatCode"]) for name, said in found if name == "numFmt")
    formats, inside = [], False
    for name, said in found:
        inside = name == "cellXfs" or (inside and name not in ("cellStyles", "dxfs"))
        if inside and name == "xf":
            formats.append(int(said.get("numFmtId", 0)))
    return frozenset(
        style
        for style, code in enumerate(formats)
        if (code in _CHINESE_DATES and code not in codes) or is_date_format(codes.get(code))
    )


def _sheet(
    archive: zipfile.ZipFile,
    said: Mapping[str, str],
    links: Mapping[str, tuple[str, str]],
    texts: Strings,
    dates: Dates,
) -> Sheet:
    reference = next(value for name, value in said.items() if name == "r:id" or name.endswith(":id"))
    kind, part = links[reference]
    if kind != "worksheet":  # a chart of its own
        return Sheet(said["name"], lambda: iter(()))
    merges, hidden = _scan(archive, part)
    read = partial(_lines, archive, part, said["name"], texts, dates)
    return Sheet(said["name"], read, merges, hidden)


def _lines(archive: zipfile.ZipFile, part: str, name: str, texts: Strings, dates: Dates) -> Iterator[Line]:
    with package.refusing_broken():
        yield from grid.lines(archive, part, name, texts, dates)


def _scan(archive: zipfile.ZipFile, part: str) -> tuple[tuple[Merge, ...], frozenset[int]]:
    """Return the merged blocks, which stand behind all lines, and the hidden columns of a sheet."""
    merges: dict[str, Merge] = {}
    hidden: set[int] = set()
    rest = b""
    for piece in package.chunks(archive, part):
        seen = rest + piece
        if b"mergeCell" in seen:
            merges.update((merge.name, merge) for merge in map(_merge, _MERGE.finditer(seen)))
        for found in _COLUMN.finditer(seen) if b"hidden" in seen else ():
            hidden.update(_hidden(found[0]))
        if len(merges) > MAX_MERGES:
            raise InvalidInput(
                f"The sheet has more than {MAX_MERGES} merged blocks; unmerge the cells.",
                code="list_merges",
                limit=MAX_MERGES,
            )
        rest = seen[-_OVERLAP:]
    return tuple(merges.values()), frozenset(hidden)


def _merge(found: re.Match[bytes]) -> Merge:
    name = found[1].decode("ascii").upper()
    left, top, right, bottom = range_boundaries(name)
    return Merge(int(top or 1), int(bottom or 1), int(left or 1) - 1, int(right or 1) - 1, name)


def _hidden(tag: bytes) -> range:
    said = dict(_ATTRIBUTE.findall(tag))
    if said.get(b"hidden") not in (b"1", b"true"):
        return range(0)
    return range(int(said[b"min"]) - 1, min(int(said[b"max"]), MAX_COLUMNS))
