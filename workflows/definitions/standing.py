"""How each diagram of a deployment stands: ready, a draft that can be drawn on, or nothing that can be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workflows import engine
from workflows.definitions.checking import refused
from workflows.deployed import PROCESS_SUFFIXES
from workflows.findings import Finding

#: Findings of elements that are in the file and would not be in a draft.
_LOSSES = frozenset({"lost"})


@dataclass(frozen=True)
class Standing:
    """One diagram: what of it can be used."""

    file: str
    deployable: bool
    elements: int  #: tasks, gateways and events that were understood
    lost: int  #: findings of elements that were not

    def __str__(self) -> str:
        """Return one sentence about it."""
        if self.deployable:
            return f"{self.file} can be deployed: {self.elements} elements."
        if not self.elements:
            return f"{self.file} cannot be read as a draft either."
        if self.lost:
            return f"{self.file} would load as a draft of {self.elements} elements; not all were understood."
        return (
            f"{self.file} would load whole as a draft of {self.elements} elements; it cannot be deployed yet."
        )


def standings(content: Mapping[str, bytes], findings: list[Finding], profile: str) -> list[Standing]:
    """Return how every diagram among the files stands under these findings, by name."""
    grave = refused(findings, profile)
    return [
        Standing(
            file=name,
            deployable=not any(_of(name, finding) for finding in grave),
            elements=len(engine.outline(data)),
            lost=sum(_of(name, finding) and finding.rule in _LOSSES for finding in findings),
        )
        for name, data in sorted(content.items())
        if name.endswith(PROCESS_SUFFIXES)
    ]


def _of(name: str, finding: Finding) -> bool:
    """Tell whether a finding is about a file, which its message begins with."""
    return finding.message.startswith(f"{name}: ")
