"""The office's ledgers. Importing this package registers its tables and its operations.

A clue's steps in the order of the process: `intake` up to the receipt, `registering` up to the handling
office, `handling` up to the feedback; `record` holds what every step does alike.
"""

from handlers.registers import handling, intake, registering, returns
from handlers.registers.model import (
    Clue,
    ClueHandler,
    ClueSubject,
    Document,
    Handover,
    MatterEvent,
    Meeting,
    Opinion,
)
from handlers.registers.numbers import NumberSeries

__all__ = [
    "Clue",
    "ClueHandler",
    "ClueSubject",
    "Document",
    "Handover",
    "MatterEvent",
    "Meeting",
    "NumberSeries",
    "Opinion",
    "handling",
    "intake",
    "registering",
    "returns",
]
