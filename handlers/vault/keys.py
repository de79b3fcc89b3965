"""The master keys of the vault: outside the database, in a file or in the environment, never in a log.

The first key seals, every key of the ring opens: that is how a new key takes over while the old one still reads.
The file is read again whenever it has changed, so that a running server follows `duban vault key new`.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workflows.errors import Conflict, InvalidInput

#: AES-256.
KEY_BYTES = 32


class NoKey(Conflict):
    """There is no master key, so that nothing can be sealed or opened."""

    def __init__(self) -> None:
        super().__init__(
            "The vault has no master key. The operator makes one with `duban vault key new FILE`, names the file in "
            "DUBAN_MASTER_KEY_FILE and starts the server again. Until then nothing is stored.",
            code="vault_key",
        )


@dataclass(frozen=True)
class KeyRing:
    """The master keys by their id, in order: the first seals."""

    keys: Mapping[str, bytes] = field(repr=False)

    @property
    def current(self) -> str:
        """The id of the key that seals."""
        return next(iter(self.keys))


@dataclass
class _Source:
    file: Path | None = None
    text: str = field(default="", repr=False)
    read: tuple[object, KeyRing] | None = field(default=None, repr=False)


_source = _Source()


def use(file: Path | None, text: str = "") -> None:
    """Take the keys from this file, or from this text, from now on, process-wide."""
    global _source
    _source = _Source(file, text)


def ready() -> bool:
    """Return whether there is a master key; InvalidInput where what should be one is none."""
    try:
        ring()
    except NoKey:
        return False
    return True


def ring() -> KeyRing:
    """Return the keys as they are now; NoKey where there is none, InvalidInput where the file is unusable."""
    source = _source
    if source.file is None:
        mark: object = ""
    else:
        try:
            found = source.file.stat()
        except FileNotFoundError:
            raise NoKey from None
        mark = (found.st_mtime_ns, found.st_size, found.st_ino)
    if source.read is None or source.read[0] != mark:
        source.read = (mark, _read(source.file) if source.file else parse(source.text, "DUBAN_MASTER_KEY"))
    return source.read[1]


def parse(text: str, name: str) -> KeyRing:
    """Return the keys of a text, one a line in base64; `#` begins a remark. The text is never repeated in errors."""
    lines = [line.strip() for line in text.splitlines()]
    keys = [_decoded(line, f"{name}, key {n}") for n, line in enumerate(lines, 1) if line and line[0] != "#"]
    if not keys:
        raise NoKey
    return KeyRing({key_id(key): key for key in keys})


def key_id(key: bytes) -> str:
    """Return the name of a key, from which the key cannot be had."""
    return hmac.digest(key, b"duban vault key id", "sha256").hex()[:16]


def add(path: Path) -> tuple[str, bool]:
    """Put a new key before those of the file, or make the file; return its id, and whether there were others.

    The file is replaced as a whole and readable by its owner only.
    """
    kept = path.read_text("ascii") if path.exists() else ""
    others = bool(kept.strip()) and bool(_read(path))
    made = secrets.token_bytes(KEY_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{written(made)}\n{kept}")
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
    return key_id(made), others


def written(key: bytes) -> str:
    """Return a key as it stands in the file."""
    return base64.b64encode(key).decode()


def _read(path: Path) -> KeyRing:
    if path.stat().st_mode & 0o007:
        raise InvalidInput(
            f"{path} can be read by everybody on this machine: chmod 600 {path}", code="vault_file"
        )
    try:
        return parse(path.read_text("ascii"), str(path))
    except (UnicodeDecodeError, OSError) as error:
        raise InvalidInput(f"{path} cannot be read as a file of keys: {type(error).__name__}.") from None


def _decoded(line: str, place: str) -> bytes:
    try:
        key = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise InvalidInput(
            f"{place}: a master key is 32 random bytes in base64, 44 characters.", code="vault_file"
        )
    return key
