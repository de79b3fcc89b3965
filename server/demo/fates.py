"""What becomes of the demo's matters: every stage of the process, fresh and overdue, and every way out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

#: After about how many days a matter comes to a step, and how many days it may wait there.
STEPS = {
    "a3": (0, 2),
    "a3_accept": (0, 6),
    "a3_split": (0, 2),
    "a1_fix": (0, 8),
    "a3_sign": (0, 5),
    "a4": (0, 8),
    "a4_approve": (3, 5),
    "a4_sign": (4, 8),
    "a4_meet": (6, 15),
    "a5": (0, 2),
    "a5_tell": (0, 22),
    "a6": (0, 2),
    "a7": (0, 5),
    "a7_approve": (1, 4),
    "a8": (1, 3),
    "a8_sign": (2, 2),
    "a9": (3, 29),
    "x6_order": (5, 2),
    "x6_letter": (6, 8),
    "x6_tell": (9, 22),
    "a10_a2": (15, 17),
    "a10_a3": (17, 15),
    "a10_a4": (19, 13),
    "a10_a5": (21, 11),
    "a11": (20, 5),
    "held": (22, 30),
    "b1": (20, 5),
    "b3t": (24, 10),
    "b4": (26, 20),
    "c1": (21, 30),
    "c2": (36, 30),
    "c7": (60, 60),
    "c11": (110, 20),
    "c12_hear": (130, 9),
    "e3_review": (64, 9),
    "a12": (20, 5),
    "a13": (24, 22),
    "a13_joined": (0, 22),
    "m_original": (0, 30),
    "a13_tell": (46, 22),
    "a13_check": (60, 22),
    "b_report": (40, 60),
    "e_approve": (30, 4),
    "e_told": (34, 4),
    "end": (75, 0),
}


@dataclass(frozen=True)
class Fate:
    """What people decide about one matter, and the step at which they leave it alone."""

    stop: str = "end"
    waits: int = 0  #: days it has been left alone there
    way: str = "DW4"
    competence: str = "yes"
    duplicate: str = "none"
    management: str = "below"
    category: str = "PC5"
    objection: str = "no"
    joint_result: str = "uphold"
    complete: bool = True
    major: bool = False
    named: bool = False
    source: str = ""  #: as lists write it, where the office itself took it in
    evidence: str = "no"
    cleared: bool = False  #: a verification finds nothing true, and the name is cleared
    detours: frozenset[str] = frozenset()  #: what goes back once, or comes between: see `story`

    @property
    def age(self) -> int:
        """How many days ago the matter was transferred."""
        return STEPS[self.stop][0] + self.waits


def _f(detours: str = "", **given: object) -> Fate:
    return replace(Fate(), detours=frozenset(detours.split()), **given)  # type: ignore[arg-type]


#: Fate, how many are fresh at their stop, how many have been left alone there for longer than they may.
WAITING = (
    (_f(stop="a3"), 4, 1),
    (_f(stop="a3", major=True), 1, 1),
    (_f(stop="a1_fix", complete=False), 2, 1),
    (_f(stop="a3_sign"), 2, 1),
    (_f(stop="a3_split", competence="part"), 1, 1),
    (_f(stop="a4", competence="no"), 2, 1),
    (_f(stop="a4_approve", competence="part"), 2, 1),
    (_f(stop="a4_sign", competence="no"), 2, 1),
    (_f(stop="a4_meet", competence="no", objection="yes"), 1, 1),
    (_f(stop="a5"), 3, 1),
    (_f(stop="a5_tell", named=True), 2, 1),
    (_f(stop="a6", major=True), 2, 1),
    (_f(stop="a7"), 3, 1),
    (_f("redistribute", stop="a7"), 1, 0),
    (_f(stop="a7_approve"), 3, 1),
    (_f(stop="a8"), 2, 1),
    (_f("recusal", stop="a8"), 1, 1),
    (_f(stop="a8_sign"), 2, 1),
    (_f(stop="a9"), 7, 3),
    (_f("a10_a2_return", stop="a9"), 2, 1),
    (_f("withdrawn", stop="a9", named=True), 1, 0),
    (_f("jurisdiction", stop="x6_order"), 1, 0),
    (_f("jurisdiction", stop="x6_letter"), 2, 1),
    (_f("jurisdiction", stop="x6_tell", named=True, source="来信"), 1, 0),
    (_f(stop="a3_accept", source="上级转办"), 2, 1),
    (_f(stop="a9", source="上级交办"), 2, 0),
    (_f(stop="b_report", source="上级交办", way="DW4"), 1, 1),
    (_f("extension", stop="e_approve", source="上级交办"), 1, 0),
    (_f("extension", stop="e_told", source="上级交办"), 1, 0),
    (_f(stop="a10_a2"), 3, 1),
    (_f(stop="a10_a3"), 3, 1),
    (_f(stop="a10_a4", way="DW2"), 2, 1),
    (_f(stop="a10_a4", way="DW1", management="committee", category="PC3"), 2, 1),
    (_f(stop="a10_a5", way="DW2", management="principal"), 2, 1),
    (_f(stop="a11", way="DW3"), 2, 1),
    (_f(stop="held", way="DW3"), 3, 2),
    (_f(stop="b1", way="DW1"), 1, 1),
    (_f(stop="b3t", way="DW1"), 1, 0),
    (_f(stop="b4", way="DW1"), 1, 1),
    (_f(stop="c1", way="DW2", category="PC8"), 1, 1),
    (_f(stop="c2", way="DW2", category="PC8"), 1, 0),
    (_f(stop="c7", way="DW2"), 1, 0),
    (_f(stop="c11", way="DW2"), 1, 0),
    (_f(stop="c12_hear", way="DW2"), 1, 0),
    (_f(stop="e3_review", way="DW2", cleared=True), 1, 0),
    (_f(stop="a12", way="DW4"), 2, 1),
    (_f(stop="a13", way="DW4"), 2, 1),
    (_f(stop="m_original", duplicate="same"), 2, 0),
    (_f(stop="a13_joined", duplicate="same"), 1, 0),
    (_f(stop="a13_tell", way="DW1", named=True, source="来信"), 2, 1),
    (_f(stop="a13_check", way="DW1", named=True, source="来访", evidence="yes"), 1, 0),
)
ENDED = (
    (_f(way="DW4"), 5),
    (_f("a7_return", way="DW4", management="committee"), 2),
    (_f("a10_a3_refuse", way="DW4"), 1),
    (_f(way="DW1"), 4),
    (_f(way="DW1", named=True, source="来信"), 2),
    (_f(way="DW1", named=True, source="来访", evidence="yes"), 1),
    (_f(way="DW4", source="上级交办"), 2),
    (_f("extension", way="DW4", source="上级交办"), 1),
    (_f(way="DW4", source="上级转办"), 1),
    (_f(duplicate="same", named=True, source="来信"), 1),
    (_f("a10_a2_return", way="DW1", management="committee"), 2),
    (_f(way="DW1", category="PC3"), 4),
    (_f(way="DW1", management="principal", major=True, category="PC8"), 2),
    (_f(way="DW1", complete=False), 2),
    (_f("review", way="DW3"), 2),
    (_f("reopen", way="DW3"), 1),
    (_f(way="JN"), 2),
    (_f(duplicate="same"), 2),
    (_f(duplicate="new"), 1),
    (_f(competence="no"), 2),
    (_f("letter_return", competence="no"), 1),
    (_f(competence="part"), 2),
    (_f(competence="no", objection="yes"), 1),
    (_f(competence="no", objection="yes", joint_result="take"), 1),
    (_f("jurisdiction"), 2),
    (_f("withdrawn", named=True), 1),
    (_f("recusal redistribute", way="DW4"), 1),
)
#: How far back the demo's history goes.
HISTORY = 240


def fates(chance: Random) -> Iterator[Fate]:
    """Yield the fate of every matter, each with how long it has been left alone."""
    for fate, fresh, late in WAITING:
        for _ in range(fresh):
            yield replace(fate, waits=chance.randint(0, 2))
        for _ in range(late):
            yield replace(fate, waits=STEPS[fate.stop][1] + chance.choice((2, 4, 9, 20, 45)))
    for fate, count in ENDED:
        for _ in range(count):
            yield replace(fate, waits=chance.randint(0, HISTORY - STEPS["end"][0]))
