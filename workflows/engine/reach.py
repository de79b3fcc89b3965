"""Which incoming flows of a gateway may still be reached from elsewhere, found once per gateway and kept."""

from __future__ import annotations

from typing import Any

#: By element: the incoming flows of one gateway that paths from the element end with.
Reach = dict[str, frozenset[str]]


def arrivals(start: Any, gateway: Any, *, chosen: bool = False) -> frozenset[str]:
    """Return the incoming flows of `gateway` that a token at `start` could come on first.

    `chosen`: it leaves `start` by flows with a condition only. An event on an activity is a way out of it.
    """
    if gateway.reach is None:
        # Threads that share the diagram find the same, so the last to write is as right as the first.
        gateway.reach = _reach(gateway)
    found: frozenset[str] = frozenset()
    for source in (start, *start.boundaries):
        for flow in source.flows:
            if chosen and not flow.condition:
                continue
            if flow.target == gateway.name:
                found |= {flow.id}
            else:
                found |= gateway.reach.get(flow.target, frozenset())
    return found


def _reach(gateway: Any) -> Reach:
    before = _sources(gateway._wf_spec.task_specs)
    found: dict[str, set[str]] = {}
    for flow, last in before.get(gateway.name, ()):
        todo = [last]
        while todo:
            name = todo.pop()
            reached = found.setdefault(name, set())
            # A path does not visit the gateway on its way.
            if name != gateway.name and flow not in reached:
                reached.add(flow)
                todo.extend(source for _, source in before.get(name, ()))
    return {name: frozenset(reached) for name, reached in found.items()}


def _sources(specs: dict[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """Return the flows into every element with the element, or the host of the event, that they come from."""
    found: dict[str, list[tuple[str, str]]] = {}
    for spec in specs.values():
        for source in (spec, *getattr(spec, "boundaries", ())):
            for flow in getattr(source, "flows", ()):
                found.setdefault(flow.target, []).append((flow.id, spec.name))
    return found
