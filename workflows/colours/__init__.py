"""Colours of tasks by a table of the office: the DMN decision `timer_colours`, stage × elapsed × remaining.

The newest version that is deployed holds for tasks that begin; running tasks keep theirs. None deployed: the
levels of the reminder ladder alone say how a task stands.
"""

from workflows.colours.steps import move, reach, rows
from workflows.colours.table import TABLE, ColourTable, Shown, Situation, findings, know_recipients, read

__all__ = [
    "TABLE",
    "ColourTable",
    "Shown",
    "Situation",
    "findings",
    "know_recipients",
    "move",
    "reach",
    "read",
    "rows",
]
