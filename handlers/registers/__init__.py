"""The office's ledgers. Importing this package registers its tables and its operations."""

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
]
