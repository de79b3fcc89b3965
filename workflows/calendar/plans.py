"""The holiday plan of a year as a file: which days are off, which weekends are worked in exchange.

The State Council's office publishes it each autumn for the next year. The file is CSV, a row a day:
`date` (2027-01-01), `kind` (`holiday` or `makeup`, also 放假 and 调休上班), `name` (元旦), `source` (the number of
the notice). Weekends within a holiday may stand in it or be left out. A plan may reach into the December before.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from io import StringIO

from workflows.calendar.workdays import NATIONAL, SATURDAY, WorkDays
from workflows.errors import FieldError, InvalidInput

COLUMNS = ["date", "kind", "name", "source"]
KINDS = {
    "holiday": "holiday",
    "放假": "holiday",
    "makeup": "makeup",
    "调休上班": "makeup",
    "补班": "makeup",
}
JURISDICTION = re.compile(r"CN(-[0-9A-Z]{2,12})?")
#: What a year's plan names (全国年节及纪念日放假办法 2024, 第二条).
FESTIVALS = ("元旦", "春节", "清明", "劳动节", "端午", "中秋", "国庆")
LONGEST = 255  #: characters of a cell


@dataclass(frozen=True)
class PlanDay:
    """One row: a day off (`holiday`) or a day worked in exchange (`makeup`)."""

    line: int  #: in the file, the heading is 1
    day: date
    kind: str
    name: str
    source: str

    @property
    def words(self) -> str:
        """Return the kind in words."""
        return "a holiday" if self.kind == "holiday" else "a make-up working day"


@dataclass(frozen=True)
class Plan:
    """The days of one year that are not as the week has them."""

    year: int
    days: tuple[PlanDay, ...]
    jurisdiction: str = NATIONAL

    def of(self, kind: str) -> dict[date, str]:
        """Return the days of a kind with their names."""
        return {row.day: row.name for row in self.days if row.kind == kind}


def read_plan(csv_text: str, jurisdiction: str = NATIONAL) -> Plan:
    """Return the plan of a file; InvalidInput names every bad line and column, and what would be right."""
    if not JURISDICTION.fullmatch(jurisdiction):
        raise InvalidInput(
            f"There is no jurisdiction {jurisdiction!r}: write CN for the whole country, or CN- and the code of "
            "the region, such as CN-320500.",
            code="jurisdiction",
        )
    faults: dict[str, FieldError] = {}
    days = list(_days(csv_text, faults))
    if not faults:
        _guard(days, jurisdiction, faults)
    if faults:
        told = "; ".join(f"{place}: {fault.params['must']}" for place, fault in list(faults.items())[:20])
        raise InvalidInput(f"The calendar is refused: {told}.", fields=faults, code="calendar")
    if not any(row.kind == "holiday" for row in days) and jurisdiction == NATIONAL:
        raise InvalidInput("The calendar is refused: it has no holiday.", code="calendar")
    return Plan(_year(days), tuple(days), jurisdiction)


def contradictions(plan: Plan, known: Mapping[date, str]) -> list[str]:
    """Return where a plan says otherwise than the loaded one (day → kind), line by line."""
    told = {"holiday": "a holiday", "makeup": "a make-up working day"}
    found = [
        f"line {row.line}: {row.day} is {row.words} here, and {told.get(known.get(row.day, ''), 'an ordinary day')} "
        "in the loaded plan"
        for row in plan.days
        if known.get(row.day) != row.kind and not _goes_without_saying(row.day, row.kind, known)
    ]
    here = {row.day: row.kind for row in plan.days}
    missing = [
        f"{day} is missing here, and {told[kind]} in the loaded plan"
        for day, kind in sorted(known.items())
        if day not in here and not _goes_without_saying(day, kind, here)
    ]
    return found + missing


def gaps(plan: Plan, days: WorkDays) -> list[str]:
    """Return what a plan of the whole country most likely has forgotten; `days` is the calendar so far."""
    if plan.jurisdiction != NATIONAL:
        return [] if days.loaded(plan.year) else [f"The country's plan of {plan.year} is not loaded yet."]
    named = " ".join(row.name for row in plan.days if row.kind == "holiday")
    off = plan.of("holiday")
    year = plan.year
    fixed = (date(year, 1, 1), date(year, 5, 1), *(date(year, 10, day) for day in (1, 2, 3)))
    return [
        *(f"No holiday is named {name}." for name in FESTIVALS if name not in named),
        *(f"{day} is a statutory holiday and is not in the file." for day in fixed if day not in off),
        *(
            f"{missing} is not loaded: dates in it stay provisional."
            for missing in range(max(days.years, default=year) + 1, year)
        ),
    ]


def _goes_without_saying(day: date, kind: str, other: Mapping[date, str]) -> bool:
    """Return whether a weekend within a holiday is told by one plan and left out by the other."""
    return kind == "holiday" and day.weekday() >= SATURDAY and day not in other


def _days(csv_text: str, faults: dict[str, FieldError]) -> Iterator[PlanDay]:
    try:
        rows = list(csv.reader(StringIO(csv_text.removeprefix("\ufeff"), newline=""), strict=True))
    except csv.Error as error:
        raise InvalidInput(f"The calendar is not CSV: {error}.", code="calendar") from None
    if not rows or [cell.strip() for cell in rows[0]] != COLUMNS:
        raise InvalidInput(
            f"The first line of the calendar must be: {','.join(COLUMNS)}; then a line a day, such as "
            "2027-01-01,holiday,元旦,国办发明电〔2026〕8号",
            code="calendar",
        )
    if not any(any(row) for row in rows[1:]):
        raise InvalidInput("The calendar is refused: it has no day.", code="calendar")
    for line, row in enumerate(rows[1:], 2):
        if any(row) and (found := _day(line, row, faults)):
            yield found


def _day(line: int, row: list[str], faults: dict[str, FieldError]) -> PlanDay | None:
    cells = dict(zip(COLUMNS, (cell.strip() for cell in row), strict=False))
    if len(row) != len(COLUMNS):
        _note(faults, f"line {line}", f"it must have {len(COLUMNS)} columns, not {len(row)}")
        return None
    bad = len(faults)
    if (day := _date(cells["date"])) is None:
        _note(faults, f"line {line}, date", f"must be a day such as 2027-01-01, not {cells['date'][:40]!r}")
    if cells["kind"] not in KINDS:
        _note(faults, f"line {line}, kind", f"must be holiday or makeup, not {cells['kind'][:40]!r}")
    for column in ("name", "source"):
        if not 1 <= len(cells[column]) <= LONGEST:
            _note(faults, f"line {line}, {column}", f"must have 1 to {LONGEST} characters")
    if day is None or len(faults) > bad:
        return None
    return PlanDay(line, day, KINDS[cells["kind"]], cells["name"], cells["source"])


def _date(cell: str) -> date | None:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", cell):
        return None
    try:
        return date.fromisoformat(cell)
    except ValueError:
        return None


def _guard(days: list[PlanDay], jurisdiction: str, faults: dict[str, FieldError]) -> None:
    """Note days that stand twice, lie outside of the plan's year, or are worked anyway."""
    year = _year(days)
    seen: dict[date, int] = {}
    for row in days:
        place = f"line {row.line}, date"
        if row.day in seen:
            _note(faults, place, f"{row.day} stands already in line {seen[row.day]}")
        elif not date(year - 1, 12, 1) <= row.day <= date(year, 12, 31):
            must = f"{row.day} is not in the plan's year {year} or the December before: load a file for each year"
            _note(faults, place, must)
        elif row.kind == "makeup" and row.day.weekday() < SATURDAY and jurisdiction == NATIONAL:
            _note(faults, place, f"{row.day} is no weekend, so it is no make-up working day")
        seen.setdefault(row.day, row.line)


def _year(days: list[PlanDay]) -> int:
    """Return the year that a plan is of: that of most of its days."""
    return Counter(row.day.year for row in days).most_common(1)[0][0]


def _note(faults: dict[str, FieldError], place: str, must: str) -> None:
    faults[place] = FieldError("cell", {"must": must})
