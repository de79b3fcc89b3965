"""What rules of the table of limits are called on pages: their standing, unit, length, grounds and approvers."""

from __future__ import annotations

from flask_babel import gettext as _

from handlers import codes
from server.pages import names
from workflows import clock
from workflows.calendar import Due, Limit
from workflows.model import TimeLimit

#: Columns of codes, of which several may be ticked, and the table of each.
GROUNDS = {"extension_reasons": "extension_reasons", "pause_reasons": "pause_reasons"}
STATUSES = ("sourced", "to_confirm", "design")


def statuses() -> dict[str, str]:
    """Return what a rule's standing is called."""
    return {
        "sourced": _("sourced"),
        "to_confirm": _("to be confirmed"),
        "design": _("the office's own"),
    }


def units() -> dict[str, str]:
    """Return what units, and limits without a number, are called."""
    return {
        "hours": _("hours"),
        "natural_days": _("calendar days"),
        "working_days": _("working days"),
        "months": _("months"),
        "at_once": _("at once"),
        "promptly": _("promptly"),
        "quarterly": _("each quarter"),
        "two_monthly": _("every two months"),
        "none": _("no number"),
    }


def length(limit: Limit | TimeLimit) -> str:
    """Return how long a limit is, or its word where it has no number."""
    return names.length(limit.n, limit.unit) or units().get(limit.unit, limit.unit)


def cap(limit: Limit | TimeLimit, column: str = "cap") -> str:
    """Return how much all extensions, or (`pause_cap`) all pauses, may add."""
    number, _blank, unit = str(getattr(limit, column)).partition(" ")
    return names.length(int(number), unit) if number else ""


def word(event: str) -> str:
    """Return what a start event is called."""
    return codes.word("start_events", event, names.lang())


def approvers(levels: str) -> str:
    """Return levels such as `A2/A3` in words."""
    found = (level for level in levels.split("/") if level)
    return names.joined(codes.word("approval_levels", level, names.lang()) for level in found)


def grounds(limit: Limit | TimeLimit, column: str) -> str:
    """Return the grounds that a rule names, in words."""
    found = str(getattr(limit, column)).split()
    return names.joined(codes.word(GROUNDS[column], code, names.lang()) for code in found)


def due_words(due: Due) -> str:
    """Return the last day, and the time where the limit is in hours."""
    at = due.at.astimezone(clock.office_zone())
    hours = due.limit is not None and due.limit.unit == "hours"
    return at.strftime("%Y-%m-%d %H:%M") if hours else due.date.isoformat()
