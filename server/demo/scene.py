"""What one who fills in a form in the demo knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from server.demo.fates import Fate

Answers = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """What one who fills in a form knows: the matter's fate, the day, and what happened here before."""

    fate: Fate
    day: date
    chance: Random
    times: int  #: how often this step was done before in the matter
    proposed: str  #: office that the decision table proposes
    office: tuple[str, ...]  #: logins of the handling office's handlers, without who has recused himself
    subjects: tuple[str, ...]  #: whom it is about, as the form that splits a clue names them
    after: frozenset[str]  #: steps that have been done in this process
    earlier: str  #: number of an earlier clue, for what repeats it

    def once(self, detour: str) -> bool:
        """Whether this is the one time at which the matter takes the detour."""
        return detour in self.fate.detours and self.times == 0
