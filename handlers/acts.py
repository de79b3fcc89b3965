"""What the office's data say of duties: acts (`codes/acts.csv`), meetings, and stages kept apart (`separation.csv`)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache

from handlers import codes
from workflows.definitions.duties import Act, Rules, Shared

#: The operations that keep the record of a meeting, see `handlers.registers.meetings`.
RECORDERS = frozenset({"meetings.record", "clues.propose_disposal"})


def rules() -> Rules:
    """Return what the deployment gate goes by."""
    fields = tuple(row["code"] for row in codes.rows("meeting_fields"))
    return Rules(acts(), fields, RECORDERS, separated(), shared())


@cache
def acts() -> Mapping[str, Act]:
    """Return every act by its code."""
    return {row["code"]: _act(row) for row in codes.rows("acts")}


@cache
def shared() -> Mapping[str, Shared]:
    """Return the processes that others call to have a duty done, by their id."""
    rows = codes.rows("shared_parts")
    return {row["code"]: Shared(row["code"], row["duty"], row["meeting"] == "true") for row in rows}


def members(act: str | None) -> int:
    """Return how many sit at least in a meeting on an act; 0 where nothing is said of it."""
    known = acts().get(act or "")
    return known.members if known else 0


def of(**wanted: object) -> frozenset[str]:
    """Return the codes of the acts that are so: `of(team=True)`."""
    return frozenset(
        code for code, act in acts().items() if all(getattr(act, name) == is_ for name, is_ in wanted.items())
    )


@cache
def separated() -> Mapping[str, frozenset[str]]:
    """Return for each stage that is kept apart those with a part in which nobody gets one in it."""
    pairs = _pairs("refuse")
    both = [*pairs, *((b, a) for a, b in pairs)]
    return {stage: frozenset(b for a, b in both if a == stage) for stage, _ in both}


@cache
def preferred() -> Mapping[str, frozenset[str]]:
    """Return for a stage those whose approvals should be another leader's; only pointed out, never refused."""
    pairs = _pairs("warn")
    return {stage: frozenset(a for a, b in pairs if b == stage) for _, stage in pairs}


def stages() -> frozenset[str]:
    """Return the stages that are kept apart from others."""
    return frozenset(separated())


def _pairs(held: str) -> list[tuple[str, str]]:
    path = codes.FOLDER.parent / "separation.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["stage_a"], row["stage_b"]) for row in csv.DictReader(file) if row["held"] == held]


def _act(row: Mapping[str, str]) -> Act:
    return Act(
        code=row["code"],
        approval=row["approval"] == "true",
        within=row["within"],
        team=row["team"] == "true",
        persons=int(row["persons"] or 1),
        collective=row["collective"],
        members=int(row["members"] or 0),
    )
