"""What each kind of paper can say, for who writes its template: `codes/paper_facts.csv`, with made-up values."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from handlers import codes
from workflows import papers

TABLE = "paper_facts"
#: How the table writes that something is so, or not.
_TRUTH = {"yes": True, "no": False}


def shape(kind: str) -> Mapping[str, Any]:
    """Return what a paper of this kind can say, with made-up values; see `workflows.papers.shapes`."""
    whole: dict[str, Any] = {}
    for row in sayings(kind):
        _put(whole, _steps(row["code"]), _TRUTH.get(row["example"], row["example"]))
    return whole


@cache
def sayings(kind: str) -> tuple[Mapping[str, str], ...]:
    """Return the lines of the table that are for this kind: `code`, `zh`, `en`, `example`."""
    names = papers.names_on(kind) or frozenset()
    return tuple(row for row in codes.rows(TABLE) if _steps(row["code"])[0].removesuffix("[]") in names)


def _put(into: dict[str, Any], steps: list[str], example: Any) -> None:
    name = steps[0].removesuffix("[]")
    if len(steps) == 1:
        into[name] = [example] if steps[0].endswith("[]") else example
        return
    inner: Any = into.setdefault(name, [{}] if steps[0].endswith("[]") else {})
    _put(inner[0] if isinstance(inner, list) else inner, steps[1:], example)


def _steps(code: str) -> list[str]:
    return code.split(".")
