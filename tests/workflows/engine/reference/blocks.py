"""Random processes as people draw them: blocks within blocks, every split with its join."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.workflows.engine.reference.builder import CONDITIONS, OUTER_MESSAGES, Builder, Naming
from tests.workflows.engine.reference.model import Event, Graph, Node

#: The first and the last node of a block.
Block = tuple[Node, Node]

KINDS = (
    "user",
    "row",
    "choice",
    "parallel",
    "inclusive",
    "loop",
    "sub",
    "repeated",
    "race",
    "guarded",
    "aside",
)


@st.composite
def blocks(draw: st.DrawFn) -> Graph:
    """Draw a process of up to four levels of blocks."""
    return Blocks(draw, Naming()).scope(depth=4)


class Blocks(Builder):
    """One scope: a single block between start and end."""

    def scope(self, depth: int) -> Graph:
        first, last = self.block(depth)
        self.flow(self.start, first)
        self.flow(last, self.add("end"))
        return self.graph()

    def failing(self, depth: int) -> Graph:
        """Draw a scope that may end in an error."""
        first, last = self.block(depth)
        choice = self.add("exclusive")
        self.flow(self.start, first)
        self.flow(last, choice)
        self.flow(
            choice, self.add("end", event=Event("error", self.one_of("e1", "e2"))), self.one_of(*CONDITIONS)
        )
        self.flow(choice, self.add("end"), default=True)
        return self.graph()

    def block(self, depth: int) -> Block:
        if depth <= 0:
            return self.user(depth)
        drawn: Block = getattr(self, self.one_of(*KINDS))(depth - 1)
        return drawn

    def user(self, depth: int) -> Block:
        node = self.add("user")
        return node, node

    def row(self, depth: int) -> Block:
        first, last = self.block(depth)
        for _ in range(self.draw(st.integers(1, 2))):
            head, tail = self.block(depth)
            self.flow(last, head)
            last = tail
        return first, last

    def choice(self, depth: int) -> Block:
        """An exclusive block; a way may be empty."""
        split, join = self.add("exclusive"), self.add("exclusive")
        self.branch(split, join, depth, when=self.one_of(*CONDITIONS))
        if self.flip():
            self.branch(split, join, depth, when=self.one_of(*CONDITIONS))
        if self.flip():
            self.flow(split, join, default=True)
        else:
            self.branch(split, join, depth, default=True)
        return split, join

    def parallel(self, depth: int) -> Block:
        split, join = self.add("parallel"), self.add("parallel")
        for _ in range(self.draw(st.integers(2, 3))):
            self.branch(split, join, depth)
        return split, join

    def inclusive(self, depth: int) -> Block:
        split, join = self.add("inclusive"), self.add("inclusive")
        for _ in range(self.draw(st.integers(1, 2))):
            self.branch(split, join, depth, when=self.one_of(*CONDITIONS))
        self.branch(split, join, depth, default=self.flip())
        return split, join

    def branch(self, split: Node, join: Node, depth: int, when: str = "", default: bool = False) -> None:
        head, tail = self.block(depth)
        self.flow(split, head, when, default=default)
        self.flow(tail, join)

    def loop(self, depth: int) -> Block:
        """A loop back while a condition holds; a person stands in it, so that it rests."""
        back, again = self.add("exclusive"), self.add("exclusive")
        head, tail = self.block(depth)
        person = self.add("user")
        for source, target in ((back, head), (tail, person), (person, again)):
            self.flow(source, target)
        out = self.add("task")
        self.flow(again, back, self.one_of(*CONDITIONS))
        self.flow(again, out, default=True)
        return back, out

    def sub(self, depth: int) -> Block:
        node = self.add("sub", inside=Blocks(self.draw, self.name).scope(depth))
        return node, node

    def repeated(self, depth: int) -> Block:
        """A repeated task or subprocess."""
        if depth > 0 and self.flip():
            inside = Blocks(self.draw, self.name).scope(min(depth, 2))
            node = self.add("sub", inside=inside, repeat=self.repeat())
        else:
            node = self.add("user", repeat=self.repeat())
        return node, node

    def race(self, depth: int) -> Block:
        """An event gateway between two events, one of them a message from outside."""
        gateway, join = self.add("events"), self.add("exclusive")
        for event in (Event("message", self.one_of(*OUTER_MESSAGES)), self.event("timer")):
            caught = self.add("catch", event=event)
            self.flow(gateway, caught)
            head, tail = self.block(depth - 1)
            self.flow(caught, head)
            self.flow(tail, join)
        return gateway, join

    def guarded(self, depth: int) -> Block:
        """An activity that events take away, to go another way to the same place; one may be its own error."""
        host, out = self.activity(depth), self.add("exclusive")
        self.flow(host, out)
        for _ in range(self.draw(st.integers(1, 2))):
            event = self.event(self.one_of("timer", "message", "signal"))
            self.lead_away(self.add("boundary", event=event, host=host.id), out, depth)
        if host.inside is not None and any(n.event and n.event.kind == "error" for n in host.inside.nodes):
            self.lead_away(self.add("boundary", event=Event("error"), host=host.id), out, depth)
        return host, out

    def lead_away(self, boundary: Node, out: Node, depth: int) -> None:
        head, tail = self.block(depth - 1)
        self.flow(boundary, head)
        self.flow(tail, out)

    def aside(self, depth: int) -> Block:
        """An activity beside which events start something that nothing waits for."""
        host = self.activity(depth)
        event = self.event(self.one_of("timer", "message", "signal", "condition"))
        if event.kind == "timer":
            event = Event("timer", minutes=event.minutes, turns=self.draw(st.integers(1, 3)))
        side = self.add("boundary", event=event, host=host.id, interrupting=False)
        head, tail = self.block(depth - 1)
        self.flow(side, head)
        self.flow(tail, self.add("end"))
        return host, host

    def activity(self, depth: int) -> Node:
        """A task, a repeated one, or a subprocess that may end in an error beside its plain end."""
        kind = self.one_of("user", "repeated", "sub", "failing")
        if kind == "failing":
            return self.add("sub", inside=Blocks(self.draw, self.name).failing(depth))
        return self.block(0)[0] if kind == "user" else getattr(self, kind)(depth)[0]
