"""Retention periods as the office's data (`bpmn/retention.csv`): what is kept how long, and what happens then.

`appraise`: the matter comes up for appraisal, two people decide. `clean`: the worker deletes such technical rows.
`keep`: the program destroys nothing. Years are counted from 1 January after the ending event, as archives do.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path

from handlers import office
from workflows import clock
from workflows.errors import InvalidInput

FILE = Path(__file__).parent.parent.parent / "bpmn" / "retention.csv"
UNITS = {"years", "days", "permanent"}
#: Act → the units that it can be counted in.
ACTS = {"appraise": {"years"}, "clean": {"days"}, "keep": UNITS}
STATUS = {"sourced", "to_confirm", "design"}
#: Kinds that are no matter though they are counted from its end.
REPORTER = "reporter"


@dataclass(frozen=True)
class Rule:
    """One version of a period."""

    kind: str
    version: int
    effective_from: date
    zh: str
    en: str
    n: int | None  #: None: for ever
    unit: str  #: years days permanent
    start_event: str
    act: str  #: appraise clean keep
    stages: frozenset[str]  #: of matters: which; empty: all that no rule before it names
    close_reasons: frozenset[str]
    article: str
    status: str  #: sourced to_confirm design

    @property
    def of_matters(self) -> bool:
        """Whether it says how long a matter is kept as a whole."""
        return self.start_event == "matter_ended" and self.kind != REPORTER

    def fits(self, stage: str, close_reason: str | None) -> bool:
        """Return whether a matter that ended so is kept by this rule, if by none before it."""
        return (not self.stages or stage in self.stages) and (
            not self.close_reasons or close_reason in self.close_reasons
        )

    def kept_until(self, ended: date) -> date | None:
        """Return the last day of the period, None for ever."""
        if self.n is None:
            return None
        return date(ended.year + self.n, 12, 31) if self.unit == "years" else ended + timedelta(days=self.n)

    def ended_before(self, today: date) -> datetime | None:
        """Return the instant before which a matter ended whose period is over; None where it never is."""
        if self.n is None or self.unit != "years" or today.year - self.n < 1:
            return None
        return datetime.combine(date(today.year - self.n, 1, 1), time(), clock.office_zone())


def read(text: str) -> list[Rule]:
    """Return the rules of a file in its order; InvalidInput names row and column of what is wrong."""
    found = [_rule(number, row) for number, row in enumerate(csv.DictReader(io.StringIO(text)), 2)]
    seen: set[tuple[str, int]] = set()
    for number, rule in enumerate(found, 2):
        if (rule.kind, rule.version) in seen:
            raise InvalidInput(f"retention.csv, row {number}: {rule.kind} {rule.version} is there twice.")
        seen.add((rule.kind, rule.version))
    return found


def in_force(today: date | None = None) -> list[Rule]:
    """Return the version of each kind that holds today, in the order of the file."""
    today = today or office.today()
    newest: dict[str, Rule] = {}
    for rule in _every():
        before = newest.get(rule.kind)
        if rule.effective_from <= today and (before is None or rule.version > before.version):
            newest[rule.kind] = rule
    return list(newest.values())


def of(kind: str) -> Rule:
    """Return the rule of a kind that holds today; InvalidInput where the file has none."""
    for rule in in_force():
        if rule.kind == kind:
            return rule
    raise InvalidInput(f"retention.csv has no period for {kind} that is in force today.")


def of_matter(stage: str, close_reason: str | None) -> Rule:
    """Return the rule by which a matter that ended so is kept."""
    fitting = (rule for rule in in_force() if rule.of_matters and rule.fits(stage, close_reason))
    found = next(fitting, None)
    if found is None:
        raise InvalidInput(f"retention.csv has no period for a matter in the stage {stage}.")
    return found


def over(kind: str) -> datetime:
    """Return the instant before which technical rows of this kind have had their time."""
    return clock.now() - timedelta(days=of(kind).n or 0)


@cache
def _every() -> tuple[Rule, ...]:
    return tuple(read(FILE.read_text("utf-8")))


def _rule(number: int, row: dict[str, str]) -> Rule:
    def wrong(column: str, right: str) -> InvalidInput:
        return InvalidInput(f"retention.csv, row {number}, {column}: {row.get(column)!r}; {right}.")

    for column, allowed in (("unit", UNITS), ("act", set(ACTS)), ("status", STATUS)):
        if row.get(column) not in allowed:
            raise wrong(column, f"it must be one of: {', '.join(sorted(allowed))}")
    if row["unit"] not in ACTS[row["act"]]:
        raise wrong("unit", f"{row['act']} is counted in {', '.join(sorted(ACTS[row['act']]))}")
    if (row["unit"] == "permanent") == bool(row["n"]) or not (row["n"] or "1").isdecimal():
        raise wrong("n", "it must be a number, or empty where it is permanent")
    for column in ("kind", "zh", "en", "start_event", "article"):
        if not row.get(column):
            raise wrong(column, "it must not be empty")
    try:
        version, since = int(row["version"]), date.fromisoformat(row["effective_from"])
    except ValueError:
        raise wrong("version", "a whole number, and a day such as 2026-01-01 for effective_from") from None
    return Rule(
        kind=row["kind"],
        version=version,
        effective_from=since,
        zh=row["zh"],
        en=row["en"],
        n=int(row["n"]) if row["n"] else None,
        unit=row["unit"],
        start_event=row["start_event"],
        act=row["act"],
        stages=frozenset(row["stages"].split()),
        close_reasons=frozenset(row["close_reasons"].split()),
        article=row["article"],
        status=row["status"],
    )
