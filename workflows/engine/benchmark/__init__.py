"""What the engine costs, in processor time, beside the naive use of the library that it is built on."""

from workflows.engine.benchmark.figures import Figure, Section, goals_missed, measure

__all__ = ["Figure", "Section", "goals_missed", "measure"]
