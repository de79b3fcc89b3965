"""Random models: what every way of drawing them has in common."""

from __future__ import annotations

from itertools import count

from hypothesis import strategies as st

from tests.workflows.engine.reference.model import Event, Flow, Graph, Node, Repeat

CONDITIONS = ("a", "b", "c", "!a", "!b", "!c")
#: What only the outside sends, and what only the process itself throws.
OUTER_MESSAGES, INNER_MESSAGES = ("m1", "m2"), ("n1",)
OUTER_SIGNALS, INNER_SIGNALS = ("g1", "g2"), ("h1",)
CODES = ("e1", "e2")


class Naming:
    """Ids that are used once."""

    def __init__(self) -> None:
        self.numbers = count()

    def __call__(self, kind: str) -> str:
        return f"{kind}{next(self.numbers)}"


class Builder:
    """One scope under construction."""

    def __init__(self, draw: st.DrawFn, name: Naming, event: Event | None = None, **start: bool) -> None:
        self.draw = draw
        self.name = name
        self.nodes: list[Node] = []
        self.flows: list[Flow] = []
        self.start = self.add("start", event=event, **start)

    def add(self, kind: str, **rest: object) -> Node:
        node = Node(self.name(kind), kind, **rest)  # type: ignore[arg-type]
        self.nodes.append(node)
        return node

    def flow(self, source: Node, target: Node, when: str = "", **rest: bool) -> None:
        self.flows.append(Flow(self.name("f"), source.id, target.id, when, **rest))

    def graph(self) -> Graph:
        return Graph(tuple(self.nodes), tuple(self.flows))

    def one_of(self, *choices: str) -> str:
        return self.draw(st.sampled_from(choices))

    def flip(self) -> bool:
        return self.draw(st.booleans())

    def event(self, kind: str) -> Event:
        """Draw what a catching event waits for."""
        if kind == "timer":
            return Event(kind, minutes=self.draw(st.integers(1, 200)))
        if kind == "message":
            return Event(kind, self.one_of(*OUTER_MESSAGES, *INNER_MESSAGES))
        if kind == "signal":
            return Event(kind, self.one_of(*OUTER_SIGNALS, *INNER_SIGNALS))
        if kind == "condition":
            return Event(kind, self.one_of(*CONDITIONS))
        return Event(kind, self.one_of("", *CODES))

    def thrown(self, kind: str) -> Event:
        """Draw what a throwing event throws."""
        names = {"message": INNER_MESSAGES, "signal": INNER_SIGNALS, "error": CODES, "escalation": CODES}
        return Event(kind, self.one_of(*names[kind]) if kind in names else "")

    def repeat(self) -> Repeat:
        kind = self.one_of("parallel", "sequential", "loop")
        number = self.draw(st.integers(0 if kind != "loop" else 1, 3))
        if kind == "loop":
            return Repeat(number, kind, again=self.one_of("", *CONDITIONS))
        return Repeat(number, kind, enough=self.draw(st.sampled_from([None, None, 1, 2])))

    def boundary(self, host: Node) -> Node:
        """Put an event on an activity."""
        kinds = ["timer", "message", "signal", "condition"]
        if host.inside is not None:
            kinds += ["error", "escalation"]
        kind = self.one_of(*kinds)
        event = self.event(kind)
        interrupting = kind == "error" or self.flip()
        if kind == "timer" and not interrupting:
            event = Event(kind, minutes=event.minutes, turns=self.draw(st.integers(1, 3)))
        return self.add("boundary", event=event, host=host.id, interrupting=interrupting)


def waits(node: Node) -> bool:
    """Tell whether a token stays at a node until somebody outside acts, so that a flow may lead back from it."""
    if node.repeat is not None and node.repeat.count == 0:
        return False
    if node.kind == "user":
        return True
    event = node.event
    if event is None or node.kind not in ("catch", "receive", "boundary"):
        return False
    return event.kind == "timer" or event.name in OUTER_MESSAGES + OUTER_SIGNALS
