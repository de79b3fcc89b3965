"""Where the tokens of a scope stand, as the token game of its drawing knows places.

A token that was sent back and comes straight back again stands, for everything drawn, where it comes back to: it
leaves the step that it is at by no flow.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from workflows.engine import compensation, continuations, joins, quantities
from workflows.engine.soundness import Spot
from workflows.engine.specs import ComplexGateway, InclusiveGateway, ParallelGateway
from workflows.engine.tokens import BACK, WAITING, Token

JOINS = (ParallelGateway, InclusiveGateway, ComplexGateway)


def spots(scope: Token, without: Collection[Token] = ()) -> Iterator[Spot]:
    """Yield where the tokens of a scope stand; what an event has started beside its flows stands nowhere in them."""
    for token in standing(scope):
        if token not in without:
            yield from of(token)


def standing(scope: Token) -> Iterator[Token]:
    """Yield the tokens of a scope that its flows have led somewhere."""
    for token in scope.children:
        spec = token.task_spec
        unseen = spec.silent or spec.by_event or joins.is_rest(token) or compensation.is_unseen(token)
        if not unseen:
            yield token


def of(token: Token) -> Iterator[Spot]:
    """Yield where a token stands; one that has left its element by several flows stands at each target."""
    spec, kept = token.task_spec, token.internal_data
    if back := kept.get(BACK):
        yield back[0], None, False
    elif kept.get("hold") == "after":
        for taken in (f for f in spec.flows if f.id in kept["take"]):
            yield from coming(spec._wf_spec.task_specs[taken.target], taken.id)
    elif continuations.is_held(token) or quantities.is_gathering(token):
        yield from coming(spec, kept.get("flow"))
    else:
        yield spec.element, kept.get("flow") if _joins(spec) and token._state == WAITING else None, False


def coming(spec: Any, flow: str | None) -> Iterator[Spot]:
    """Yield where a token comes that takes a flow to an element."""
    if spec.node.kind != "endEvent":  # there it is gone at once
        yield spec.element, flow if _joins(spec) else None, spec.start_quantity > 1


def _joins(spec: Any) -> bool:
    return isinstance(spec, JOINS) and len(spec.incoming) > 1
