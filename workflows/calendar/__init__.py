"""Legal deadlines: the official working days, the limits as data, and how a limit is counted."""

from workflows.calendar.counting import Due, add_months, due
from workflows.calendar.limits import COLUMNS, Limit, read_limits
from workflows.calendar.workdays import (
    WorkDays,
    add_working_days,
    subtract_working_days,
    working_days_between,
)

__all__ = [
    "COLUMNS",
    "Due",
    "Limit",
    "WorkDays",
    "add_months",
    "add_working_days",
    "due",
    "read_limits",
    "subtract_working_days",
    "working_days_between",
]
