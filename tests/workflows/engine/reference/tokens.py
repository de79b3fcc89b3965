"""What is alive: tokens, the scopes that they lie in and the events that they wait for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.workflows.engine.reference.model import Flow, Graph, Node


@dataclass(eq=False)
class Scope:
    """What is alive inside a process, a subprocess or a repeated activity (which has no graph of its own)."""

    graph: Graph | None
    holder: Token | None
    tokens: list[Token] = field(default_factory=list)

    def at(self, node: Node) -> list[Token]:
        return [token for token in self.tokens if token.node is node]


@dataclass(eq=False)
class Token:
    """A token on a node; `body` where it stands for all instances of a repeated activity."""

    number: int
    node: Node
    scope: Scope
    flow: Flow | None
    body: bool = False
    gone: bool = False
    inside: Scope | None = None
    armed: list[Armed] = field(default_factory=list)
    done: int = 0

    def held(self) -> Iterator[Token]:
        """Yield all tokens inside this one, however deep."""
        for token in self.inside.tokens if self.inside else ():
            yield token
            yield from token.held()


@dataclass(eq=False)
class Armed:
    """An event that waits: on an activity, behind an event gateway or as a step of its own."""

    number: int
    node: Node
    host: Token
    begun: datetime
    turn: int = 1
    held: bool = False  #: whether its condition held when last looked at

    @property
    def waits(self) -> bool:
        return not self.host.gone and self in self.host.armed

    @property
    def due(self) -> datetime:
        assert self.node.event is not None
        return self.begun + timedelta(minutes=self.node.event.minutes) * self.turn
