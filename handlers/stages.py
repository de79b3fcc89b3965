"""The stages of a matter (`bpmn/codes/stages.csv`): each belongs to one area of the visibility matrix.

Diagrams state them by the property `stage`; tasks and instances carry them. None is the matter's first: the clue.
"""

from __future__ import annotations

from functools import cache

from handlers import codes

#: The stage of what states none.
FIRST = "clue"


def known() -> frozenset[str]:
    """Return the codes of all stages."""
    return frozenset(_areas())


def area(stage: str | None) -> str | None:
    """Return the area of the matrix that a stage belongs to; None for one that nobody knows."""
    return _areas().get(stage or FIRST)


def of_area(name: str) -> frozenset[str]:
    """Return the codes of the stages that belong to an area: `case` → investigation, verification."""
    return frozenset(code for code, area in _areas().items() if area == name)


@cache
def _areas() -> dict[str, str]:
    return {row["code"]: row["area"] for row in codes.rows("stages")}
