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
    armed: list[Armed] = field(default_factory=list)  #: what its event subprocesses wait for
    rests: list[Rest] = field(default_factory=list)
    been: set[str] = field(default_factory=set)  #: activities that were done, or taken away by an event

    def at(self, node: Node) -> list[Token]:
        """Return the tokens that wait at a node or stand there, the oldest first."""
        return [token for token in self.tokens if token.node is node]

    @property
    def gone(self) -> bool:
        return self.holder is not None and self.holder.gone

    def clear(self) -> None:
        """Forget everything inside."""
        for token in self.tokens:
            token.die()
        self.tokens.clear()
        self.armed.clear()
        self.rests.clear()


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
    gathering: bool = False  #: waits for fellows before its activity begins
    back: list[Node] = field(default_factory=list)  #: where it comes straight back to, the next one last

    @property
    def stands(self) -> Node:
        """Return from where the flows go on that it takes in the end."""
        return self.back[0] if self.back else self.node

    def die(self) -> None:
        self.gone = True
        if self.inside is not None:
            self.inside.clear()

    def held(self) -> Iterator[Token]:
        """Yield all tokens inside this one, however deep."""
        for token in self.inside.tokens if self.inside else ():
            yield token
            yield from token.held()


@dataclass(eq=False)
class Armed:
    """An event that waits: on an activity, in a scope, behind an event gateway or as a step of its own."""

    number: int
    node: Node
    host: Token | Scope
    begun: datetime
    turn: int = 1
    held: bool = False  #: whether its condition held when last looked at
    handler: Node | None = None  #: the event subprocess that it starts

    @property
    def waits(self) -> bool:
        return not self.host.gone and self in self.host.armed

    @property
    def due(self) -> datetime:
        assert self.node.event is not None
        return self.begun + timedelta(minutes=self.node.event.minutes) * self.turn


@dataclass(eq=False)
class Rest:
    """What a complex gateway keeps of its first phase: the flows that it has consumed a token of."""

    number: int
    node: Node
    consumed: set[str]
