"""Parked tasks: open, but not to be completed until others have signed. Id, holder, draft and clocks stay."""

from __future__ import annotations

from workflows.engine.tokens import Token

_PARKED = "parked"


def park(token: Token) -> None:
    """Keep a task from being completed."""
    token.internal_data[_PARKED] = True


def is_parked(token: Token) -> bool:
    """Tell whether a task waits for others to sign first."""
    return _PARKED in token.internal_data


def unpark(token: Token) -> None:
    """Let a parked task be completed again."""
    del token.internal_data[_PARKED]
