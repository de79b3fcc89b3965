"""How heavy sanctions are, and how long they have effect (纪律处分条例; 政务处分法 7–8, 15; domain §5.2–5.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from handlers import codes
from workflows import calendar
from workflows.errors import refused

#: Several of one kind together have effect no longer than this (政务处分法 15).
MOST_MONTHS = 48
#: 严重警告 given because there is no Party post to be removed from.
INSTEAD_MONTHS = 24
SERIOUS_WARNING, REMOVAL, PROBATION, EXPULSION, DISMISSAL = "PD2", "PD3", "PD4", "PD5", "AD6"
TABLES = {"PD": "party_sanctions", "AD": "administrative_sanctions"}


def months_of(kind: str) -> int | None:
    """Return for how many months a kind of sanction has effect; None: it has no period."""
    row = next(row for row in codes.rows(TABLES[kind[:2]]) if row["code"] == kind)
    return int(row["effect_months"]) if row["effect_months"] else None


def heavier(one: str | None, other: str | None) -> bool:
    """Return whether one sanction is heavier than another of the same system; none is the lightest."""
    return (one or "") > (other or "")


def party_months(kind: str | None, *, instead: bool, probation: int | None) -> int | None:
    """Return the effect of a Party sanction in months; of 留党察看 the time of probation and two years after it."""
    if kind is None:
        return None
    if kind == SERIOUS_WARNING and instead:
        return INSTEAD_MONTHS
    return (months_of(kind) or 0) + (probation or 0 if kind == PROBATION else 0)


def together(kinds: Sequence[str], months: int | None) -> tuple[str | None, int | None]:
    """Return the administrative sanction of several, and its months (政务处分法 15).

    Of different kinds the heaviest; of several of one kind, up to removal, a period between one and their sum, 48
    months at most. InvalidInput names `months` where it lies outside, or is missing.
    """
    if not kinds:
        return None, None
    kind = max(kinds)
    base, times = months_of(kind), Counter(kinds)[kind]
    if base is None:
        return kind, None
    least, most = base, min(base * times, MOST_MONTHS)
    if times == 1:
        if months not in (None, base):
            raise refused("months", "effect_months", min=base, max=base)
        return kind, base
    if months is None or not least <= months <= most:
        raise refused("months", "effect_months", min=least, max=most)
    return kind, months


def ends(start: date, months: int | None, remainder: int = 0) -> date | None:
    """Return the last day of a period of months, with the days that an earlier one left."""
    if months is None:
        return None
    return calendar.add_months(start, months) + timedelta(days=remainder)
