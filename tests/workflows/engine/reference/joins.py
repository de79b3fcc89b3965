"""When an inclusive gateway is enabled, word for word as BPMN 2.0, 13.4.3 has it."""

from __future__ import annotations

from tests.workflows.engine.reference.model import Graph, Node
from tests.workflows.engine.reference.tokens import Scope


def is_enabled(gateway: Node, scope: Scope) -> bool:
    """Tell whether a gateway that has a token need not wait for another one."""
    with_token = {token.flow.id for token in scope.at(gateway) if token.flow}
    return not may_still_come(gateway, scope, with_token)


def may_still_come(gateway: Node, scope: Scope, with_token: set[str]) -> bool:
    """Tell whether a token elsewhere could reach an empty incoming flow without visiting the gateway.

    A token that could as well reach an incoming flow that has a token already does not count.
    """
    graph = scope.graph
    assert graph is not None
    empty = {flow.id for flow in graph.into(gateway)} - with_token
    for token in scope.tokens:
        if token.node is gateway:
            continue
        reached = flows_reached(graph, token.stands, gateway)
        if reached & empty and not reached & with_token:
            return True
    return False


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
