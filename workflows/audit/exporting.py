"""The chain in a file: one JSON document a line, which anybody can check on a machine without the database.

The first line says when it was written and where the chain ended then, the last one that nothing follows.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson

from workflows.audit.chain import Head, Link
from workflows.errors import InvalidInput

FORMAT = "duban-audit-1"
LONGEST_LINE = 4 * 1024 * 1024


@dataclass(frozen=True)
class Cover:
    """What the first line of an export says; believed only as far as the chain bears it out."""

    made_at: str
    head: Head


def export(path: Path, found: Iterable[Link], *, head: Head, made_at: str) -> int:
    """Write the links to a new file, compressed where its name ends in `.gz`, and return how many."""
    count = 0
    with _open(path, "xb") as file:
        _write(file, {"format": FORMAT, "made_at": made_at, "head": str(head)})
        for link in found:
            _write(file, _line(link))
            count += 1
        file.write(_last(count))
    return count


def cover(path: Path) -> Cover:
    """Return what the first line says; InvalidInput when this is no export."""
    try:
        with _open(path, "rb") as file:
            said = orjson.loads(file.readline(LONGEST_LINE))
        position, _, digest = said["head"].partition(":")
        if said["format"] == FORMAT:
            return Cover(said["made_at"], Head(int(position), digest))
    except (ValueError, TypeError, KeyError, AttributeError, OSError, EOFError, zlib.error):
        pass
    raise InvalidInput(f"{path} is no export of the audit, or its first line has been changed.")


def links_of_file(path: Path) -> Iterator[Link]:
    """Give the links of an export in the order of its lines; a file that ends too soon gives an empty one at last."""
    try:
        with _open(path, "rb") as file:
            file.readline(LONGEST_LINE)
            for count, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b"")):
                if line == _last(count):
                    return
                yield _read(line)
    except (OSError, EOFError, zlib.error):
        yield Link(None, None, None, None, None, unreadable=True)
        return
    yield Link(None, None, None, None, None)


def _line(link: Link) -> dict[str, Any]:
    said = {
        "position": link.position,
        "event_id": link.event_id,
        "sealed_at": link.sealed_at,
        "hash": link.hash,
        "event": link.event,
        "unreadable": link.unreadable or None,
    }
    return {name: value for name, value in said.items() if value is not None}


def _last(count: int) -> bytes:
    return orjson.dumps({"end": count}, option=orjson.OPT_APPEND_NEWLINE)


def _read(line: bytes) -> Link:
    try:
        return _link(orjson.loads(line))
    except (ValueError, TypeError, AttributeError):
        return Link(None, None, None, None, None, unreadable=True)


def _link(said: dict[str, Any]) -> Link:
    position, event_id, event = said.get("position"), said.get("event_id"), said.get("event")
    known = {"position", "event_id", "sealed_at", "hash", "event", "unreadable"}
    if not known.issuperset(said) or not isinstance(event, dict | None):
        raise ValueError
    if not isinstance(position, int | None) or not isinstance(event_id, int | None):
        raise ValueError
    return Link(position, event_id, said.get("sealed_at"), said.get("hash"), event, "unreadable" in said)


def _write(file: IO[bytes], document: dict[str, Any]) -> None:
    file.write(orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE))


def _open(path: Path, mode: str) -> IO[bytes]:
    if path.suffix == ".gz":
        return gzip.open(path, mode)  # type: ignore[return-value]
    return path.open(mode)
