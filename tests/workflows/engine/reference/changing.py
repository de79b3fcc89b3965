"""Another version of a model, and a game that goes on with it: what the tokens stand at has another name, no more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.workflows.engine.reference.game import Game
from tests.workflows.engine.reference.model import Flow, Graph, Node


def ways(graph: Graph) -> list[str]:
    """Return the flows into which a step can be put, however deep."""
    races = {node.id for node in graph.nodes if node.kind == "events"}
    own = [flow.id for flow in graph.flows if not flow.link and flow.source not in races]
    return own + [way for node in graph.nodes if node.inside for way in ways(node.inside)]


def with_step(graph: Graph, way: str, step: str) -> Graph:
    """Return the model with a user task put into a flow; its first half keeps the flow's id, as modellers have it."""
    nodes = tuple(replace(n, inside=with_step(n.inside, way, step)) if n.inside else n for n in graph.nodes)
    flow = next((flow for flow in graph.flows if flow.id == way), None)
    if flow is None:
        return Graph(nodes, graph.flows)
    halves = (replace(flow, target=step), Flow(second(step), step, flow.target))
    flows = tuple(new for each in graph.flows for new in (halves if each is flow else (each,)))
    return Graph((*nodes, Node(step, "user")), flows)


def second(step: str) -> str:
    """Return the id of the flow behind an added step."""
    return f"{step}_on"


def renamed(graph: Graph, old: str, new: str) -> Graph:
    """Return the model with another id for a node."""

    def name(identity: str) -> str:
        return new if identity == old else identity

    nodes = (
        replace(n, id=name(n.id), host=name(n.host), inside=renamed(n.inside, old, new) if n.inside else None)
        for n in graph.nodes
    )
    flows = (replace(flow, source=name(flow.source), target=name(flow.target)) for flow in graph.flows)
    return Graph(tuple(nodes), tuple(flows))


def go_on(game: Game, graph: Graph, names: dict[str, str]) -> None:
    """Let a game at rest go on with another version of its model."""
    nodes = {node.id: node for node in graph.every_node()}
    flows = {flow.id: flow for flow in _every_flow(graph)}
    holders = [game.root, *game.tokens(), *(t.inside for t in game.tokens() if t.inside)]
    game.root.graph = graph
    for token in list(game.tokens()):
        token.node = nodes[names.get(token.node.id, token.node.id)]
        if token.inside and token.inside.graph is not None:
            token.inside.graph = token.node.inside
        if token.flow is not None and token.node.kind in ("parallel", "inclusive", "complex"):
            token.flow = _into(flows, token.flow.id, token.node.id)
    for armed in (armed for holder in holders for armed in holder.armed):
        armed.node = nodes[names.get(armed.node.id, armed.node.id)]
        armed.handler = armed.handler and nodes[names.get(armed.handler.id, armed.handler.id)]
    for rest in (rest for scope in game.scopes() for rest in scope.rests):
        rest.node = nodes[names.get(rest.node.id, rest.node.id)]
        rest.consumed = {_into(flows, flow, rest.node.id).id for flow in rest.consumed}


def _into(flows: dict[str, Flow], flow: str, node: str) -> Flow:
    """Return the flow that leads to a node now where a step was put into the one that did."""
    found = flows[flow]
    return found if found.target == node else flows[second(found.target)]


def _every_flow(graph: Graph) -> Iterator[Flow]:
    yield from graph.flows
    for node in graph.nodes:
        if node.inside is not None:
            yield from _every_flow(node.inside)
