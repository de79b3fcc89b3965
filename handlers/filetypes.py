"""What a file is, by its content: neither its name nor who sends it is believed."""

from __future__ import annotations

import io
import zipfile

OTHER = "application/octet-stream"
TEXT = "text/plain"
#: How files of a kind begin.
_BEGINNINGS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),  # doc, xls, ppt of before 2007
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "application/ogg"),
)
_OFFICE = "application/vnd.openxmlformats-officedocument."
#: What a ZIP holds that is more than a ZIP.
_INSIDE = (
    ("word/document.xml", f"{_OFFICE}wordprocessingml.document"),
    ("xl/workbook.xml", f"{_OFFICE}spreadsheetml.sheet"),
    ("ppt/presentation.xml", f"{_OFFICE}presentationml.presentation"),
    ("OFD.xml", "application/ofd"),
)
#: What a page may show, and how.
_SHOWN = {
    "application/pdf": "pdf",
    "image/png": "image",
    "image/jpeg": "image",
    "image/gif": "image",
    "image/webp": "image",
    TEXT: "text",
}


def of(content: bytes) -> str:
    """Return the media type; text of whatever language is plain text, so that no browser runs it."""
    for beginning, found in _BEGINNINGS:
        if content.startswith(beginning):
            return found
    if content[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(
            content[8:12], OTHER
        )
    if content[4:8] == b"ftyp":
        return "video/mp4"
    if content.startswith(b"PK\x03\x04"):
        return _zipped(content)
    return OTHER if text(content) is None else TEXT


def shown_as(media_type: str) -> str:
    """Return how a page may show a file: `image`, `text`, `pdf`; nothing where it may only be saved."""
    return _SHOWN.get(media_type, "")


def text(content: bytes) -> str | None:
    """Return the text that the bytes are, in UTF-8 or GB18030; None where they are no text."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            found = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return found if all(one.isprintable() or one in "\t\r\n\f\u3000\xa0" for one in found) else None
    return None


def _zipped(content: bytes) -> str:
    try:
        names = set(zipfile.ZipFile(io.BytesIO(content)).namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return OTHER
    return next((found for name, found in _INSIDE if name in names), "application/zip")
