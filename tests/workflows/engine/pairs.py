"""Pairs of diagrams that differ in one place: one breaks a rule there, the other keeps it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.workflows.engine.diagrams import file_of, flows, nodes
from workflows.engine import Finding, read

#: A process that is right; cases add what they are about.
LINE = nodes("startEvent", "s") + nodes("task", "a") + nodes("endEvent", "e") + flows("s > a > e")
ROOTS = (
    '<message id="M" name="m" itemRef="Text"/><signal id="S" name="s"/><error id="E" errorCode="e"/>'
    '<escalation id="X" escalationCode="x"/><itemDefinition id="Text"/><itemDefinition id="Texts" isCollection="true"/>'
)


@dataclass(frozen=True)
class Pair:
    """`body` with `@` replaced by what is `wrong` breaks `rule` at `element`; by what is `right`, nothing."""

    rule: str
    element: str | None
    body: str
    wrong: str
    right: str
    extra: str = ""  #: stands beside the process; may hold the @ too
    severity: str = "error"

    def __str__(self) -> str:
        return f"{self.rule}-{self.element}-{self.wrong[:40]}"

    def file(self, piece: str) -> bytes:
        return file_of(self.body.replace("@", piece), extra=ROOTS + self.extra.replace("@", piece))


def prove(pair: Pair) -> None:
    """Assert that the wrong one is refused for the reason, and the right one is not refused at all."""
    definitions, findings = read(pair.file(pair.wrong))
    assert (pair.element, pair.rule, pair.severity) in told(findings), findings
    assert any(not d.alone for d in definitions) == (pair.severity != "error" and not errors(findings))
    definitions, findings = read(pair.file(pair.right))
    assert not errors(findings), findings
    assert (pair.element, pair.rule) not in {(f.element, f.rule) for f in findings}, findings
    assert [d.id for d in definitions if not d.alone] == ["p"]


def told(findings: list[Finding]) -> set[tuple[str | None, str, str]]:
    """Return what was found, without the words."""
    return {(f.element, f.rule, f.severity) for f in findings}


def errors(findings: list[Finding]) -> list[Finding]:
    """Return the findings that refuse."""
    return [f for f in findings if f.severity == "error"]
