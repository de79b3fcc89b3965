"""What a person's situation lets be decided on him: in office, retired, missing, dead (政务处分法 27; x2–x4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from handlers import codes, office
from handlers.cases.matter import concerned_of
from handlers.cases.model import Concerned
from workflows import calendar
from workflows.operations import Context, operation

TABLE = "person_situations"
LIVING, RETIRED, MISSING, MISSING_LONG, DEAD = "living", "retired", "missing", "missing_long", "dead"


@dataclass(frozen=True)
class Situation:
    """A situation, and what of each code table may be decided in it."""

    code: str
    outcomes: frozenset[str]  #: of `codes/case_outcomes.csv`
    party: frozenset[str]  #: of `codes/party_sanctions.csv`
    administrative: frozenset[str]  #: of `codes/administrative_sanctions.csv`
    benefits: bool  #: they may be adjusted instead


def of(person: Concerned | None, on: date) -> Situation:
    """Return the situation of a person on a day; who is not known otherwise is in office."""
    row = next(row for row in codes.rows(TABLE) if row["code"] == _code(person, on))
    return Situation(
        row["code"],
        frozenset(row["outcomes"].split()),
        frozenset(row["party"].split()),
        frozenset(row["administrative"].split()),
        row["benefits"] == "true",
    )


@operation("persons.situation")
def situation(context: Context) -> dict[str, Any]:
    """Return the `situation` of the person that the process is about (`subject_id`): EngineFault for another matter's."""
    return {"situation": of(concerned_of(context), office.today()).code}


def _code(person: Concerned | None, on: date) -> str:
    if person is None:
        return LIVING
    if person.died_on is not None:
        return DEAD
    if person.missing_since is not None:
        return MISSING_LONG if on > _months_after(person.missing_since) else MISSING
    return RETIRED if person.retired_on is not None and person.retired_on <= on else LIVING


def _months_after(since: date) -> date:
    months = next(int(row["after_months"]) for row in codes.rows(TABLE) if row["code"] == MISSING_LONG)
    return calendar.add_months(since, months)
