"""The exploration against a naive token game on small random graphs, and its ways there on the real engine."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workflows.engine.diagrams import TestHost, boundary, file_of, flows, nodes, user
from workflows.engine import Definition, Run, compile_definition
from workflows.engine.soundness import Budget
from workflows.engine.soundness.drawing import draw
from workflows.engine.soundness.exploring import Explored, explore

#: States of the naive game beyond which a graph proves nothing.
MANY = 600
TAGS = {"x": "exclusiveGateway", "p": "parallelGateway", "o": "inclusiveGateway"}

State = tuple[str, ...]  #: the flows that hold tokens, one name for each


@dataclass(frozen=True)
class Graph:
    """Elements by name, the first letter being the kind: t(ask), x, p(arallel), o (inclusive), b(oundary)."""

    following: dict[str, tuple[str, ...]]
    hosts: dict[str, str] = field(default_factory=dict)  #: boundary event → task

    def draw(self) -> bytes:
        body = nodes("startEvent", "s") + flows("s > " + next(iter(self.following)))
        if any("e" in targets for targets in self.following.values()):
            body += nodes("endEvent", "e")
        for name, targets in self.following.items():
            if name[0] == "t":
                body += user(name)
            elif name[0] == "b":
                inner = f'<messageEventDefinition messageRef="m_{name}"/>'
                body += boundary(name, self.hosts[name], inner)
            else:
                body += nodes(TAGS[name[0]], name)
            chooses = name[0] in "xo" and len(targets) > 1
            for target in targets:
                body += flows(f"{name} > {target}" + (f" | takes('{name}_{target}')" if chooses else ""))
        messages = "".join(f'<message id="m_{name}" name="m_{name}"/>' for name in self.hosts)
        return file_of(body, extra=messages)


@st.composite
def graphs(draw_: st.DrawFn) -> Graph:
    """Return a graph in which anything may be connected with anything; a gateway splits or merges."""
    kinds = draw_(st.lists(st.sampled_from("ttxxppo"), min_size=2, max_size=6))
    names = [f"{kind}{number}" for number, kind in enumerate(kinds)]
    targets = st.lists(st.sampled_from([*names, "e"]), min_size=1, max_size=2, unique=True)
    following = {name: tuple(t for t in draw_(targets) if t != name) or ("e",) for name in names}
    hosts = {}
    for name in [n for n in names if n[0] == "t"][: draw_(st.integers(0, 1))]:
        hosts[f"b{name}"] = name
        following[f"b{name}"] = (draw_(st.sampled_from([*names, "e"])),)
    into = Counter([names[0], *(target for made in following.values() for target in made)])
    for name in (n for n in names if n[0] in TAGS and into[n] < 2 and len(following[n]) < 2):
        other = draw_(st.sampled_from([t for t in (*names, "e") if t not in (name, *following[name])]))
        following[name] += (other,)
        into[other] += 1
    return Graph(following, hosts)


class Naive:
    """Tokens on flows, moved one element at a time; written without a look at the exploration."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        first = next(iter(graph.following))
        self.out = {n: [f"{n}_{t}" for t in targets] for n, targets in graph.following.items()}
        self.out["s"], self.out["e"] = [f"s_{first}"], []
        self.into: dict[str, list[str]] = {n: [] for n in self.out}
        for flow in [flow for made in self.out.values() for flow in made]:
            self.into[flow.partition("_")[2]].append(flow)

    def play(self) -> tuple[dict[State, int], set[State]] | None:
        """Return every state with its distance, and those that are stuck; None if there are too many."""
        begin: State = (self.out["s"][0],)
        seen, todo, stuck = {begin: 1}, deque([begin]), set()
        while todo:
            state = todo.popleft()
            nexts = list(self.steps(state))
            if not nexts and state:
                stuck.add(state)
            for other in nexts:
                if other not in seen:
                    seen[other] = seen[state] + 1
                    todo.append(other)
            if len(seen) > MANY or len(state) > 12:
                return None
        return seen, stuck

    def steps(self, state: State) -> list[State]:
        instant, slow, joined = [], [], []
        held = Counter(state)
        for name, into in self.into.items():
            standing = [flow for flow in into if held[flow]]
            if name[0] == "o" and len(into) > 1:
                if standing and not self._may_come(name, state, set(standing)):
                    joined += [self._moved(state, standing, put) for put in self._ways(name)]
            elif name[0] == "p" and len(into) > 1:
                if len(standing) == len(into):
                    instant += [self._moved(state, into, self.out[name])]
            else:
                for flow in standing:
                    made = [self._moved(state, [flow], put) for put in self._ways(name)]
                    (slow if name[0] == "t" else instant).extend(made)
                    for event, host in self.graph.hosts.items():
                        if host == name:
                            slow.append(self._moved(state, [flow], self.out[event]))
        return instant + joined if joined else instant + slow

    def _ways(self, name: str) -> list[list[str]]:
        out = self.out[name]
        if name[0] == "x" or len(out) < 2:
            return [[flow] for flow in out] or [[]]
        return [[out[0]], [out[1]], out] if name[0] == "o" else [out]

    @staticmethod
    def _moved(state: State, take: list[str], put: list[str]) -> State:
        left = list(state)
        for flow in take:
            left.remove(flow)
        # A token that comes to the end is gone.
        return tuple(sorted(left + [flow for flow in put if not flow.endswith("_e")]))

    def _may_come(self, gateway: str, state: State, standing: set[str]) -> bool:
        for flow in state:
            name = flow.partition("_")[2]
            if name == gateway:
                continue
            reached = self._arrivals(name, gateway)
            complete = name[0] == "p" and len(self.into[name]) > 1
            instant = name[0] in "xe" or (name[0] in "po" and len(self.into[name]) < 2)
            instant = instant or (complete and all(other in state for other in self.into[name]))
            if reached and (instant or not reached & standing):
                return True
        return False

    def _arrivals(self, name: str, gateway: str) -> set[str]:
        found, seen, todo = set(), {name}, [name]
        while todo:
            at = todo.pop()
            leaving = [
                *self.out[at],
                *(f for b, h in self.graph.hosts.items() if h == at for f in self.out[b]),
            ]
            for flow in leaving:
                target = flow.partition("_")[2]
                if target == gateway:
                    found.add(flow)
                elif target not in seen:
                    seen.add(target)
                    todo.append(target)
        return found


