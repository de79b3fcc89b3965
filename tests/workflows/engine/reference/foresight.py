"""Whether tokens that stand somewhere can all go on to an end: every order tried, every condition left open.

It knows what `blocks` draws. What events start beside an activity leads nowhere else there, and is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, combinations

from tests.workflows.engine.reference.joins import flows_reached
from tests.workflows.engine.reference.model import Flow, Graph, Node

#: A node, and the flow on which a token waits there.
Place = tuple[str, str]
State = tuple[Place, ...]
#: States beyond which nothing is said.
MANY = 150
JOINS = ("parallel", "inclusive")


def sound(graph: Graph, places: Iterable[Place]) -> bool | None:
    """Tell whether no token gets stuck and no two come to be at one place; None if there is too much to try."""
    first = tuple(sorted(places))
    seen, todo = {first}, [first]
    while todo:
        state = todo.pop()
        following = list(_moves(graph, state))
        if len(set(state)) < len(state) or (state and not following):
            return False
        if len(seen) > MANY:
            return None
        for other in following:
            if other not in seen:
                seen.add(other)
                todo.append(other)
    return True


def place(graph: Graph, node: Node, flow: Flow | None) -> Place:
    """Return where a token is that has come to a node on a flow."""
    waits = node.kind in JOINS and len(graph.into(node)) > 1 and flow is not None
    return node.id, flow.id if waits and flow else ""


def _moves(graph: Graph, state: State) -> Iterator[State]:
    swift, slow = [], []
    for here in dict.fromkeys(state):
        node = graph.node(here[0])
        if node.kind == "inclusive" and here[1]:
            continue
        taken = _joined(graph, node, state) if node.kind == "parallel" and here[1] else [here]
        made = [_after(graph, state, taken, flows) for flows in _ways(graph, node)] if taken else []
        (swift if node.kind in ("exclusive", "parallel", "inclusive") else slow).extend(made)
        slow += [
            _after(graph, state, [here], graph.out_of(event))
            for event in graph.on(node)
            if event.interrupting
        ]
    if (
        not swift
    ):  # gateways are passed before an inclusive join is judged, and that before anything else is done
        joins = [node for node in graph.nodes if node.kind == "inclusive"]
        slow = [made for node in joins for made in _pass(graph, node, state)] or slow
    yield from (*swift, *slow)


def _joined(graph: Graph, join: Node, state: State) -> list[Place]:
    wanted = [(join.id, flow.id) for flow in graph.into(join)]
    return wanted if all(place in state for place in wanted) else []


def _pass(graph: Graph, join: Node, state: State) -> Iterator[State]:
    filled = {flow for node, flow in state if node == join.id and flow}
    empty = {flow.id for flow in graph.into(join)} - filled
    for other in state:
        reached = flows_reached(graph, graph.node(other[0]), join) if other[0] != join.id else set()
        if reached & empty and not reached & filled:
            return
    if filled:
        for flows in _ways(graph, join):
            yield _after(graph, state, [(join.id, flow) for flow in filled], flows)


def _ways(graph: Graph, node: Node) -> Iterator[list[Flow]]:
    flows = graph.out_of(node)
    if node.kind == "exclusive":
        yield from ([flow] for flow in flows)
    elif node.kind == "inclusive" and len(flows) > 1:
        always = [f for f in flows if not f.when and not f.default]
        maybe = [f for f in flows if f.when]
        for some in chain.from_iterable(combinations(maybe, n) for n in range(len(maybe) + 1)):
            yield [*always, *some] or [f for f in flows if f.default]
    elif node.kind == "events":
        yield from (graph.out_of(graph.node(flow.target)) for flow in flows)
    else:
        yield flows


def _after(graph: Graph, state: State, taken: list[Place], flows: list[Flow]) -> State:
    left = list(state)
    for one in taken:
        left.remove(one)
    for flow in flows:
        target = graph.node(flow.target)
        if target.kind == "end" and target.event is not None:
            return ()  # it ends the scope
        if target.kind != "end":
            left.append(place(graph, target, flow))
    return tuple(sorted(left))
