"""Periodic transfer (T10): return periods, the agencies' returns, and what comes of those that are missed.

`periods`, `returns`, `items` and `listed` read the registers; `close_as` closes a return as its clerk does.
"""

from handlers.registers.returns import opening, overdue, recounting
from handlers.registers.returns.closing import close_as, release, return_of, task_of
from handlers.registers.returns.duties import begin, duties, end, load, owing
from handlers.registers.returns.model import (
    PREFIX,
    AgencyReturn,
    RectificationItem,
    ReturnDuty,
    ReturnedClue,
    ReturnPeriod,
    ReturnUrging,
)
from handlers.registers.returns.paper import content
from handlers.registers.returns.reading import (
    CLOSED,
    WAITING,
    Sent,
    is_late,
    items,
    listed,
    periods,
    returns,
)

__all__ = [
    "CLOSED",
    "PREFIX",
    "WAITING",
    "AgencyReturn",
    "RectificationItem",
    "ReturnDuty",
    "ReturnPeriod",
    "ReturnUrging",
    "ReturnedClue",
    "Sent",
    "begin",
    "close_as",
    "content",
    "duties",
    "end",
    "is_late",
    "items",
    "listed",
    "load",
    "opening",
    "overdue",
    "owing",
    "periods",
    "recounting",
    "release",
    "return_of",
    "returns",
    "task_of",
]
