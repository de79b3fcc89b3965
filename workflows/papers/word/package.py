"""A Word file of a stranger, opened: a zip within bounds, of parts that can neither run nor reach anything."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from lxml import etree

from workflows import hardening
from workflows.errors import FieldError

MAX_FILE = 2_000_000  #: bytes, as sent
MAX_PARTS = 200
MAX_UNPACKED = 12_000_000  #: bytes, all parts together
DOCUMENT = "word/document.xml"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
#: What a part may be to another: nothing else is let in.
RELATIONS = frozenset(
    {
        "officeDocument",
        "core-properties",
        "extended-properties",
        "custom-properties",
        "styles",
        "stylesWithEffects",
        "settings",
        "webSettings",
        "fontTable",
        "theme",
        "numbering",
        "header",
        "footer",
        "footnotes",
        "endnotes",
        "customXml",
        "customXmlProps",
    }
)
_OLD = b"\xd0\xcf\x11\xe0"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_PLAIN = re.compile(r"[A-Za-z0-9_\[\]][A-Za-z0-9_.\-\[\]/ ]*")
_BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, OSError)


class Unfit(Exception):
    """The file is none that we are willing to read; `faults` say why."""

    def __init__(self, *faults: FieldError) -> None:
        super().__init__("; ".join(f"{fault.code} {fault.params}" for fault in faults))
        self.faults = faults


def parts(content: bytes) -> dict[str, bytes]:
    """Return the parts of a Word file by name; `Unfit` says which part is dangerous or broken, and why."""
    if content.startswith(_OLD):
        raise Unfit(FieldError("word_old"))
    if len(content) > MAX_FILE:
        raise Unfit(FieldError("word_large", {"max": MAX_FILE, "length": len(content)}))
    try:
        found = _unpacked(content)
    except _BROKEN as error:
        raise Unfit(FieldError("word_broken")) from error
    if DOCUMENT not in found or "[Content_Types].xml" not in found:
        raise Unfit(FieldError("word_broken"))
    faults = [*_dangers(found)]
    if faults:
        raise Unfit(*faults)
    return found


def packed(found: dict[str, bytes]) -> bytes:
    """Return the parts as a Word file; the same parts always give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(found, key=lambda name: (name != "[Content_Types].xml", name)):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, found[name])
    return out.getvalue()


def relations(found: dict[str, bytes], part: str) -> dict[str, tuple[str, str]]:
    """Return what a part is related to: id → last word of the kind, name of the part."""
    path = PurePosixPath(part)
    name = str(path.parent / "_rels" / f"{path.name}.rels")
    if name not in found:
        return {}
    root = hardening.parse(found[name])
    return {
        row.get("Id", ""): (row.get("Type", "").rpartition("/")[2], _target(path, row.get("Target", "")))
        for row in root.iter(f"{{{RELS}}}Relationship")
    }


def _target(path: PurePosixPath, target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else str(path.parent / target)


def _unpacked(content: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    left = MAX_UNPACKED
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        if len(entries) > MAX_PARTS:
            raise Unfit(FieldError("word_parts", {"max": MAX_PARTS}))
        for entry in entries:
            name = entry.filename
            if name in found or not _PLAIN.fullmatch(name) or ".." in name:
                raise Unfit(FieldError("word_part", {"part": name[:80]}))
            if entry.flag_bits & 1 or entry.compress_type not in _METHODS:
                raise Unfit(FieldError("word_locked", {"part": name}))
            # What the file says of its own size may be a lie: no more is unpacked than is allowed.
            with archive.open(entry) as file:
                found[name] = file.read(left + 1)
            left -= len(found[name])
            if left < 0:
                raise Unfit(FieldError("word_bomb", {"part": name, "max": MAX_UNPACKED}))
    return found


def _dangers(found: dict[str, bytes]) -> Iterator[FieldError]:
    for name, content in found.items():
        if not name.lower().endswith((".xml", ".rels")):
            yield _foreign(name)
            continue
        try:
            root = hardening.parse(content)
        except hardening.Unsafe as error:
            yield FieldError("word_xml", {"part": name, "why": str(error)})
            continue
        if name.endswith(".rels"):
            yield from _reaching(name, root)
        if name == DOCUMENT and root.tag != f"{{{W}}}document":
            yield FieldError("word_strict")
        if name == "[Content_Types].xml" and b"macroEnabled" in content:
            yield FieldError("word_macros", {"part": name})


def _foreign(name: str) -> FieldError:
    low = name.lower()
    if "vba" in low:
        return FieldError("word_macros", {"part": name})
    if low.endswith((".png", ".jpg", ".jpeg", ".gif", ".emf", ".wmf", ".bmp", ".tiff", ".svg")):
        return FieldError("word_picture", {"part": name})
    return FieldError("word_embedded", {"part": name})


def _reaching(name: str, root: etree._Element) -> Iterator[FieldError]:
    for row in root.iter(f"{{{RELS}}}Relationship"):
        target, kind = row.get("Target", "")[:120], row.get("Type", "").rpartition("/")[2]
        if row.get("TargetMode") == "External":
            yield FieldError("word_external", {"part": name, "target": target, "kind": kind})
        elif kind == "image":
            yield FieldError("word_picture", {"part": target})
        elif kind not in RELATIONS:
            yield FieldError("word_embedded", {"part": target or name})
        elif ":" in target:
            yield FieldError("word_external", {"part": name, "target": target, "kind": kind})
