"""Complex gateways (BPMN 2.0, 10.6.5 and 13.4.5): fire when the condition holds, then wait for the rest.

First phase: tokens wait until `activationCondition` holds, in which `activationCount` is the number of tokens
that wait here. Then one token of each flow is consumed, and flows are taken as by an inclusive gateway, in
whose conditions `waitingForStart` is true. Second phase: the gateway waits for a token on each flow that had
none, unless none can come there any more; consumes those too, takes the flows whose conditions hold now that
`waitingForStart` is false (a flow without condition belongs to the first phase; none taken is no fault), and
is as new. A gateway without `activationCondition` joins as an inclusive one.
"""

from __future__ import annotations

from typing import Any

from workflows.engine import joins
from workflows.engine.plan import Flow
from workflows.engine.tokens import WAITING, Token

_SECOND = {"waitingForStart": False}


def arrive(arrived: Token) -> bool:
    """Return True when `arrived` makes the activation condition hold; its fellows are consumed."""
    if _resting(arrived.task_spec, arrived.parent) is not None:
        return False
    return _start(arrived)


def choose(run: Any, gateway: Any, around: Token) -> list[Flow]:
    """Return the flows of the first phase: all whose condition holds, else the default one."""
    first = {"waitingForStart": True}
    open_flows = (f for f in gateway.flows if not f.default)
    taken = [f for f in open_flows if f.condition is None or run.holds(f, gateway, around, first)]
    return taken or gateway.otherwise(run)


def wake(run: Any) -> bool:
    """Let one complex gateway go on that nothing but data or the lack of tokens held back; tell whether one did.

    Called when nothing else can move.
    """
    for token in list(run.tasks.values()):
        if token._state != WAITING or not hasattr(token.task_spec, "activation"):
            continue
        if joins.is_rest(token):
            if _reset(token):
                return True
        elif _resting(token.task_spec, token.parent) is None and _start(token):
            token._ready()
            return True
    return False


def _start(token: Token) -> bool:
    run, gateway = token.workflow, token.task_spec
    if gateway.activation is None:
        return False
    queues = joins.waiting_at(gateway, token.parent)
    count = sum(map(len, queues.values()))
    if not run.truth(gateway.activation, token, {"activationCount": count}):
        return False
    _rest(run, gateway, token.parent, list(queues))
    joins.consume(queues, survivor=token)
    return True


def _rest(run: Any, gateway: Any, around: Token, consumed: list[str]) -> None:
    """Remember the first phase beside the tokens, so that it is stored and cancelled with them."""
    run.create(gateway, around, internal={"consumed": consumed})._set_state(WAITING)


def _resting(gateway: Any, around: Token | None) -> Token | None:
    inside = around.children if around is not None else []
    return next((t for t in inside if t.task_spec is gateway and joins.is_rest(t)), None)


def _reset(rest: Token) -> bool:
    """End the second phase if no further token can come; tell whether it has ended."""
    run, gateway, around = rest.workflow, rest.task_spec, rest.parent
    assert around is not None
    consumed = set(rest.internal_data["consumed"])
    queues = {f: q for f, q in joins.waiting_at(gateway, around).items() if f not in consumed}
    if joins.may_still_come(gateway, around, {*consumed, *queues}):
        return False
    joins.consume(queues, survivor=None)
    flows = [f for f in gateway.flows if f.condition and run.holds(f, gateway, around, _SECOND)]
    run.remove(rest)
    run.follow(gateway, flows, around)
    return True
