"""The office's ledgers. Importing this package registers its tables and its operations.

A clue's steps in the order of the process: `intake` up to the receipt, `registering` up to the handling
office, `handling` up to the feedback; `record` holds what every step does alike. `splitting` and
`joining`: two clues of one, one matter of two. `assigned`: the time that matters assigned from above have in all.
"""

from handlers.registers import (
    assigned,
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
    Document,
    Extension,
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
    "Document",
    "Extension",
    "Handover",
    "MatterEvent",
    "Meeting",
    "NumberSeries",
    "Opinion",
    "assigned",
    "handling",
    "intake",
    "interviews",
    "joining",
    "registering",
    "returns",
    "splitting",
]