def explored(graph: Graph, *, plain: int = 2_000) -> tuple[Definition, Explored]:
    definition = compile_definition(graph.draw(), "p")
    net = draw(definition.nodes, definition.spec, None)
    return definition, explore(net, Budget(markings=2_000), plain=plain)


def stuck_at(seen: Explored) -> set[tuple[str, ...]]:
    """Return where tokens are stuck, by element, in every dead marking."""
    return {tuple(sorted(seen.net.places[p].element for p in seen.markings[n])) for n in seen.dead()}


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_every_stuck_state_of_a_naive_game_is_found_and_no_other(graph: Graph) -> None:
    played = Naive(graph).play()
    if played is None:
        return
    states, stuck = played
    _, seen = explored(graph)
    if not seen.finished:
        # What grows is not followed further; the naive game may have met its end before.
        assert seen.growing is not None
        return
    assert stuck_at(seen) == {tuple(sorted(f.partition("_")[2] for f in state)) for state in stuck}
    if stuck:
        shortest = min(states[state] for state in stuck)
        assert min(len(seen.way(number)) for number in seen.dead()) == shortest


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_leaving_out_interleavings_changes_no_verdict(graph: Graph) -> None:
    _, all_orders = explored(graph)
    _, few = explored(graph, plain=0)
    if not all_orders.bounded:
        return
    assert (few.growing is None) == (all_orders.growing is None)
    if all_orders.growing is None:
        assert stuck_at(few) == stuck_at(all_orders)
        assert few.fired == all_orders.fired
        assert len(few.markings) <= len(all_orders.markings)
        assert [few.depth[n] for n in few.dead()][:1] == [all_orders.depth[n] for n in all_orders.dead()][:1]


@pytest.mark.parametrize(
    "following",
    [
        {"o0": ("o2",), "t1": ("x5",), "o2": ("t3", "t1"), "t3": ("o0",), "t4": ("o0",), "x5": ("o0", "o2")},
        {"t0": ("o4", "t1"), "t1": ("t0",), "t2": ("o4",), "t3": ("t0",), "o4": ("t2",)},
    ],
    ids=["a gateway is passed or waited for", "who waits lets others go round"],
)
def test_tokens_that_pile_up_at_an_inclusive_join_on_a_loop_are_found(
    following: dict[str, tuple[str, ...]],
) -> None:
    """A join that passes before anybody does anything makes the order of what people do matter."""
    for plain in (2_000, 0):
        _, seen = explored(Graph(following), plain=plain)
        assert seen.growing is not None


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_every_way_to_a_stuck_token_leads_there_on_the_real_engine(graph: Graph) -> None:
    definition, seen = explored(graph)
    for number in list(seen.dead())[:3]:
        run = replayed(graph, definition, seen, number)
        assert run.outcome == "running"
        assert run.open_tasks == []
        assert run.subscriptions == []


def replayed(graph: Graph, definition: Definition, seen: Explored, number: int) -> Run:
    """Return a run that has gone the way to a marking, its choices made as that way makes them."""
    told: dict[str, deque[set[str]]] = {name: deque() for name in graph.following}
    way = seen.way(number)
    for move in way:
        if move.element[0] in "xo":
            put = {seen.net.places[place].element for place in move.put} | set(move.told)
            chosen = (t for t in graph.following[move.element] if t in put)
            told[move.element].append({f"{move.element}_{target}" for target in chosen})

    def takes(flow: str) -> bool:
        gateway, _, target = flow.partition("_")
        taken = flow in told[gateway][0]
        if taken if gateway[0] == "x" else target == graph.following[gateway][-1]:
            told[gateway].popleft()
        return taken

    host = TestHost(functions={"takes": takes})
    run = Run.start(definition, {}, host)
    for move in way:
        if move.element[0] == "t":
            run.complete(next(t.id for t in run.open_tasks if t.node.id == move.element), {})
        elif move.element[0] == "b":
            assert run.deliver(f"m_{move.element}", {})
    return run
