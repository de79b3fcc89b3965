"""The office's ledgers. Importing this package registers its tables and its operations.

A clue's steps in the order of the process: `intake` up to the receipt, `registering` up to the handling
office, `handling` up to the feedback; `record` holds what every step does alike. `splitting` and
`joining`: two clues of one, one matter of two. `assigned`: the time that matters assigned from above have in all.
`resolving`: how a way that is a process of its own ends.
`changing`: pauses and extensions of running limits. `approvals`, `meetings`, `signatures`, `services`: what is done
in the shared parts that other processes call.
"""

from handlers.registers import (
    approvals,
    assigned,
    changing,
    handling,
    intake,
    interviews,
    joining,
    registering,
    resolving,
    returns,
    services,
    signatures,
    splitting,
)
from handlers.registers.model import (
    DUTY,
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
from handlers.registers.services import Service

__all__ = [
    "DUTY",
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
    "Service",
    "approvals",
    "assigned",
    "changing",
    "handling",
    "intake",
    "interviews",
    "joining",
    "registering",
    "resolving",
    "returns",
    "services",
    "signatures",
    "splitting",
]
