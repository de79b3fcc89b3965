"""Where an instance begins: by name, by message, or at the plain start event."""

from __future__ import annotations

from workflows.engine import listeners
from workflows.engine.openings import Opening, openings
from workflows.engine.reading import Definition
from workflows.engine.tokens import Token
from workflows.engine.triggers import Trigger
from workflows.errors import InvalidInput


def chosen(
    definition: Definition, message: str | None, start_node: str | None, trigger: Trigger | None
) -> tuple[Opening, ...]:
    """Return how to begin; raises `InvalidInput` when that is not clear."""
    if definition.alone:
        raise InvalidInput(f"'{definition.id}' is a global task: a call activity begins it.", code="start")
    known = list(openings(definition.spec))
    if trigger is not None:
        start_node = trigger.node_id
        known = [o for o in known if o.kind == trigger.kind and trigger.name in ("", o.name)]
        known = [o for o in known if o.spec.node.id == trigger.node_id][trigger.number :]
    if start_node is not None:
        # A gateway itself means the first of its events.
        at = [o for o in known if start_node in (o.spec.name, getattr(o.gateway, "name", None))]
        of_message = [o for o in at if message is not None and o.message == message]
        return _one(definition, (of_message or at)[:1], f"'{start_node}'")
    if message is not None:
        waiting = [o for o in known if o.message == message]
        return _one(definition, waiting, f"for the message '{message}'")
    return plain(definition)


def plain(definition: Definition) -> tuple[Opening, ...]:
    """Return where the process begins without a trigger; raises `InvalidInput` when that is not clear."""
    known = list(openings(definition.spec))
    # Without any start event everything that could start does.
    if not any(o.kind or o.spec.node.kind == "startEvent" for o in known):
        return tuple(known)
    return _one(definition, [o for o in known if o.spec.node.kind == "startEvent"], "without a trigger")


def begin(root: Token, chosen: tuple[Opening, ...]) -> None:
    """Put the first tokens where a process begins; what those places wait for has happened."""
    listeners.tell_uncaught(root, "start")
    places = tuple(opening.gateway or opening.spec for opening in chosen)
    root.workflow.start_scope(root, places, happened=chosen[0].happened if chosen else "")


def _one(definition: Definition, found: list[Opening], wanted: str) -> tuple[Opening, ...]:
    if len(found) != 1:
        there = ", ".join(f"{o.spec.name} ({o.spec.node.kind})" for o in openings(definition.spec))
        raise InvalidInput(
            f"'{definition.id}' has {len(found) or 'no'} start events {wanted}; there are: {there}.",
            code="start",
        )
    return (found[0],)
