"""To which area of the visibility matrix what a matter keeps belongs: papers by kind, opinions and meetings by stage.

Who sees the clue does not see the case file for that: each area has its own column (domain §4.1).
"""

from __future__ import annotations

from functools import cache

from handlers import codes, stages

#: What belongs to the clue itself, and whatever says nothing of an area.
FIRST = "clue"
#: The areas whose papers and opinions are kept from who sees the clue alone.
OTHERS = ("interview", "case", "review", "clearing")


def of_stage(stage: str | None) -> str:
    """Return the area of an opinion or a meeting of a step of this stage; None is the clue's own."""
    return stages.area(stage) or FIRST


@cache
def kinds_of(area: str) -> frozenset[str]:
    """Return the kinds of papers that belong to an area."""
    return frozenset(row["code"] for row in codes.rows("document_kinds") if (row["area"] or FIRST) == area)
