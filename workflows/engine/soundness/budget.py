"""How much may be looked at for all processes of a file together, so that no file takes long to check."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Budget:
    """What is left; counted, not timed, so that a file is judged alike on every machine."""

    markings: int = 300_000
    assignments: int = 50_000
