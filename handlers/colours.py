"""The colours that the office gives by decision or by analysis, apart from those of a step's time (domain.md 3h).

`workflows.scale.TimerColour` says how a step stands; these are of units, and neither ever follows from the other two.
"""

from __future__ import annotations

from workflows.scale import Scale


class WarningColour(Scale):
    """An early warning to a unit (预警): like a sanction, always decided by people."""

    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"


class HeatColour(Scale):
    """Where a map of units is hot (热力图): analysis alone, and never the ground of a measure."""

    GREEN = "green"
    BLUE = "blue"
    YELLOW = "yellow"
    RED = "red"
