"""Joins as the standard defines them: tokens counted per incoming flow, not by who completed in a tree.

The library counts cancelled joins of a former turn as arrived, so that a join inside a loop fires early,
and drops a second token on one flow.
"""

from __future__ import annotations

from typing import Any

from workflows.engine import compensation, continuations
from workflows.engine.reach import arrivals
from workflows.engine.tokens import BACK, WAITING, Token


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
    for queues in _inclusive(run):
        heads = [queue[0] for queue in queues.values()]
        if not may_still_come(heads[0].task_spec, heads[0].parent, set(queues)):
            survivor = max(heads, key=lambda token: token.last_state_change)
            consume(queues, survivor)
            survivor._ready()
            return True
    return False


def _inclusive(run: Any) -> list[dict[str, list[Token]]]:
    """Return what waits at inclusive joins, by join and flow, the longest waiting first."""
    joins: dict[tuple[str, str], dict[str, list[Token]]] = {}
    for token in run.tasks.values():
        if token._state == WAITING and token.task_spec.joins_inclusively and not is_rest(token):
            queues = joins.setdefault((token._parent, token.task_spec.name), {})
            queues.setdefault(token.internal_data["flow"], []).append(token)
    return list(joins.values())


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
    for identity in scope._children:
        token = scope.workflow.tasks[identity]
        if token.task_spec is gateway and not continuations.is_held(token):
            continue
        if compensation.is_unseen(token):
            continue
        coming = token.task_spec is gateway and continuations.is_coming(token)
        if coming:
            reached = frozenset({token.internal_data["flow"]})
        elif back := token.internal_data.get(BACK):
            # It leaves where it is by no flow.
            reached = arrivals(gateway._wf_spec.task_specs[back[0]], gateway)
        else:
            reached = arrivals(token.task_spec, gateway, chosen=is_rest(token))
        if reached and not reached & filled:
            return True
    return False
