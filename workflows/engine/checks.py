"""What a supervisor is told about a process that would run: policy and warnings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workflows.clock import office_zone
from workflows.engine import timers
from workflows.engine.model import Node
from workflows.engine.wiring import Wiring
from workflows.findings import Finding

#: Attributes of user tasks in which expressions may stand.
_TEXTS = (
    "assignee",
    "candidateGroups",
    "candidateUsers",
    "dueDate",
    "followUpDate",
    "priority",
    "formKey",
    "formRef",
)
_ASSIGNMENT = ("assignee", "candidateGroups", "candidateUsers")


def check(wiring: Wiring) -> Iterator[Finding]:
    """Yield what the wired process leaves to be desired; compiles the attributes of user tasks on the way."""
    for node in wiring.nodes.values():
        if node.kind == "userTask":
            yield from _check_user_task(wiring, node)
        if node.attributes.get("type") == "external":
            for name in ("topic", "taskPriority"):
                if given := node.attributes.get(name):
                    wiring.ledger.text(node.id, given, f"camunda:{name}")
        if node.attributes.get("connector"):
            yield Finding(node.id, "unsupported", "error", "Connectors are not supported; use an operation.")
        if node.attributes.get("scripts"):
            yield Finding(
                node.id,
                "script",
                "error",
                "Scripts in parameters are not run; use an expression.",
            )
    yield from _check_reach(wiring)


def _check_user_task(wiring: Wiring, node: Node) -> Iterator[Finding]:
    given = node.attributes
    for name in _TEXTS:
        if given.get(name):
            wiring.ledger.text(node.id, given[name], f"camunda:{name}")
    english = given.get("properties", {}).get("en")
    for what, text in (("The name", node.name), ("The name in English", english)):
        if text and ("${" in text or "#{" in text):
            wiring.ledger.text(node.id, text, what)
    for name in ("dueDate", "followUpDate"):
        if problem := _bad_date(given.get(name, "")):
            yield Finding(node.id, "due_date", "error", f"camunda:{name}: {problem}")
    if not any(given.get(name) for name in _ASSIGNMENT):
        yield Finding(
            node.id,
            "no_candidates",
            "policy",
            "Nobody can find this task: name candidate groups, users or an assignee.",
        )
    if not (given.get("formKey") or given.get("formRef") or given.get("formData")):
        yield Finding(node.id, "no_form", "policy", "The task has no form.")
    if not given.get("dueDate") and given.get("properties", {}).get("deadline") != "none":
        yield Finding(
            node.id,
            "no_deadline",
            "policy",
            "The task has no due date; give it one, or the property deadline=none.",
        )


def _bad_date(text: str) -> str | None:
    if not text or "{" in text:
        return None
    try:
        timers.check_literal("timeDate", text, office_zone())
    except timers.BadTimer as problem:
        return str(problem)
    return "a due date cannot repeat." if text.strip().startswith("R") else None


def _check_reach(wiring: Wiring) -> Iterator[Finding]:
    tasks = wiring.spec.task_specs
    reached: set[str] = set()
    todo: list[Any] = [wiring.spec.start]
    while todo:
        spec = todo.pop()
        if spec.name in reached:
            continue
        reached.add(spec.name)
        todo.extend(tasks[flow.target] for flow in spec.flows)
        todo.extend(spec.boundaries)
        if spec.undone_by:
            todo.append(tasks[spec.undone_by])
        todo.extend(getattr(spec, "starts", ()))
        todo.extend(event.handler for event in spec.armed)
        if inner := getattr(spec, "inner", None):
            todo.append(inner)
    for node in wiring.nodes.values():
        # What undoes an activity is reached with it.
        undoing = node.kind == "boundaryEvent:compensate" and node.attached_to in reached
        if node.id not in reached and not undoing:
            yield Finding(node.id, "unreachable", "policy", "No path leads here from a start event.")
