"""The stages that diagrams state: each must be one that the office knows, and stand where it has an effect."""

from __future__ import annotations

from collections.abc import Iterator

from workflows import engine
from workflows.engine import Finding

#: What people see and do, and what may enclose it.
STATING = frozenset({"userTask", "subProcess", "transaction", "adHocSubProcess", "callActivity"})
_stages: frozenset[str] | None = None


def know_stages(stages: frozenset[str] | set[str] | None) -> None:
    """Let the check know which stages there are; None = any is right."""
    global _stages
    _stages = None if stages is None else frozenset(stages)


def findings(definition: engine.Definition) -> Iterator[Finding]:
    """Yield what is wrong with the property `stage` of a process, its steps and subprocesses."""
    for element, kind, properties in _stating(definition):
        stage = properties.get("stage")
        if stage is None:
            continue
        if kind not in STATING:
            message = f"A {kind} has no stage: state it on the process, a subprocess, a call activity or a user task."
            yield Finding(element, "stage", "policy", message)
        elif _stages is not None and stage not in _stages:
            right = ", ".join(sorted(_stages))
            yield Finding(element, "stage", "policy", f"There is no stage {stage!r}; there are: {right}.")


def stage_of(definition: engine.Definition, node: engine.Node) -> str | None:
    """Return the stage that a step states, or what is around it, down to its process."""
    step: engine.Node | None = node
    while step is not None:
        if stated := step.attributes.get("properties", {}).get("stage"):
            return str(stated)
        step = definition.nodes.get(step.scope or "")
    return definition.properties.get("stage")


def _stating(definition: engine.Definition) -> Iterator[tuple[str, str, dict[str, str]]]:
    yield definition.id, "subProcess", dict(definition.properties)
    for node in definition.nodes.values():
        yield node.id, node.kind, dict(node.attributes.get("properties", {}))
