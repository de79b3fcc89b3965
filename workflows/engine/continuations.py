"""Asynchronous continuations: where a token is held until a job of its own lets it go on.

`camunda:asyncBefore` holds it before the element (not yet entered: no event on it is armed), `asyncAfter`
behind it (left, but its flows not yet taken). Only runs that have jobs hold anything; others just go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workflows.engine.plan import Flow
from workflows.engine.tokens import COMPLETED, Token


def hold_before(token: Token) -> None:
    """Keep a new token from entering its element."""
    token.internal_data["hold"] = "before"


def hold_after(token: Token, flows: list[Flow]) -> None:
    """Keep a token that has left its element from taking the flows chosen; what was armed on it is gone."""
    for armed in token.children:
        token.workflow.remove(armed)
    token._set_state(COMPLETED)
    token.internal_data.update(hold="after", take=[flow.id for flow in flows])


def is_held(token: Token) -> bool:
    """Tell whether a token waits for its job."""
    return "hold" in token.internal_data


def is_coming(token: Token) -> bool:
    """Tell whether a token is held before its element."""
    return token.internal_data.get("hold") == "before"


def held(run: Any) -> Iterator[tuple[str, Token]]:
    """Yield the tokens that wait for their jobs, the oldest first, and the id of each hold.

    One token may be held before its element and again behind it: those are two.
    """
    for token in run.tasks.values():
        if is_held(token):
            yield f"{token.id}:{token.internal_data['hold']}", token


def find(run: Any, identity: str) -> Token | None:
    """Return the token of a hold, None if it has gone on or is gone."""
    return next((token for hold, token in held(run) if hold == identity), None)


def go_on(token: Token) -> None:
    """Let a held token go on."""
    run, where = token.workflow, token.internal_data.pop("hold")
    if where == "before":
        run.arrive(token)
        return
    chosen = token.internal_data.pop("take")
    run.depart(token, [flow for flow in token.task_spec.flows if flow.id in chosen])
