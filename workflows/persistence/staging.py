"""Which stage of a matter a step belongs to: opaque to the engine, for whoever decides what may be seen.

A step says so by its property `stage`, else a subprocess around it, else its process; a process that says nothing is
of the stage of what called it. None: the matter's own first stage.
"""

from __future__ import annotations

from workflows import engine
from workflows.persistence.library import InstanceLibrary

PROPERTY = "stage"


def of_process(definition: engine.Definition) -> str | None:
    """Return the stage that a process states."""
    return definition.properties.get(PROPERTY) or None


def of_step(node: engine.Node, library: InstanceLibrary) -> str | None:
    """Return the stage that a step of a running instance is of; None where nothing around it states one."""
    drawn = library.drawn(node)
    step: engine.Node | None = node
    while step is not None:
        if stated := step.attributes.get("properties", {}).get(PROPERTY):
            return str(stated)
        step = drawn.nodes.get(step.scope or "")
    return of_process(drawn) or of_process(library.definition.definition)
