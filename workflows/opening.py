"""Beginning an instance with what is given: through the start event's form and its recording operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from workflows import audit, deployed, engine, parts, persistence, recording
from workflows.actor import Actor
from workflows.errors import Conflict
from workflows.model import Instance, ProcessDefinition


def begin(
    session: Session,
    definition: ProcessDefinition,
    *,
    actor: Actor | None,
    given: Mapping[str, Any],
    business_key: str | None = None,
    scope_id: str | None = None,
    message: str | None = None,
    start_node: str | None = None,
    trigger: engine.Trigger | None = None,
) -> Instance:
    """Return a new instance at its first rest, begun by its plain start event, the one named or the trigger's.

    Raises Conflict if the definition is suspended, InvalidInput naming what the form does not take.
    """
    if definition.suspended:
        raise Conflict(f"The process definition {definition.id} is suspended.", code="suspended")
    owner = deployed.process(session, definition.id)
    place = trigger.node_id if trigger else start_node
    node = owner.node(place) if place else owner.definition.start_node
    form = deployed.form(session, owner, node)
    answers = recording.check(session, form, given)
    instance = persistence.begin(
        session,
        definition,
        record=lambda host: {
            **recording.record(
                node,
                form,
                answers,
                context=lambda: host.context(element_id=node.id, variables={}),
                absorb=host.absorb,
            ),
            **_initiator(node, actor),
        },
        actor=actor,
        business_key=business_key,
        scope_id=scope_id,
        message=message,
        start_node=start_node,
        trigger=trigger,
    )
    for login in sorted(actor.parties) if actor else ():
        parts.begun(session, instance, node, login)
    audit.record(
        session,
        actor=actor,
        act="instance.start",
        instance_id=instance.id,
        scope_id=instance.scope_id,
        detail={"definition": definition.id},
    )
    return instance


def _initiator(node: engine.Node, actor: Actor | None) -> dict[str, str]:
    """Return the variable in which the diagram wants to know who has started it (`camunda:initiator`)."""
    name = node.attributes.get("initiator")
    return {name: actor.id} if name and actor else {}
