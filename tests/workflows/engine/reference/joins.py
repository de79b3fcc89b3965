"""When an inclusive gateway is enabled, word for word as BPMN 2.0, 13.4.3 has it."""

from __future__ import annotations

from tests.workflows.engine.reference.model import Graph, Node
from tests.workflows.engine.reference.tokens import Scope


def is_enabled(gateway: Node, scope: Scope) -> bool:
    """Tell whether a gateway that has a token need not wait for another one.

    It waits for a token elsewhere that could reach an empty incoming flow without visiting the gateway, unless
    the same token could as well reach an incoming flow that has a token already.
    """
    graph = scope.graph
    assert graph is not None
    with_token = {token.flow.id for token in scope.at(gateway) if token.flow}
    empty = {flow.id for flow in graph.into(gateway)} - with_token
    for token in scope.tokens:
        if token.node is gateway:
            continue
        reached = flows_reached(graph, token.node, gateway)
        if reached & empty and not reached & with_token:
            return False
    return True


def flows_reached(graph: Graph, node: Node, gateway: Node) -> set[str]:
    """Return all flows on a path from a node that does not visit the gateway.

    An event on an activity is a way out of it like any flow.
    """
    seen: set[str] = set()
    todo = [node]
    while todo:
        at = todo.pop()
        for source in (at, *graph.on(at)):
            for flow in graph.out_of(source):
                if flow.id not in seen:
                    seen.add(flow.id)
                    if flow.target != gateway.id:
                        todo.append(graph.node(flow.target))
    return seen
