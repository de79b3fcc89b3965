"""A due date worked out for a question: a rule or a length, a start, and whose calendar; nothing is written.

The question comes as texts by parameter, from a page's form or an address; each fault is told by its parameter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from workflows import calendar, clock, limits, plans
from workflows.calendar import JURISDICTION, MAX_NUMBER, NATIONAL, Due, Limit, ends
from workflows.errors import FieldError, InvalidInput, NotFound

PARAMETERS = ("start", "n", "unit", "rule", "liberty", "jurisdiction")
#: Hours, natural days, working days, months, years: each as a unit of the limits, and how many of it.
UNITS = {
    "H": ("hours", 1),
    "ND": ("natural_days", 1),
    "WD": ("working_days", 1),
    "M": ("months", 1),
    "Y": ("months", 12),
}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_DURATION = re.compile(
    r"[+-]?P[0-9T].*|[0-9]+ ?(H|ND|WD|D|M|Y|W|d|w|m|y|days?|months?|天|日|个?月|年|个?工作日|小时)"
)

Start = date | datetime
Read = TypeVar("Read")


class Wrong(ValueError):
    """A parameter that is none; `must` says what would be right."""

    def __init__(self, name: str, code: str, must: str, value: str = "") -> None:
        super().__init__(must)
        self.name = name
        self.fault = FieldError(code, {"must": must, "value": value[:40]})


def preview(session: Session, asked: Mapping[str, str]) -> Due:
    """Return when a limit would end: `start` with `n` and `unit` (and `liberty`), or with `rule`.

    Raises InvalidInput whose `fields` name each parameter that is wrong; `must` says what would be right.
    """
    given = {name: asked.get(name, "").strip() for name in PARAMETERS}
    faults: dict[str, FieldError] = {}

    def read(reader: Callable[[], Read]) -> Read | None:
        try:
            return reader()
        except Wrong as wrong:
            faults[wrong.name] = wrong.fault
            return None

    start = read(lambda: read_start(given["start"]))
    where = read(lambda: _jurisdiction(session, given["jurisdiction"]))
    if given["rule"]:
        limit = read(lambda: _rule(session, given, start))
    elif not given["n"] and not given["unit"]:
        limit = read(_nothing)
    else:
        n, unit = read(lambda: _number(given["n"])), read(lambda: _unit(given["unit"]))
        liberty = read(lambda: _truth(given["liberty"]))
        limit = Limit("", 0, n * unit[1], unit[0], liberty=bool(liberty)) if n and unit else None
    if limit and start:
        read(lambda: _instant(limit, start))
    if faults or limit is None or start is None:
        told = "; ".join(f"{name}: {fault.params['must']}" for name, fault in faults.items())
        raise InvalidInput(f"The due date cannot be worked out. {told}.", fields=faults, code="preview")
    return calendar.due(limit, start, plans.work_days(session, where), clock.office_zone())


def read_start(text: str) -> Start:
    """Return the day, or the instant (on the office's clock unless it says otherwise), of a text; else Wrong."""
    if not text:
        raise Wrong("start", "required", "give the day of the event, such as 2026-02-10")
    if _DURATION.fullmatch(text):
        must = f"{text[:40]} is a duration; write a day such as 2026-02-10 here, and the length as n and unit"
        raise Wrong("start", "duration_in_date", must, text)
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
        if _INSTANT.fullmatch(text):
            start = datetime.fromisoformat(text)
            return start if start.tzinfo else start.replace(tzinfo=clock.office_zone())
    except ValueError:
        must = f"there is no {text[:40]} in the calendar; write a day such as 2026-02-10"
        raise Wrong("start", "no_such_day", must, text) from None
    must = f"{text[:40]!r} is no day; write year-month-day such as 2026-02-10, or 2026-02-10T15:20"
    raise Wrong("start", "date", must, text)


def _rule(session: Session, given: Mapping[str, str], start: Start | None) -> Limit:
    """Return the version of a rule that is in force on the start's day."""
    if given["n"] or given["unit"] or given["liberty"]:
        raise Wrong("rule", "rule_or_length", "give either a rule, or n and unit (and liberty)")
    zone = clock.office_zone()
    day = start.astimezone(zone).date() if isinstance(start, datetime) else start
    try:
        limit = limits.current(session, given["rule"].upper(), day or clock.now().astimezone(zone).date())
    except NotFound:
        must = f"there is no rule {given['rule'][:20]!r} in the table of limits"
        raise Wrong("rule", "no_rule", must, given["rule"]) from None
    if not ends(limit.n, limit.unit):
        must = f"{limit.id} has no number ({limit.unit}): its due date is set by a person"
        raise Wrong("rule", "rule_without_number", must, limit.id)
    return limit


def _nothing() -> Limit:
    raise Wrong("rule", "rule_or_length", "give a rule such as T12, or n and unit")


def _number(text: str) -> int:
    number = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0
    if not 1 <= number <= MAX_NUMBER:
        raise Wrong("n", "whole_number", f"must be a whole number from 1 to {MAX_NUMBER}", text)
    return number


def _unit(text: str) -> tuple[str, int]:
    if text.upper() not in UNITS:
        units = ", ".join(UNITS)
        must = f"must be one of {units} (hours, natural days, working days, months, years)"
        raise Wrong("unit", "unit", must, text)
    return UNITS[text.upper()]


def _truth(text: str) -> bool:
    if text.lower() not in ("", "true", "false"):
        raise Wrong("liberty", "truth", "must be true or false", text)
    return text.lower() == "true"


def _instant(limit: Limit, start: Start) -> None:
    if limit.unit == "hours" and not isinstance(start, datetime):
        must = "a limit in hours needs the time too, such as 2026-02-10T15:20"
        raise Wrong("start", "instant_needed", must)


def _jurisdiction(session: Session, code: str) -> str | None:
    known = {NATIONAL, plans.jurisdiction()} | plans.jurisdictions(session)
    if code and (not JURISDICTION.fullmatch(code) or code not in known):
        must = f"no calendar of {code[:20]!r} is loaded; there are: {', '.join(sorted(known))}"
        raise Wrong("jurisdiction", "no_jurisdiction", must, code)
    return code or None
