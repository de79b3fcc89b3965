"""Joins as the standard defines them: tokens counted per incoming flow, not by who completed in a tree.

The library counts cancelled joins of a former turn as arrived, so that a join inside a loop fires early,
and drops a second token on one flow.
"""

from __future__ import annotations

from typing import Any

from workflows.engine import compensation, continuations
from workflows.engine.tokens import WAITING, Token


def join_parallel(arrived: Token) -> bool:
    """Return True when `arrived` completes the set; the oldest token of every flow is consumed."""
    gateway = arrived.task_spec
    queues = waiting_at(gateway, arrived.parent)
    if len(queues) < len(gateway.incoming):
        return False
    consume(queues, survivor=arrived)
    return True


def join_inclusive(run: Any) -> bool:
    """Let one inclusive join go on that no further token can reach; return whether there was one.

    Called when nothing else can move: enabledness only grows while other tokens move away.
    """
    for token in list(run.tasks.values()):
        if token._state == WAITING and token.task_spec.joins_inclusively:
            queues = waiting_at(token.task_spec, token.parent)
            if not may_still_come(token.task_spec, token.parent, set(queues)):
                survivor = max((queue[0] for queue in queues.values()), key=lambda t: t.last_state_change)
                consume(queues, survivor)
                survivor._ready()
                return True
    return False


def waiting_at(gateway: Any, scope: Token) -> dict[str, list[Token]]:
    """Return the tokens that wait at `gateway` in this very scope, by the flow that they came on."""
    queues: dict[str, list[Token]] = {}
    for token in scope.children:
        if token.task_spec is gateway and token._state == WAITING and not is_rest(token):
            queues.setdefault(token.internal_data["flow"], []).append(token)
    return queues


def consume(queues: dict[str, list[Token]], survivor: Token | None) -> None:
    """End the oldest token of every flow; the one that survives goes on for them all."""
    for queue in queues.values():
        if survivor not in queue:
            queue[0].workflow.absorb(queue[0])


def is_rest(token: Token) -> bool:
    """Tell whether a token is what a complex gateway keeps of its first phase: no step of its own."""
    return "consumed" in token.internal_data


def may_still_come(gateway: Any, scope: Token, filled: set[str]) -> bool:
    """Tell whether a token elsewhere could still reach an empty incoming flow (BPMN 2.0, 13.4.3).

    A token that could as well come on a flow that has one already does not count.
    """
    for token in scope.children:
        if token.task_spec is gateway and not continuations.is_held(token):
            continue
        if compensation.is_unseen(token):
            continue
        coming = token.task_spec is gateway and continuations.is_coming(token)
        reached = {token.internal_data["flow"]} if coming else _arrivals(token, gateway)
        if reached and not reached & filled:
            return True
    return False


def _arrivals(token: Token, gateway: Any) -> set[str]:
    """Return the incoming flows of `gateway` that what follows from `token` could come on first."""
    start = token.task_spec
    specs = start._wf_spec.task_specs
    found: set[str] = set()
    seen = {start.name}
    todo = [start]
    while todo:
        spec = todo.pop()
        flows = [flow for source in (spec, *spec.boundaries) for flow in source.flows]
        if spec is start and is_rest(token):
            flows = [flow for flow in flows if flow.condition]
        for flow in flows:
            if flow.target == gateway.name:
                found.add(flow.id)
            elif flow.target not in seen:
                seen.add(flow.target)
                todo.append(specs[flow.target])
    return found
