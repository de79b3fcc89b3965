"""Ending other processes of the same matter, each by a job of its own; never one of another matter."""

from __future__ import annotations

from sqlalchemy import select

from handlers.registers.record import clue_of
from workflows import persistence
from workflows.model import Instance
from workflows.operations import Context, operation


@operation("processes.stop")
def stop(context: Context, *, process: str, reason: str) -> None:
    """Let the running instances of the process with this key end that belong to the matter, but for the one that asks.

    Each is ended in a transaction of its own, once however often this is done again; what has ended by itself
    meanwhile stays as it ended. `reason` stands in its history.
    """
    clue = clue_of(context)
    others = select(Instance.id).where(
        Instance.scope_id == clue.scope_id,
        Instance.definition_key == process,
        Instance.id != context.instance_id,
        Instance.ended_at.is_(None),
    )
    for each in context.session.scalars(others.order_by(Instance.id)).all():
        persistence.stop(context.session, each, origin_id=context.instance_id, reason=reason)
