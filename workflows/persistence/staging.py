"""Which stage of a matter a step belongs to: opaque to the engine, for whoever decides what may be seen.

A step says so by its property `stage`, else a subprocess around it, else its process; a process that says nothing is
of the stage of the call activity that called it. None: the matter's own first stage.
"""

from __future__ import annotations

from collections.abc import Iterable

from workflows import engine
from workflows.persistence.library import InstanceLibrary

PROPERTY = "stage"


def of_process(definition: engine.Definition) -> str | None:
    """Return the stage that a process states."""
    return definition.properties.get(PROPERTY) or None


def of_step(task: engine.OpenTask, library: InstanceLibrary) -> str | None:
    """Return the stage that a step of a running instance is of; None where nothing around it states one."""
    return _innermost((task.node, *task.callers.values()), library)


def of_passage(step: engine.Step, library: InstanceLibrary) -> str | None:
    """Return the same of an element that a token has entered."""
    return _innermost((step.node, *step.callers), library)


def of_node(node: engine.Node, library: InstanceLibrary) -> str | None:
    """Return the stage that an element's own drawing states, whoever calls it."""
    return _stated(node, library.drawn(node))


def _innermost(places: Iterable[engine.Node], library: InstanceLibrary) -> str | None:
    return next(filter(None, (_stated(node, library.drawn(node)) for node in places)), None)


def _stated(node: engine.Node, drawn: engine.Definition) -> str | None:
    """Return the stage of an element in its own drawing."""
    step: engine.Node | None = node
    while step is not None:
        if stated := step.attributes.get("properties", {}).get(PROPERTY):
            return str(stated)
        step = drawn.nodes.get(step.scope or "")
    return of_process(drawn)
