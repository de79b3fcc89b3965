"""What the token game of files comes to: explored once, for a modeler asks while one draws, and again to publish."""

from __future__ import annotations

from collections.abc import Iterator

from workflows import engine
from workflows.definitions import files
from workflows.definitions.files import Files
from workflows.engine import Finding, soundness

#: Sets of files whose findings are kept.
MAX_KEPT = 64

_kept: dict[frozenset[tuple[str, str]], tuple[Finding, ...]] = {}


def proved(read: Files) -> tuple[Finding, ...]:
    """Return what can go wrong with tokens and choices in all processes of these files, by file."""
    key = frozenset((name, read.digest(name)) for name, _ in read.processes)
    if (found := _kept.get(key)) is None:
        found = _kept[key] = tuple(_explore(read))
        if len(_kept) > MAX_KEPT:
            _kept.pop(next(iter(_kept)), None)
    return found


def _explore(read: Files) -> Iterator[Finding]:
    budget = soundness.Budget()
    explored: set[engine.Definition] = set()
    for name, definition in read.processes:
        for process in (definition, *definition.called.values()):
            if process not in explored:
                explored.add(process)
                yield from (files.in_file(name, found) for found in soundness.check(process, budget))
