"""What files tell of their makers is taken out before they are stored: where, when, with what and by whom made.

A file from a reporter's telephone or computer names it (domain §4.2 rule 5). JPEG and PNG, PDF, and documents of
text, sheets and slides since 2007 are cleaned, each in a process of its own (`child`) that has little memory and
time, since the file may be hostile. What is locked, broken or blown up is refused. What is signed stays as it is, or
the signature would be void; so do the other kinds, which nobody here can clean: both with a word that says so.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handlers import filetypes
from handlers.cleaning import child
from workflows.errors import FieldError, InvalidInput

#: Of wall clock; the child itself stops after so much of processor time.
SECONDS = 25
_WORDS = {
    "file_bomb": "takes too much memory or time to be read: save it anew, or in parts.",
    "file_broken": "is broken or not what it seems: open it, save it anew and send that.",
    "file_locked": "is locked by a password: send it without one.",
    "file_pixels": "has more than 64 million pixels: make it smaller.",
}
#: Cleanings at a time: they take memory.
_turns = threading.BoundedSemaphore(2)


@dataclass(frozen=True)
class Cleaned:
    """A file as it is stored, and what is said of it."""

    content: bytes
    media_type: str
    said: (
        dict[str, Any] | None
    )  #: `removed`: what was taken out; or `kept`: why nothing was; None: plain text


def clean(content: bytes, filename: str) -> Cleaned:
    """Return the file without what tells of its maker; InvalidInput where it cannot be taken in."""
    media_type = filetypes.of(content)
    if media_type == filetypes.TEXT:
        return Cleaned(content, media_type, None)
    if media_type not in child.KINDS:
        return Cleaned(content, media_type, {"kept": "kind"})
    verdict, cleaned = _asked(content, media_type)
    if "refused" in verdict:
        raise _refused(verdict["refused"], filename)
    if "kept" in verdict:
        return Cleaned(content, media_type, {"kept": verdict["kept"]})
    return Cleaned(cleaned, media_type, {"removed": verdict["removed"]})


def cleans(content: bytes) -> bool:
    """Return whether files of this kind can be cleaned, or have nothing to be cleaned of."""
    media_type = filetypes.of(content)
    return media_type == filetypes.TEXT or media_type in child.KINDS


def _asked(content: bytes, media_type: str) -> tuple[dict[str, Any], bytes]:
    command = [sys.executable, "-I", str(Path(child.__file__)), media_type]
    with _turns:
        try:
            done = subprocess.run(command, input=content, capture_output=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return {"refused": "file_bomb"}, b""
    line, _, cleaned = done.stdout.partition(b"\n")
    # Killed by its limits, or by a file that broke the library: it has said nothing.
    return (json.loads(line), cleaned) if line else ({"refused": "file_bomb"}, b"")


def _refused(code: str, filename: str) -> InvalidInput:
    message = f"{filename} {_WORDS[code]}"
    return InvalidInput(
        message, fields={"file": FieldError(code, {"name": filename, "message": message})}, code=code
    )
