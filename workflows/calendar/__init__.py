"""Legal deadlines: the official working days, the limits as data, and how a limit is counted."""

from workflows.calendar.changes import Change, Extension, Pause, paused_days, paused_time, spanned, stands_now
from workflows.calendar.counting import Due, add_months, due
from workflows.calendar.limits import (
    COLUMNS,
    DAYS_ARE_WORKED,
    MAX_NUMBER,
    NUMBERED,
    WORDED,
    Convention,
    Limit,
    ends,
    read_cells,
    read_limits,
)
from workflows.calendar.plans import JURISDICTION, Plan, contradictions, gaps, read_plan
from workflows.calendar.workdays import (
    NATIONAL,
    WorkDays,
    add_working_days,
    subtract_working_days,
    working_days_between,
)

__all__ = [
    "COLUMNS",
    "DAYS_ARE_WORKED",
    "JURISDICTION",
    "MAX_NUMBER",
    "NATIONAL",
    "NUMBERED",
    "WORDED",
    "Change",
    "Convention",
    "Due",
    "Extension",
    "Limit",
    "Pause",
    "Plan",
    "WorkDays",
    "add_months",
    "add_working_days",
    "contradictions",
    "due",
    "ends",
    "gaps",
    "paused_days",
    "paused_time",
    "read_cells",
    "read_limits",
    "read_plan",
    "spanned",
    "stands_now",
    "subtract_working_days",
    "working_days_between",
]
