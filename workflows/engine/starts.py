"""Where an instance begins: by name, by message, or at the plain start event."""

from __future__ import annotations

from typing import Any

from workflows.engine.reading import Definition
from workflows.errors import InvalidInput


def chosen(definition: Definition, message: str | None, start_node: str | None) -> tuple[Any, ...]:
    """Return the start events to begin at; raises `InvalidInput` when that is not clear."""
    starts = definition.spec.start.starts
    if start_node is not None:
        return _one(definition, [s for s in starts if s.name == start_node], f"'{start_node}'")
    if message is not None:
        waiting = [
            s for s in starts if s.node.kind == "startEvent:message" and s.event_name.source == message
        ]
        return _one(definition, waiting, f"for the message '{message}'")
    return plain(definition)


def plain(definition: Definition) -> tuple[Any, ...]:
    """Return where the process begins without a trigger; raises `InvalidInput` when that is not clear."""
    starts = definition.spec.start.starts
    # Without any start event everything that could start does.
    if not any(s.node.kind.startswith("startEvent") for s in starts):
        return tuple(starts)
    return _one(definition, [s for s in starts if s.node.kind == "startEvent"], "without a trigger")


def _one(definition: Definition, found: list[Any], wanted: str) -> tuple[Any, ...]:
    if len(found) != 1:
        there = ", ".join(f"{s.name} ({s.node.kind})" for s in definition.spec.start.starts)
        raise InvalidInput(
            f"'{definition.id}' has {len(found) or 'no'} start events {wanted}; there are: {there}.",
            code="start",
        )
    return (found[0],)
