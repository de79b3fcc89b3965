"""Routes that an account may use only so often: those that take files in, and those that give papers out.

@bp.get("/clues/<clue_id>/paper.pdf")
@guard(roles=OFFICE)
@limited(EXPORTS)
def paper(actor: Actor, clue_id: str) -> Response: ...
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import request

from server.db import unit_of_work
from server.traffic import rates
from server.traffic.rates import Limit
from workflows.actor import Actor

View = TypeVar("View", bound=Callable[..., Any])


def limited(limit: Limit) -> Callable[[View], View]:
    """Count each use of the view, and refuse it with TooMany once the account's number is spent.

    A form without a file counts as no upload.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def counted(*args: Any, actor: Actor, **kwargs: Any) -> Any:
            if limit is not rates.UPLOADS or _brings_files():
                count(limit, actor)
            return view(*args, actor=actor, **kwargs)

        counted.__limited__ = limit.name  # type: ignore[attr-defined]
        return counted  # type: ignore[return-value]

    return decorate


def count(limit: Limit, actor: Actor) -> None:
    """Count one use by the actor, or raise TooMany."""
    # A transaction of its own: what fails afterwards has cost as much.
    with unit_of_work() as session:
        rates.spend(session, actor.id, limit)


def _brings_files() -> bool:
    return any(file.filename for file in request.files.values())
