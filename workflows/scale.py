"""Scales of colours, each a type of its own: a colour of one scale is never one of another (domain.md 3h)."""

from __future__ import annotations

from enum import Enum


class Scale(Enum):
    """A scale from the best colour to the worst, in the order of its members.

    Colours of one scale compare with each other; with those of another, or with texts, they are never equal, and
    asking which is worse is a TypeError.
    """

    def __lt__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        order = list(type(self))
        return order.index(self) < order.index(other)


class TimerColour(Scale):
    """How a task stands in time: the escalation's own colours, on steps, never on units."""

    GREEN = "green"
    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"
