"""The file of a copy: one line that says what it is, then the compressed content in frames.

With a passphrase each frame is sealed by AES-256-GCM under a key of scrypt; its number, whether it is the last, and
the first line are authenticated with it, so that a frame left out, doubled or exchanged does not open. Without one
the sums in the content find damage, and nothing finds who forges them with care.
"""

from __future__ import annotations

import gzip
import io
import os
import secrets
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, cast

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from workflows.errors import InvalidInput

FORMAT = "duban-backup-1"
FRAME = 1024 * 1024
#: What GCM adds to a frame.
TAG = 16
LONGEST_COVER = 4096
#: scrypt's cost: 128 MB and half a second for each guess.
COST = {"n": 2**17, "r": 8, "p": 1}


@dataclass(frozen=True)
class Cover:
    """What the first line says; believed only as far as the content bears it out."""

    program: str  #: version of Duban
    revision: str  #: of the tables
    made_at: str  #: aware UTC, ISO
    database: str  #: sqlite postgresql
    audit_head: str  #: position:hash, where the chain of the audit ended
    salt: str = ""  #: of the passphrase; empty: the copy is not encrypted
    format: str = FORMAT

    @property
    def encrypted(self) -> bool:
        """Whether a passphrase is needed."""
        return bool(self.salt)

    @property
    def line(self) -> bytes:
        """The cover as it stands in the file."""
        return orjson.dumps(asdict(self), option=orjson.OPT_APPEND_NEWLINE)


def salt() -> str:
    """Return what makes the key of each copy its own."""
    return secrets.token_hex(16)


@contextmanager
def written(path: Path, cover: Cover, passphrase: str) -> Iterator[IO[bytes]]:
    """Give what the content is written to; the file bears its name only once it is whole.

    Readable by its owner alone. Raises InvalidInput where there is such a file already.
    """
    if path.exists():
        raise InvalidInput(f"{path} is there already: name another file.")
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(cover.line)
            frames = _Writer(file, _cipher(cover, passphrase))
            with gzip.GzipFile("", "wb", 6, cast("IO[bytes]", frames), 0) as content:
                yield cast("IO[bytes]", content)
            frames.finish()
            file.flush()
            os.fsync(file.fileno())
        # A link fails where somebody was quicker; a rename would take his away.
        os.link(part, path)
    finally:
        part.unlink(missing_ok=True)


def cover(path: Path) -> Cover:
    """Return what the first line of a copy says; InvalidInput when this is no copy."""
    with path.open("rb") as file:
        return _cover(path, file.readline(LONGEST_COVER))


@contextmanager
def read(path: Path, passphrase: str) -> Iterator[IO[bytes]]:
    """Give the content of a copy; InvalidInput where it is broken, cut off, or the passphrase is another."""
    with path.open("rb") as file:
        said = _cover(path, file.readline(LONGEST_COVER))
        frames = _Reader(file, _cipher(said, passphrase))
        try:
            with gzip.GzipFile("", "rb", fileobj=io.BufferedReader(frames, FRAME)) as content:
                yield cast("IO[bytes]", content)
        except (OSError, EOFError, zlib.error) as error:
            raise broken("it is damaged or has been cut off") from error


def broken(why: str) -> InvalidInput:
    """Return the refusal of a copy that cannot be believed."""
    return InvalidInput(f"This copy cannot be restored: {why}. Nothing was written.", code="backup")


def _cover(path: Path, line: bytes) -> Cover:
    try:
        said = orjson.loads(line)
        if said["format"] == FORMAT:
            return Cover(**{name: str(value) for name, value in said.items()})
    except (ValueError, TypeError, KeyError):
        pass
    raise InvalidInput(f"{path} is no copy made by `duban backup`, or its first line has been changed.")


class _Cipher:
    """Seals and opens frames; without a key it leaves them as they are."""

    def __init__(self, key: AESGCM | None, cover: bytes) -> None:
        self._key = key
        self._cover = cover

    def seal(self, number: int, last: bool, content: bytes) -> bytes:
        return self._key.encrypt(self._nonce(number, last), content, self._cover) if self._key else content

    def open(self, number: int, last: bool, content: bytes) -> bytes:
        if self._key is None:
            return content
        try:
            return self._key.decrypt(self._nonce(number, last), content, self._cover)
        except InvalidTag:
            why = "the passphrase is another one, or the copy has been changed"
            raise broken(why) from None

    @staticmethod
    def _nonce(number: int, last: bool) -> bytes:
        # The key is of this copy alone, so that a number serves.
        return struct.pack(">Q3xB", number, last)


def _cipher(cover: Cover, passphrase: str) -> _Cipher:
    if not cover.encrypted:
        return _Cipher(None, b"")
    if not passphrase:
        raise InvalidInput("The copy is encrypted: name the file of its passphrase with --passphrase-file.")
    key = Scrypt(salt=bytes.fromhex(cover.salt), length=32, **COST).derive(passphrase.encode())
    return _Cipher(AESGCM(key), cover.line)


class _Writer:
    """Cuts what it is given into frames: length with a bit for the last one, then the content."""

    def __init__(self, file: IO[bytes], cipher: _Cipher) -> None:
        self._file, self._cipher = file, cipher
        self._kept, self._number = bytearray(), 0

    def write(self, content: Any) -> int:
        self._kept += content
        # One frame is always held back: only at the end is it known to be the last.
        while len(self._kept) > FRAME:
            self._frame(bytes(self._kept[:FRAME]), last=False)
            del self._kept[:FRAME]
        return len(content)

    def flush(self) -> None:
        """Wait for the frame to be full."""

    def finish(self) -> None:
        self._frame(bytes(self._kept), last=True)

    def _frame(self, content: bytes, *, last: bool) -> None:
        sealed = self._cipher.seal(self._number, last, content)
        self._file.write(struct.pack(">I", len(sealed) << 1 | last) + sealed)
        self._number += 1


class _Reader(io.RawIOBase):
    """Gives the content of the frames one after the other; EOFError where the last one is missing."""

    def __init__(self, file: IO[bytes], cipher: _Cipher) -> None:
        super().__init__()
        self._file, self._cipher = file, cipher
        self._kept, self._number, self._last = b"", 0, False

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        while not self._kept and not self._last:
            self._kept = self._frame()
        count = min(len(target), len(self._kept))
        target[:count] = self._kept[:count]
        self._kept = self._kept[count:]
        return count

    def _frame(self) -> bytes:
        head = self._file.read(4)
        length, last = divmod(int.from_bytes(head), 2)
        if len(head) < 4 or length > FRAME + TAG:
            raise EOFError
        sealed = self._file.read(length)
        self._last = bool(last)
        if len(sealed) < length or (self._last and self._file.read(1)):
            raise EOFError
        self._number += 1
        return self._cipher.open(self._number - 1, self._last, sealed)
