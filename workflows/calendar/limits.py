"""The limits that law or office set, as versioned rows of `bpmn/time_limits.csv`."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from io import StringIO
from typing import Any

from workflows.errors import FieldError, InvalidInput

# fmt: off
COLUMNS = [
    "rule_id", "version", "effective_from", "title_zh", "title_en", "start_event", "n", "unit", "liberty",
    "extension", "cap", "approver", "document", "article", "status",
    "extension_approver", "extension_count", "extension_reasons",
    "pause_approver", "pause_count", "pause_cap", "pause_reasons", "pause_source",
]
# fmt: on
#: Columns from here on may be left out of a file: a rule then allows neither extension nor pause.
REQUIRED = COLUMNS.index("status") + 1
NUMBERED = frozenset({"hours", "natural_days", "working_days", "months"})
#: Limits that have no number: the rule says when, or only that something is to be done.
WORDED = frozenset({"at_once", "promptly", "quarterly", "two_monthly", "none"})
#: The one of them whose end the calendar knows: the last day of the quarter in which it begins.
QUARTERLY = "quarterly"
STATUSES = frozenset({"sourced", "to_confirm", "design"})
MAX_NUMBER = 5_000
SHORT, LONG = 255, 4_000  #: characters of a cell


#: What an office's answer to an open question of counting does to a count; the first day is that of the event.
LAST_DAY_STAYS, FIRST_DAY_COUNTS = "last_day_stays", "first_day_counts"
DAYS_ARE_WORKED, EXTENDED_FROM_LAST_DAY = "days_are_worked", "extended_from_last_day"
#: The question that bears only on limits that were extended.
EXTENSIONS = "extension"


@dataclass(frozen=True)
class Convention:
    """The answer that holds to a question of counting that a rule leaves open."""

    question: str
    version: int
    option: str
    effect: str = ""  #: what it does to the count; others of the program may act on more words
    document: str = (
        ""  #: number of the paper by which the office decided; none for what came with the program
    )


@dataclass(frozen=True)
class Limit:
    """One version of one limit; `n` is None where the rule gives no number."""

    id: str
    version: int
    n: int | None
    unit: str  #: hours natural_days working_days months | at_once promptly quarterly two_monthly none
    liberty: bool = False  #: a deprivation of liberty: holidays do not lengthen it
    article: str = ""
    status: str = "sourced"  #: sourced | to_confirm (by the office) | design (ours, not the law's)
    effective_from: date = date.min
    title_zh: str = ""
    title_en: str = ""
    start_event: str = ""
    extension: str = ""
    cap: str = ""
    approver: str = ""
    document: str = ""
    #: Who may grant an extension; empty where the rule allows none. `UP` and `CB` decide outside the office.
    extension_approver: str = ""
    extension_count: int | None = None  #: at most so many; None where nothing is said
    extension_reasons: str = ""  #: codes of `codes/extension_reasons.csv`, blanks between
    pause_approver: str = ""  #: who may let the clock stand; empty where the rule allows it not
    pause_count: int | None = None
    pause_cap: str = ""  #: how much all pauses together may add
    pause_reasons: str = ""  #: codes of `codes/pause_reasons.csv`, blanks between
    pause_source: str = ""  #: the article that allows it
    conventions: tuple[Convention, ...] = ()  #: the office's answers that it is counted by

    def does(self, effect: str) -> bool:
        """Whether an answer of the office has this effect on its count."""
        return any(one.effect == effect for one in self.conventions)

    @property
    def pause_unit(self) -> str:
        """Return in what a pause of this rule is counted: months are lengthened by days."""
        return "natural_days" if self.unit == "months" else self.unit

    @property
    def recorded(self) -> bool:
        """Whether its dates are only written down: detention and the like run their clocks on another network."""
        return self.liberty


def ends(n: int | None, unit: str) -> bool:
    """Whether a limit of this length has an end that can be counted, so that a clock may run by it."""
    return unit == QUARTERLY or (n is not None and unit in NUMBERED)


class BadCell(ValueError):
    """A cell holds what it must not; the text says what would be right."""


def read_limits(csv_text: str) -> list[Limit]:
    """Return the limits of a CSV file; InvalidInput names every bad row (of the spreadsheet) and column."""
    try:
        rows = list(csv.reader(StringIO(csv_text.removeprefix("\ufeff"), newline=""), strict=True))
    except csv.Error as error:
        raise InvalidInput(f"The limits are not CSV: {error}.", code="limits") from None
    if not rows or rows[0] not in (COLUMNS, COLUMNS[:REQUIRED]):
        raise InvalidInput(f"The first row of the limits must be: {','.join(COLUMNS)}", code="limits")
    faults: dict[str, FieldError] = {}
    limits = [read_row(number, row, rows[0], faults) for number, row in enumerate(rows[1:], 2) if any(row)]
    found = [limit for limit in limits if limit is not None]
    if not faults:
        guard_versions(found, faults)
    if faults:
        told = "; ".join(f"{place}: {fault.params['must']}" for place, fault in list(faults.items())[:20])
        raise InvalidInput(f"The limits are refused: {told}.", fields=faults, code="limits")
    return found


def read_row(number: int, row: list[str], header: list[str], faults: dict[str, FieldError]) -> Limit | None:
    """Return the limit of one row, or note each bad cell."""
    if len(row) != len(header):
        faults[f"row {number}"] = FieldError(
            "row", {"must": f"it must have {len(header)} columns, not {len(row)}"}
        )
        return None
    bad: dict[str, FieldError] = {}
    limit = read_cells(dict.fromkeys(COLUMNS, "") | dict(zip(header, row, strict=True)), bad)
    faults |= {f"row {number}, {column}": fault for column, fault in bad.items()}
    return limit


def read_cells(cells: Mapping[str, str], faults: dict[str, FieldError]) -> Limit | None:
    """Return the limit that the texts of all columns mean, or note by column what would be right."""
    values: dict[str, Any] = {}
    for column in COLUMNS:
        try:
            values[column] = CELLS.get(column, short)(cells[column].strip())
        except BadCell as bad:
            faults[column] = FieldError("cell", {"must": str(bad), "value": cells[column][:60]})
    if len(values) < len(COLUMNS):
        return None
    if (values["n"] is None) == (values["unit"] in NUMBERED):
        must = "a number of hours, days or months, or none with " + ", ".join(sorted(WORDED))
        faults["n"] = FieldError("cell", {"must": f"must be {must}", "value": cells["n"][:60]})
        return None
    if found := changes(values):
        faults |= {
            column: FieldError("cell", {"must": must, "value": cells[column][:60]})
            for column, must in found.items()
        }
        return None
    return Limit(id=values.pop("rule_id"), **values)


def changes(values: Mapping[str, Any]) -> dict[str, str]:
    """Return by column what would make the permission to extend or to pause whole."""
    found: dict[str, str] = {}
    own = values["unit"]
    for column, unit in (("cap", own), ("pause_cap", "natural_days" if own == "months" else own)):
        given = values[column].partition(" ")[2]
        if given and values["n"] is not None and given != unit:
            found[column] = f"must be in {unit}: the rule counts in {own}"
    for kind in ("extension", "pause"):
        approver, reasons = values[f"{kind}_approver"], values[f"{kind}_reasons"]
        if bool(approver) != bool(reasons):
            missing = f"{kind}_reasons" if approver else f"{kind}_approver"
            found[missing] = "must be given with the other of approver and reasons, or neither"
    if bool(values["pause_approver"]) != bool(values["pause_source"]):
        missing = "pause_source" if values["pause_approver"] else "pause_approver"
        found[missing] = "must be given with the other of approver and source, or neither"
    return found


def guard_versions(limits: list[Limit], faults: dict[str, FieldError]) -> None:
    """Note versions that stand twice, or a later version that begins no later."""
    latest: dict[str, Limit] = {}
    for limit in sorted(limits, key=lambda limit: (limit.id, limit.version)):
        before = latest.get(limit.id)
        latest[limit.id] = limit
        if before is None:
            continue
        if before.version == limit.version:
            must = "stands twice"
        elif before.effective_from >= limit.effective_from:
            must = f"must come into force after version {before.version} ({before.effective_from})"
        else:
            continue
        faults[f"{limit.id} version {limit.version}"] = FieldError("version", {"must": must})


def short(cell: str) -> str:
    """Return a text of at most 255 characters."""
    if len(cell) > SHORT:
        raise BadCell(f"must have at most {SHORT} characters")
    return cell


def long(cell: str) -> str:
    """Return a text of at most 4,000 characters."""
    if len(cell) > LONG:
        raise BadCell(f"must have at most {LONG} characters")
    return cell


def needed(cell: str) -> str:
    """Return a short text that is not empty."""
    if not cell:
        raise BadCell("must not be empty")
    return short(cell)


def source(cell: str) -> str:
    """Return the article that a limit comes from: a limit without a source binds nobody."""
    if not cell:
        raise BadCell("must name the rule and article that the limit comes from")
    return long(cell)


def rule_id(cell: str) -> str:
    """Return an id such as T11, T33B or D01."""
    if not re.fullmatch(r"[A-Z][0-9]{2}[A-Z]?", cell):
        raise BadCell("must be a letter, two digits and perhaps a letter, such as T11 or T33B")
    return cell


def whole(most: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from 1 to `most`."""

    def read(cell: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", cell) or not 1 <= int(cell) <= most:
            raise BadCell(f"must be a whole number from 1 to {most}")
        return int(cell)

    return read


def number(cell: str) -> int | None:
    """Return the number of units, None for an empty cell."""
    return whole(MAX_NUMBER)(cell) if cell else None


def day(cell: str) -> date:
    """Return a day such as 2025-06-01."""
    try:
        if len(cell) != 10:
            raise ValueError(cell)
        return date.fromisoformat(cell)
    except ValueError:
        if re.fullmatch(r"P[0-9].*|P?T[0-9].*|[0-9]+ *[a-zA-Z天日月年]+", cell):
            raise BadCell(
                "must be a day such as 2025-06-01, not a duration: that is written as n and unit"
            ) from None
        raise BadCell("must be a day such as 2025-06-01") from None


def word(allowed: frozenset[str]) -> Callable[[str], str]:
    """Return a reader of words of a list."""

    def read(cell: str) -> str:
        if cell not in allowed:
            raise BadCell(f"must be one of {', '.join(sorted(allowed))}")
        return cell

    return read


def cap(cell: str) -> str:
    """Return how much all extensions together may add, such as `3 months`; empty where nothing is said."""
    match = re.fullmatch(r"([0-9]{1,4}) ([a-z_]+)", cell)
    if cell and (match is None or match.group(2) not in NUMBERED):
        raise BadCell(f"must be empty, or a number and one of {', '.join(sorted(NUMBERED))}")
    return cell


def approver(cell: str) -> str:
    """Return who may approve an extension or decides: levels such as `A2/A3`; empty where nobody is named."""
    if cell and not re.fullmatch(r"(A[1-5]|CB|UP)(/(A[1-5]|CB|UP))*", cell):
        raise BadCell("must be empty, or levels of A1 to A5, CB and UP with a stroke between, such as A2/A3")
    return cell


def codes(cell: str) -> str:
    """Return codes of a table with one blank between; empty for none."""
    if cell and not re.fullmatch(r"[a-z_]{1,64}( [a-z_]{1,64})*", cell):
        raise BadCell("must be empty, or codes with a blank between, such as complex_case other")
    return short(cell)


def truth(cell: str) -> bool:
    """Return true or false."""
    return word(frozenset({"true", "false"}))(cell) == "true"


CELLS: Mapping[str, Callable[[str], Any]] = {
    "rule_id": rule_id,
    "version": whole(9_999),
    "effective_from": day,
    "title_zh": needed,
    "title_en": needed,
    "start_event": short,
    "n": number,
    "unit": word(NUMBERED | WORDED),
    "liberty": truth,
    "extension": long,
    "cap": cap,
    "approver": approver,
    "article": source,
    "status": word(STATUSES),
    "extension_approver": approver,
    "extension_count": number,
    "extension_reasons": codes,
    "pause_approver": approver,
    "pause_count": number,
    "pause_cap": cap,
    "pause_reasons": codes,
}
