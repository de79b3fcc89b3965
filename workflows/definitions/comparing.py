"""What differs between two sets of files, thing by thing: fields of forms, rules of tables, lines of anything else."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from lxml import etree

from workflows import hardening
from workflows.deployed import DECISION_SUFFIXES, FORM_SUFFIXES

#: More differences of one file than these are cut off, and said to be.
MOST = 200
#: Between the first and the last line that differ; of more, all are told as one: matching takes cubic time.
LINES = 200
Leaves = dict[str, str]


@dataclass(frozen=True)
class Difference:
    """One thing that differs; None on the side where it is not there."""

    where: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class FileChange:
    """One file that differs, `state`: added, removed or changed."""

    name: str
    state: str
    differences: tuple[Difference, ...]
    more: int  #: differences beyond those told


def files(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[FileChange]:
    """Return the files that differ, by name; a file that cannot be read as what it is said to be is told line by line."""
    found = []
    for name in sorted(before.keys() | after.keys()):
        one, other = before.get(name), after.get(name)
        if one == other:
            continue
        state = "added" if one is None else "removed" if other is None else "changed"
        told = list(_differences(name, one or b"", other or b"")) if state == "changed" else []
        found.append(FileChange(name, state, tuple(told[:MOST]), max(0, len(told) - MOST)))
    return found


def _differences(name: str, before: bytes, after: bytes) -> Iterator[Difference]:
    try:
        one, other = _read(name, before), _read(name, after)
    except (ValueError, RecursionError, hardening.Unsafe):
        yield from _lines(before, after)
        return
    for where in dict.fromkeys((*one, *other)):
        if one.get(where) != other.get(where):
            yield Difference(where, one.get(where), other.get(where))


def _read(name: str, content: bytes) -> Leaves:
    if name.endswith(FORM_SUFFIXES):
        return dict(_of_json(json.loads(content), ""))
    if name.endswith(DECISION_SUFFIXES):
        return dict(_of_xml(hardening.parse(content), ""))
    raise ValueError(name)


def _of_json(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _of_json(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for number, inner in enumerate(value, 1):
            named = (
                inner.get("key") or inner.get("id") or inner.get("value") if isinstance(inner, dict) else None
            )
            yield from _of_json(inner, f"{path}[{named or number}]")
    else:
        yield path, value if isinstance(value, str) else json.dumps(value)


def _of_xml(element: Any, path: str) -> Iterator[tuple[str, str]]:
    for key, value in element.attrib.items():
        yield f"{path} @{etree.QName(key).localname}".strip(), value
    if element.text and element.text.strip():
        yield path or "text", element.text.strip()
    numbers: dict[str, int] = {}
    for child in element:
        if not isinstance(child.tag, str):
            continue
        tag = etree.QName(child).localname
        numbers[tag] = numbers.get(tag, 0) + 1
        # Where the drawing lies is no rule.
        if tag != "DMNDI":
            named = child.get("name") or child.get("label") or numbers[tag]
            yield from _of_xml(child, f"{path} {tag} {named}".strip())


def _lines(before: bytes, after: bytes) -> Iterator[Difference]:
    one, other = (text.decode(errors="replace").splitlines() for text in (before, after))
    pairs = list(zip(one, other, strict=False))
    first = next((place for place, (a, b) in enumerate(pairs) if a != b), len(pairs))
    ends = zip(reversed(one[first:]), reversed(other[first:]), strict=False)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], ends))
    one, other = one[first : len(one) - same], other[first : len(other) - same]
    blocks = [[0, len(one), 0, len(other)]]
    if max(len(one), len(other)) <= LINES:
        codes = difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
        blocks = [[i1, i2, j1, j2] for tag, i1, i2, j1, j2 in codes if tag != "equal"]
    for i1, i2, j1, j2 in blocks:
        yield Difference(str(first + i1 + 1), "\n".join(one[i1:i2]) or None, "\n".join(other[j1:j2]) or None)
