"""Looking into an instance without moving it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflows import clock, deployed, engine
from workflows.actor import Actor
from workflows.errors import NotFound
from workflows.model import Instance, InstanceState
from workflows.persistence.host import InstanceHost


def peek(
    session: Session, instance: Instance, *, actor: Actor | None = None
) -> tuple[engine.Run, InstanceHost]:
    """Return the run of an instance as last written, and its host; nothing done to it is ever stored."""
    # Both in one statement: what is not locked may be moved to another version meanwhile.
    kept = session.execute(
        select(InstanceState.content, Instance.definition_id)
        .join(Instance, Instance.id == InstanceState.instance_id)
        .where(InstanceState.instance_id == instance.id)
    ).one_or_none()
    if kept is None:
        raise NotFound(f"The process instance {instance.id} has no state.")
    content, definition_id = kept
    found = deployed.process(session, definition_id)
    host = InstanceHost(session, instance, found, actor=actor, at=clock.now())
    return engine.Run.restore(found.definition, content, host, library=host.library), host


def variables(session: Session, instance: Instance) -> dict[str, Any]:
    """Return the variables of an instance's process scope."""
    run, _ = peek(session, instance)
    return dict(run.variables)
