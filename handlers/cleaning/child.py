"""Take out of one file what tells of its maker: a process of its own, with little memory and little time.

It reads the file from standard input and writes to standard output a line of JSON (`removed`, or `refused` or
`kept` with the reason) and then the cleaned file. Whatever a hostile file does here, it does to this process alone.
Nothing of the program is imported: `python -I child.py MEDIA_TYPE`.
"""

from __future__ import annotations

import io
import json
import re
import resource
import sys
import zipfile
from collections.abc import Callable, Iterable
from typing import Any

import pikepdf
from PIL import Image, ImageOps

MEGABYTE = 1024 * 1024
MEMORY = 1536 * MEGABYTE
SECONDS = 12
#: Pixels of a picture, and bytes and parts of a packed document, that are still taken in.
PIXELS = 64_000_000
UNPACKED = 200 * MEGABYTE
PARTS = 5_000
EPOCH = (1980, 1, 1, 0, 0, 0)


class Refused(Exception):
    """The file cannot be taken in: its argument says why, in a word."""


class Kept(Exception):
    """The file is taken in as it is: its argument says why, in a word."""


def picture(content: bytes) -> tuple[bytes, set[str]]:
    Image.MAX_IMAGE_PIXELS = None
    image: Any = Image.open(io.BytesIO(content), formats=("JPEG", "PNG"))
    if image.width * image.height > PIXELS:
        raise Refused("file_pixels")
    frames = getattr(image, "n_frames", 1) if image.format == "PNG" else 1
    if frames > 1:
        raise Kept("moving")
    image.load()
    removed = {_PICTURE.get(name, "author") for name in image.info if name not in _HARMLESS}
    exif = image.getexif()
    if exif.get_ifd(0x8825):
        removed.add("place")
    options: dict[str, Any] = {"format": image.format, "exif": b"", "icc_profile": None}
    turned = ImageOps.exif_transpose(image)
    if image.format == "JPEG":
        # The same tables again unless the pixels were turned: what the eye sees stays.
        same = turned.size == image.size and exif.get(0x0112, 1) == 1
        turned = image if same else turned
        options |= {"quality": "keep"} if same else {"quality": 95, "subsampling": 0}
    turned.info = {key: value for key, value in turned.info.items() if key in _NEEDED}
    cleaned = io.BytesIO()
    turned.save(cleaned, **options)
    return cleaned.getvalue(), removed


_HARMLESS = {
    "jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi", "adobe", "adobe_transform", "progressive",
    "progression", "gamma", "transparency", "srgb", "interlace", "chromaticity", "aspect", "background",
}  # fmt: skip
#: What a picture is not shown right without.
_NEEDED = {"jfif", "adobe", "adobe_transform", "dpi", "transparency", "gamma"}
_PICTURE = {
    "exif": "camera",
    "xmp": "author",
    "photoshop": "author",
    "icc_profile": "camera",
    "comment": "note",
}


