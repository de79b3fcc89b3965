"""What a process is, without any XML: nodes, flows and the few attributes that move tokens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Event:
    """What an event waits for or throws."""

    kind: str  #: timer | message | signal | condition | error | escalation | terminate | link
    name: str = ""  #: of the message or signal, the code ("" catches all) or the condition
    minutes: int = 0
    turns: int = 1  #: how often a timer on an activity fires at most


@dataclass(frozen=True)
class Repeat:
    """How often an activity is done."""

    count: int
    kind: str  #: parallel | sequential | loop
    enough: int | None = None  #: completed instances that end a multi-instance activity early
    again: str = ""  #: the condition on which a loop goes on
    named: bool = False  #: each instance is for somebody of a list: they are signers
    half: bool = False  #: enough have completed where half of them have


@dataclass(frozen=True)
class Node:
    """A flow node; `inside` where it is a subprocess, `host` where it sits on an activity."""

    id: str
    #: start end user task exclusive parallel inclusive complex events catch throw receive sub boundary handler
    kind: str
    event: Event | None = None
    inside: Graph | None = None
    repeat: Repeat | None = None
    host: str = ""
    interrupting: bool = True
    needs: int = 1  #: tokens that start an activity, or that a complex gateway waits for
    leaves: int = 1  #: tokens that an activity leaves behind on each flow


@dataclass(frozen=True)
class Flow:
    """A sequence flow; `when` is a variable's name, negated by a leading "!"."""

    id: str
    source: str
    target: str
    when: str = ""
    default: bool = False
    link: bool = False  #: from a throwing link to the catching one: a way for tokens, but not drawn


@dataclass(frozen=True)
class Graph:
    """A process or the inside of a subprocess."""

    nodes: tuple[Node, ...]
    flows: tuple[Flow, ...] = field(default=())

    def node(self, identity: str) -> Node:
        return next(node for node in self.nodes if node.id == identity)

    def out_of(self, node: Node) -> list[Flow]:
        return [flow for flow in self.flows if flow.source == node.id]

    def into(self, node: Node) -> list[Flow]:
        return [flow for flow in self.flows if flow.target == node.id]

    def on(self, node: Node) -> list[Node]:
        return [other for other in self.nodes if other.host == node.id]

    @property
    def handlers(self) -> list[Node]:
        """Return the event subprocesses."""
        return [node for node in self.nodes if node.kind == "handler"]

    @property
    def starts(self) -> list[Node]:
        return [node for node in self.nodes if node.kind == "start"]

    def every_node(self) -> Iterator[Node]:
        for node in self.nodes:
            yield node
            if node.inside is not None:
                yield from node.inside.every_node()
