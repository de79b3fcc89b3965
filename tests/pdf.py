"""What stands in a PDF that we made: its pages, as text in the order in which it was set."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator

_OBJECT = re.compile(rb"(?<=\n)(\d+) 0 obj\n(.*?)\nendobj", re.S)
_ACTUAL = re.compile(rb"/ActualText\((?:\\.|[^\\)])*\)", re.S)
_SHOWN = re.compile(rb"/(\w+) [\d.]+ Tf|\(")
_MAPPED = re.compile(rb"^<([0-9A-F]{4})> (?:<([0-9A-F]{4})> )?<([0-9A-F]+)>$", re.M)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pages(content: bytes) -> list[str]:
    """Return the text of each page, without blanks."""
    objects = {int(number): body for number, body in _OBJECT.findall(content)}
    found = [body for body in objects.values() if re.search(rb"/Type/Page\b(?!s)", body)]
    return [_page(objects, body) for body in found]


def _page(objects: dict[int, bytes], page: bytes) -> str:
    resources = objects[_reference(page, b"Resources")]
    listed = re.search(rb"/Font<<(.*?)>>", resources, re.S)
    fonts = {
        name: _mapping(_stream(objects[_reference(objects[int(number)], b"ToUnicode")]))
        for name, number in re.findall(rb"/(\w+) (\d+) 0 R", listed.group(1) if listed else b"")
    }
    shown, font = [], b""
    content = _ACTUAL.sub(b"", _stream(objects[_reference(page, b"Contents")]))
    for name, codes in _texts(content):
        font = name or font
        shown += [fonts[font].get(int.from_bytes(codes[i : i + 2]), "") for i in range(0, len(codes), 2)]
    return re.sub(r"[\s\u200b]", "", "".join(shown))


def _texts(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the name of each font that is taken, and the codes of each string that is shown."""
    place = 0
    while found := _SHOWN.search(content, place):
        place = found.end()
        if found.group(1):
            yield found.group(1), b""
            continue
        begin, depth = place, 1
        while depth:  # parentheses stand in strings as they are where they come in pairs
            depth += {b"(": 1, b")": -1}.get(content[place : place + 1], 0)
            place += 2 if content[place : place + 1] == b"\\" else 1
        yield b"", _literal(content[begin : place - 1])


def _mapping(table: bytes) -> dict[int, str]:
    """Return what each glyph of a font stands for: one by one, or a run of them."""
    found = {}
    for first, last, stands_for in _MAPPED.findall(table):
        begin = int(first, 16)
        text = bytes.fromhex(stands_for.decode()).decode("utf-16-be")
        for glyph in range(begin, int(last or first, 16) + 1):
            found[glyph] = text[:-1] + chr(ord(text[-1]) + glyph - begin)
    return found


def _reference(body: bytes, key: bytes) -> int:
    found = re.search(rb"/" + key + rb" (\d+) 0 R", body)
    assert found, (key, body[:200])
    return int(found.group(1))


def _stream(body: bytes) -> bytes:
    head, _, rest = body.partition(b"stream\n")
    content = rest.rpartition(b"\nendstream")[0]
    return zlib.decompress(content) if b"/FlateDecode" in head else content


def _literal(text: bytes) -> bytes:
    def one(found: re.Match[bytes]) -> bytes:
        octal, other = found.groups()
        return bytes([int(octal, 8)]) if octal else _ESCAPES.get(other, other)

    return re.sub(rb"\\(?:([0-7]{3})|(.))", one, text, flags=re.S)


#: A file of one empty page, from which nothing can be taken out.
BLANK = base64.b64decode(
    "JVBERi0xLjUKJb/3ov4KMSAwIG9iago8PCAvVHlwZSAvT2JqU3RtIC9MZW5ndGggMTM3IC9GaWx0ZXIgL0ZsYXRlRGVjb2RlIC9O"
    "IDMgL0ZpcnN0IDE0ID4+CnN0cmVhbQp4nE2NQQrCMBBF957i3yBp2lqFkoVdSqEUd+JisEMpSCJNCnp7J5aKzO7z3hsDjRx5gQLV"
    "YVfXUB2NHGTT6KEu7ydDNRTp4UdY+yUav7iIDOo8DQFXURN72+g18GNdZBcDyjXY8jDRyb9E03L7zKA6miR3NAu4Pe45+GW+S0gq"
    "1v63U/oD8vgwnAplbmRzdHJlYW0KZW5kb2JqCjUgMCBvYmoKPDwgL0xlbmd0aCAwID4+CnN0cmVhbQoKZW5kc3RyZWFtCmVuZG9i"
    "ago2IDAgb2JqCjw8IC9UeXBlIC9YUmVmIC9MZW5ndGggMzQgL0ZpbHRlciAvRmxhdGVEZWNvZGUgL0RlY29kZVBhcm1zIDw8IC9D"
    "b2x1bW5zIDQgL1ByZWRpY3RvciAxMiA+PiAvVyBbIDEgMiAxIF0gL1Jvb3QgMiAwIFIgL1NpemUgNyAvSUQgWzxkMDEyMGEzNDk0"
    "NDVmNGQ1NDU3OGFlOGIyMmZiMTJlNT48YWIyYmFlNzgxMzRkMTU4OGE4MTJjYjY0ZDkxOWY4YzE+XSA+PgpzdHJlYW0KeJxjYgAC"
    "JkYGfhDxiYEJyGOEEP8Z/vxjYmA0ZAAALiAEPwplbmRzdHJlYW0KZW5kb2JqCnN0YXJ0eHJlZgozMDIKJSVFT0YK"
)