def pdf(content: bytes) -> tuple[bytes, set[str]]:
    try:
        document = pikepdf.open(io.BytesIO(content))
    except pikepdf.PasswordError:
        raise Refused("file_locked") from None
    removed: set[str] = set()
    with document:
        form: Any = document.Root.get("/AcroForm")
        if "/Perms" in document.Root or (form is not None and int(form.get("/SigFlags", 0)) & 1):
            raise Kept("signed")
        if "/Info" in document.trailer:
            removed.add("author")
            del document.trailer["/Info"]
        names: Any = document.Root.get("/Names")
        if names is not None and "/EmbeddedFiles" in names:
            removed.add("attached")
            del names["/EmbeddedFiles"]
        for thing in document.objects:
            for one in (thing, *_within(thing)):
                removed |= _cleaned(one)
        cleaned = io.BytesIO()
        document.save(cleaned, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return cleaned.getvalue(), removed


def _within(thing: Any) -> Iterable[Any]:
    """Return the remarks that stand in a page or a list itself, and are no objects of their own."""
    listed = thing.get("/Annots", ()) if isinstance(thing, pikepdf.Dictionary) else thing
    return list(listed) if isinstance(listed, pikepdf.Array) else ()


def _cleaned(thing: Any) -> set[str]:
    if not isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        return set()
    removed = set()
    for name, what in _MARKS.items():
        if name in thing:
            del thing[name]
            removed.add(what)
    if thing.get("/Subtype") in _REMARKS:
        for name in ("/T", "/M", "/CreationDate", "/NM"):
            if name in thing:
                del thing[name]
                removed.add("remarks")
    return removed


#: What tells of the maker wherever it stands; files within the file bear marks of their own.
_MARKS = {
    "/Metadata": "author", "/PieceInfo": "program", "/LastModified": "time", "/AF": "attached", "/EF": "attached",
}  # fmt: skip
_REMARKS = {
    "/Text", "/FreeText", "/Highlight", "/Underline", "/StrikeOut", "/Squiggly", "/Ink", "/Stamp", "/Caret",
    "/Popup", "/Line", "/Square", "/Circle", "/Polygon", "/PolyLine",
}  # fmt: skip


def office(content: bytes) -> tuple[bytes, set[str]]:
    try:
        source = zipfile.ZipFile(io.BytesIO(content))
        parts = source.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise Refused("file_broken") from None
    if len(parts) > PARTS or sum(part.file_size for part in parts) > UNPACKED:
        raise Refused("file_bomb")
    if any(part.flag_bits & 1 for part in parts):
        raise Refused("file_locked")
    if any(part.filename.startswith("_xmlsignatures/") for part in parts):
        raise Kept("signed")
    cleaned, removed = io.BytesIO(), {"time"} if any(part.date_time != EPOCH for part in parts) else set()
    with zipfile.ZipFile(cleaned, "w", zipfile.ZIP_DEFLATED) as target:
        for part in parts:
            if part.filename.startswith("docProps/thumbnail"):
                removed.add("preview")
                target.writestr(zipfile.ZipInfo(part.filename, EPOCH), b"")
                continue
            held, taken = _part(part.filename, _unpacked(source, part))
            removed |= taken
            fresh = zipfile.ZipInfo(part.filename, EPOCH)
            fresh.compress_type = part.compress_type
            target.writestr(fresh, held)
    return cleaned.getvalue(), removed


def _unpacked(source: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    """Return a part's content, never more than it says: what swells is refused."""
    with source.open(part) as file:
        content = file.read(part.file_size + 1)
    if len(content) > part.file_size:
        raise Refused("file_bomb")
    return content


def _part(name: str, content: bytes) -> tuple[bytes, set[str]]:
    if name in _EMPTY:
        return _EMPTY[name], {"author"} if content != _EMPTY[name] else set()
    if "/media/" in name and content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n")):
        try:
            return picture(content)
        except Kept:
            return content, set()
    if not name.endswith(".xml"):
        return content, set()
    held = content
    for pattern, instead in _AUTHORS:
        held = pattern.sub(instead, held)
    return held, {"remarks"} if held != content else set()


_PROPERTIES = b"http://schemas.openxmlformats.org/officeDocument/2006/"
_HEAD = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_EMPTY = {
    "docProps/core.xml": _HEAD
    + b'<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>',
    "docProps/app.xml": _HEAD + b'<Properties xmlns="' + _PROPERTIES + b'extended-properties"/>',
    "docProps/custom.xml": _HEAD + b'<Properties xmlns="' + _PROPERTIES + b'custom-properties"/>',
}
#: Who wrote a remark or changed a word, and when: in text documents, slides and sheets.
_AUTHORS = (
    (re.compile(rb'(\bw:(?:author|initials)=)(?:"[^"]*"|\'[^\']*\')'), rb'\1""'),
    (re.compile(rb'\s+w:(?:rsid\w*|date)=(?:"[^"]*"|\'[^\']*\')'), rb""),
    (re.compile(rb'(<w15:person\b[^>]*\bw15:author=)(?:"[^"]*"|\'[^\']*\')'), rb'\1""'),
    (re.compile(rb'(<w15:presenceInfo\b[^>]*\bw15:userId=)(?:"[^"]*"|\'[^\']*\')'), rb'\1""'),
    (re.compile(rb'(<p:cmAuthor\b[^>]*\bname=)(?:"[^"]*"|\'[^\']*\')'), rb'\1""'),
    (re.compile(rb'(<p:cmAuthor\b[^>]*\binitials=)(?:"[^"]*"|\'[^\']*\')'), rb'\1""'),
    (re.compile(rb'(<person\b[^>]*\b(?:displayName|userId)=)(?:"[^"]*"|\'[^\']*\')'), rb'\1""'),
    (re.compile(rb"(<author>)[^<]*(</author>)"), rb"\1\2"),
    (re.compile(rb'(\blastModifiedBy=|\buserName=)(?:"[^"]*"|\'[^\']*\')'), rb'\1""'),
)

_OFFICE = "application/vnd.openxmlformats-officedocument."
KINDS: dict[str, Callable[[bytes], tuple[bytes, set[str]]]] = {
    "image/jpeg": picture,
    "image/png": picture,
    "application/pdf": pdf,
    f"{_OFFICE}wordprocessingml.document": office,
    f"{_OFFICE}spreadsheetml.sheet": office,
    f"{_OFFICE}presentationml.presentation": office,
}


def main(media_type: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    content = sys.stdin.buffer.read()
    try:
        cleaned, removed = KINDS[media_type](content)
    except Refused as refused:
        _say({"refused": str(refused)})
    except Kept as kept:
        _say({"kept": str(kept)})
    except MemoryError:
        _say({"refused": "file_bomb"})
    except Exception as error:  # noqa: BLE001 - libraries have many names for what they cannot read
        _say({"refused": "file_broken", "error": type(error).__name__})
    else:
        _say({"removed": sorted(removed)}, [cleaned])


def _say(verdict: dict[str, Any], then: Iterable[bytes] = ()) -> None:
    sys.stdout.buffer.write(json.dumps(verdict).encode() + b"\n")
    for content in then:
        sys.stdout.buffer.write(content)


if __name__ == "__main__":
    main(sys.argv[1])
