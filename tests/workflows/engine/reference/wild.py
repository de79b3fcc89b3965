"""Random graphs without any structure: splits without joins, joins without splits, jumps back from anywhere."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.workflows.engine.reference.builder import CONDITIONS, Builder, Naming, waits
from tests.workflows.engine.reference.model import Event, Flow, Graph, Node

KINDS = (
    *("user",) * 5,
    *("parallel", "inclusive", "exclusive") * 3,
    *("sub", "sub", "catch", "task", "throw", "end", "choice", "receive", "link", "complex"),
)
GATEWAYS = ("exclusive", "parallel", "inclusive", "complex")
ENDS = ("none", "none", "none", "terminate", "error", "escalation", "signal", "message")


@st.composite
def wild(draw: st.DrawFn) -> Graph:
    """Draw a process of a dozen nodes and at most three levels."""
    return Wild(draw, Naming()).scope(depth=2, most=10)


class Wild(Builder):
    """One scope: every node hangs on some earlier one, and what waits may lead back."""

    def __init__(self, draw: st.DrawFn, name: Naming, event: Event | None = None, **start: bool) -> None:
        super().__init__(draw, name, event, **start)
        self.sources: list[Node] = [self.start]
        self.targets: list[Node] = []

    def scope(self, depth: int, most: int) -> Graph:
        for _ in range(self.draw(st.integers(1, most))):
            self.next(depth)
        for _ in range(self.draw(st.integers(0, 2))):
            self.lead_back()
        # Not for ever: what is drawn the simplest way would nest until the stack is full.
        if depth >= 0 and self.draw(st.integers(0, 3)) == 0:
            self.handle(depth)
        self.finish()
        return Graph(tuple(self.nodes), tuple(self.conditioned()))

    def next(self, depth: int) -> None:
        """Add a node behind one to three earlier ones."""
        before = [self.draw(st.sampled_from(self.sources)) for _ in range(self.draw(st.integers(1, 3)))]
        node = self.make(self.one_of(*KINDS), depth)
        for source in before:
            self.flow(source, node)
        self.targets.append(node)

    def make(self, kind: str, depth: int) -> Node:
        if kind in ("choice", "link"):
            return self.choice() if kind == "choice" else self.link()
        if kind == "end":
            event = self.one_of(*ENDS)
            return self.add("end", event=None if event == "none" else self.thrown(event))
        if kind == "sub" and depth <= 0:
            kind = "user"
        if kind in ("user", "sub"):
            return self.activity(kind, depth)
        event = {
            "catch": lambda: self.event(self.one_of("timer", "message", "signal", "condition")),
            "receive": lambda: self.event("message"),
            "throw": lambda: self.thrown(self.one_of("signal", "escalation", "message")),
        }.get(kind)
        needs = self.draw(st.integers(1, 3)) if kind == "complex" else 1
        node = self.add(kind, event=event() if event else None, needs=needs)
        self.sources.append(node)
        return node

    def activity(self, kind: str, depth: int) -> Node:
        inside = Wild(self.draw, self.name).scope(depth - 1, most=5) if kind == "sub" else None
        repeat = self.repeat() if self.draw(st.integers(0, 3)) == 0 else None
        needs = self.draw(st.sampled_from([1] * 9 + [2])) if repeat is None else 1
        leaves = self.draw(st.sampled_from([1] * 9 + [2]))
        node = self.add(kind, inside=inside, repeat=repeat, needs=needs, leaves=leaves)
        self.sources.append(node)
        for _ in range(self.draw(st.integers(0, 2))):
            self.sources.append(self.boundary(node))
        return node

    def choice(self) -> Node:
        """Add an event gateway with what it waits for: message events or receive tasks, never both."""
        gateway, message = self.add("events"), self.one_of("message", "receive")
        for _ in range(2):
            kind = self.one_of("timer", message, "signal")
            event = self.event("message" if kind == "receive" else kind)
            caught = self.add("receive" if kind == "receive" else "catch", event=event)
            self.flow(gateway, caught)
            self.sources.append(caught)
        return gateway

    def link(self) -> Node:
        name = self.name("link")
        thrown = self.add("throw", event=Event("link", name))
        caught = self.add("catch", event=Event("link", name))
        self.flow(thrown, caught, link=True)
        self.sources.append(caught)
        return thrown

    def handle(self, depth: int) -> None:
        """Add an event subprocess."""
        kind = self.one_of("timer", "message", "signal", "condition", "error", "escalation")
        event, interrupting = self.event(kind), kind == "error" or self.flip()
        if kind == "timer" and not interrupting:
            event = Event(kind, minutes=event.minutes, turns=self.draw(st.integers(1, 3)))
        inside = Wild(self.draw, self.name, event, interrupting=interrupting).scope(depth - 1, most=4)
        self.add("handler", inside=inside)

    def lead_back(self) -> None:
        waiting = [node for node in self.sources if waits(node)]
        if waiting and self.targets:
            self.flow(self.draw(st.sampled_from(waiting)), self.draw(st.sampled_from(self.targets)))

    def finish(self) -> None:
        """Lead what leads nowhere to an end event, gateways and events always, activities mostly."""
        leading = {flow.source for flow in self.flows}
        loose = [node for node in self.sources if node.id not in leading]
        bound = [node for node in loose if node.kind in (*GATEWAYS, "catch", "throw", "boundary")]
        if bound or (loose and self.flip()):
            end = self.add("end")
            for node in loose if self.flip() else bound or loose:
                self.flow(node, end)
        for node in [node for node in self.sources if node.kind in GATEWAYS]:
            ends = [end for flow in self.flows for end in (flow.source, flow.target) if end == node.id]
            if len(ends) < 3:
                self.flow(node, self.add("end"))

    def conditioned(self) -> list[Flow]:
        """Return the flows with conditions where their sources may have some."""
        return [flow for node in self.nodes for flow in self.out_of(node)]

    def out_of(self, node: Node) -> list[Flow]:
        flows = [flow for flow in self.flows if flow.source == node.id]
        if not flows or node.kind in ("parallel", "events", "complex") or any(flow.link for flow in flows):
            return flows
        if node.kind == "exclusive" and len(flows) > 1:
            return self.choose(flows)
        if len(flows) < 2 or node.kind not in ("user", "task", "sub", "inclusive"):
            return flows
        often = 2 if node.kind == "inclusive" else 6
        return flows if self.draw(st.integers(0, often)) else self.choose(flows)

    def choose(self, flows: list[Flow]) -> list[Flow]:
        """Give each flow a condition, the last one mostly the default."""
        *some, last = [Flow(flow.id, flow.source, flow.target, self.one_of(*CONDITIONS)) for flow in flows]
        if self.draw(st.integers(0, 3)):
            last = Flow(last.id, last.source, last.target, default=True)
        return [*some, last]
