"""The office's ledgers. Importing this package registers its tables and its operations.

A clue's steps in the order of the process: `intake` up to the receipt, `registering` up to the handling
office, `handling` up to the feedback; `record` holds what every step does alike. `splitting` and
`joining`: two clues of one, one matter of two. `assigned`: the time that matters assigned from above have in all.
`changing`: pauses and extensions of running limits.
"""

from handlers.registers import (
    assigned,
    changing,
    handling,
    intake,
    interviews,
    joining,
    registering,
    returns,
    splitting,
)
from handlers.registers.model import (
    Assignment,
    Clue,
    ClueHandler,
    ClueSubject,
    DeadlineChange,
    Document,
    Handover,
    MatterEvent,
    Meeting,
    Opinion,
)
from handlers.registers.numbers import NumberSeries

__all__ = [
    "Assignment",
    "Clue",
    "ClueHandler",
    "ClueSubject",
    "DeadlineChange",
    "Document",
    "Handover",
    "MatterEvent",
    "Meeting",
    "NumberSeries",
    "Opinion",
    "assigned",
    "changing",
    "handling",
    "intake",
    "interviews",
    "joining",
    "registering",
    "returns",
    "splitting",
]
