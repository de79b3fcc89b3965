"""What a gateway would choose over given values, asked without a run: its conditions alone, within a budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workflows.engine.plan import Flow
from workflows.engine.reading import Definition
from workflows.expressions import BUILTINS, EvaluationError, Meter, truth

KINDS = ("exclusiveGateway", "inclusiveGateway")


def reads(definition: Definition, gateway: str) -> frozenset[str]:
    """Return the variables that the conditions behind a gateway read."""
    found = [flow.condition.names for flow in _flows(definition, gateway) if flow.condition]
    return frozenset().union(*found)


def chosen(
    definition: Definition, gateway: str, variables: Mapping[str, Any], meter: Meter
) -> frozenset[str] | None:
    """Return the sequence flows that a gateway would take; None where a condition fails or the budget is used up.

    No function of an office is known to it: a condition that asks the time or a limit cannot be told.
    """
    flows = _flows(definition, gateway)
    first = definition.nodes[gateway].kind == "exclusiveGateway"
    taken: list[str] = []
    for flow in flows:
        if flow.default:
            continue
        try:
            if flow.condition and not truth(flow.condition.evaluate(variables, BUILTINS, meter)):
                continue
        except EvaluationError:
            return None
        taken.append(flow.id)
        if first:
            break
    return frozenset(taken or (flow.id for flow in flows if flow.default)) or None


def _flows(definition: Definition, gateway: str) -> tuple[Flow, ...]:
    specs = definition.spec.task_specs.values()
    return next((s.flows for s in specs if getattr(s, "element", "") == gateway and s.flows), ())
