"""Conditions out of one element that overlap, or leave a gap through which no token can go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from workflows.engine.model import Node
from workflows.engine.plan import Flow
from workflows.engine.soundness.assignments import Values, assignments, holds, shown
from workflows.engine.soundness.budget import Budget
from workflows.findings import Finding


def choices(nodes: Mapping[str, Node], spec: Any, budget: Budget) -> Iterator[Finding]:
    """Yield a warning, with an example, for each overlap and gap that some values bring about."""
    for node in nodes.values():
        flows = spec.task_specs[node.id].flows
        conditioned = [flow for flow in flows if flow.condition is not None]
        if node.kind == "exclusiveGateway":
            yield from _overlaps(node, conditioned, budget)
        if conditioned and len(conditioned) == len(flows):
            yield from _gap(node, conditioned, budget)


def _overlaps(node: Node, flows: list[Flow], budget: Budget) -> Iterator[Finding]:
    for first, second in combinations(flows, 2):
        values = _example([first, second], budget, wanted=True)
        if values is not None:
            message = (
                f"The conditions of {first.id} and {second.id} both hold with {shown(values)}; "
                f"{first.id}, the first in the file, is taken. Let the conditions exclude each other."
            )
            yield Finding(node.id, "overlap", "warning", message)


def _gap(node: Node, flows: list[Flow], budget: Budget) -> Iterator[Finding]:
    values = _example(flows, budget, wanted=False)
    if values is not None:
        message = (
            f"No condition of the flows out of here holds with {shown(values)}, and there is no default flow: "
            "the instance would fail here. Make one of the flows the default."
        )
        yield Finding(node.id, "gap", "warning", message)


def _example(flows: list[Flow], budget: Budget, *, wanted: bool) -> Values | None:
    """Return values with which every condition is as wanted; None where none was found."""
    conditions = [flow.condition for flow in flows if flow.condition is not None]
    for values in assignments(conditions):
        budget.assignments -= 1
        if budget.assignments < 0:
            break
        if all(holds(condition, values) is wanted for condition in conditions):
            return values
    return None
