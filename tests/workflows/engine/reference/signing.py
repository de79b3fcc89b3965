"""Signers who join and leave, as docs/reference/moves.md has it, played plainly beside the engine.

To a task that one does others are added: those who sign before him stand inside his token at once, those after as
soon as he has completed, and the step is left when nobody stands there any more.

Those who sign stand in a line. Where they sign in order, the first who has not signed has the turn, and whoever has
begun and is not that one is parked; else all have begun.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from hypothesis import strategies as st

from tests.workflows.engine.reference.blocks import blocks
from tests.workflows.engine.reference.game import Game
from tests.workflows.engine.reference.model import Graph, Node, Repeat
from tests.workflows.engine.reference.tokens import Scope, Token


@dataclass(eq=False)
class Place:
    """One in the line."""

    number: int
    token: Token | None = None
    done: bool = False


@dataclass(eq=False)
class Added:
    """Who was added to a task that one does."""

    after: list[int] = field(default_factory=list)  #: numbers of those who wait for him
    tokens: dict[int, Token] = field(default_factory=dict)  #: of those whose turn it is
    signed: list[int] = field(default_factory=list)
    given: int = 0
    kept: bool = False  #: he has completed


class Signing(Game):
    """The token game with lines of signers."""

    def __init__(self, graph: Graph, variables: Mapping[str, bool], now: datetime) -> None:
        self.lines: dict[int, list[Place]] = {}
        self.given: dict[int, int] = {}  #: how many numbers a line has given
        self.added: dict[int, Added] = {}
        super().__init__(graph, variables, now)

    # -- what is seen ------------------------------------------------------------------------------

    def body(self, number: int) -> Token | None:
        """Return the countersigned activity that an open task, by its age, is a signature of."""
        holder = self.tasks()[number].scope.holder
        return holder if holder is not None and holder.number in self.lines and holder.body else None

    def tasks(self) -> list[Token]:
        return [task for task in super().tasks() if not self._kept(task)]

    def marking(self) -> Counter[str]:
        return super().marking() - Counter(t.node.id for t in super().tasks() if self._kept(t))

    def _kept(self, task: Token) -> bool:
        return task.number in self.added and self.added[task.number].kept

    def helped(self, number: int) -> Token | None:
        """Return the task that an open one, by its age, was added to sign."""
        holder = self.tasks()[number].scope.holder
        return holder if holder is not None and holder.number in self.added else None

    def helpers(self, number: int) -> list[tuple[int, bool]]:
        """Return the numbers of those added to a task, and whether they have signed."""
        known = self.added.get((self.helped(number) or self.tasks()[number]).number, Added())
        waiting = [*known.after, *known.tokens]
        return sorted([(n, False) for n in waiting] + [(n, True) for n in known.signed])

    def parked(self) -> list[bool]:
        return [self._is_parked(number) for number in range(len(self.tasks()))]

    def _is_parked(self, number: int) -> bool:
        body, task = self.body(number), self.tasks()[number]
        if body is None:
            return task.number in self.added and bool(self.added[task.number].tokens)
        return task not in [p.token for p in self._turns(body)]

    def signers(self, number: int) -> list[tuple[int, bool]]:
        """Return the numbers of those in line, and whether they have signed."""
        body = self.body(number)
        assert body is not None
        return sorted((place.number, place.done) for place in self.lines[body.number])

    # -- what others do ----------------------------------------------------------------------------

    def complete(self, number: int, variables: Mapping[str, bool]) -> None:
        """Complete an open task, or sign for who was added to one."""
        task, helped = self.tasks()[number], self.helped(number)
        if helped is not None:
            added = self.added[helped.number]
            mine = next(n for n, token in added.tokens.items() if token is task)
            del added.tokens[mine]
            added.signed.append(mine)
            self.remove(task)
            self._without(helped)
        elif task.number in self.added and self.added[task.number].after:
            self.variables.update(variables)
            added = self.added[task.number]
            added.kept = True
            for one in added.after:
                self._stand(task, one)
            added.after.clear()
        else:
            super().complete(number, variables)
            return
        self.drain()

    def help(self, number: int, *, before: bool) -> None:
        """Add somebody to a task that one does."""
        task = self.tasks()[number]
        added = self.added.setdefault(task.number, Added())
        one, added.given = added.given, added.given + 1
        if before:
            self._stand(task, one)
        else:
            added.after.append(one)
        self.drain()

    def help_no_more(self, number: int, which: int) -> None:
        """Take away somebody who was added to a task and has not signed."""
        task = self.helped(number) or self.tasks()[number]
        added = self.added[task.number]
        if which in added.after:
            added.after.remove(which)
        else:
            self.remove(added.tokens.pop(which))
            self._without(task)
        self.drain()

    def _stand(self, task: Token, one: int) -> None:
        task.inside = task.inside or Scope(None, task)
        token = Token(next(self.numbers), task.node, task.inside, None)
        task.inside.tokens.append(token)
        self.added[task.number].tokens[one] = token

    def _without(self, task: Token) -> None:
        added = self.added[task.number]
        if added.kept and not added.tokens:
            self.leave(task)

    def add(self, number: int, where: str) -> None:
        """Let one more sign: before or after an open task, or last."""
        body, task = self.body(number), self.tasks()[number]
        assert body is not None
        line = self.lines[body.number]
        here = next(at for at, place in enumerate(line) if place.token is task)
        line.insert({"before": here, "after": here + 1, "last": len(line)}[where], self._place(body))
        self._let_sign(body)
        self.drain()

    def take_out(self, number: int, which: int) -> None:
        """Let one who has not signed sign no more."""
        body = self.body(number)
        assert body is not None
        line = self.lines[body.number]
        place = next(place for place in line if place.number == which)
        line.remove(place)
        if place.token is not None:
            self.remove(place.token)
        self._judge(body)
        self.drain()

    # -- the line ----------------------------------------------------------------------------------

    def begin_repeat(self, body: Token) -> None:
        repeat = body.node.repeat
        assert repeat is not None
        if not repeat.named:
            super().begin_repeat(body)
            return
        body.inside = Scope(None, body)
        self.lines[body.number] = []
        self.lines[body.number] = [self._place(body) for _ in range(repeat.count)]
        self._let_sign(body)

    def instance_done(self, body: Token) -> None:
        if body.number not in self.lines:
            super().instance_done(body)
            return
        for place in self.lines[body.number]:
            place.done = place.done or (place.token is not None and place.token.gone)
        self._judge(body)

    def _place(self, body: Token) -> Place:
        number = self.given.get(body.number, 0)
        self.given[body.number] = number + 1
        return Place(number)

    def _turns(self, body: Token) -> list[Place]:
        waiting = [place for place in self.lines[body.number] if not place.done]
        assert body.node.repeat is not None
        return waiting[:1] if body.node.repeat.kind == "sequential" else waiting

    def _let_sign(self, body: Token) -> None:
        assert body.inside is not None
        for place in sorted(self._turns(body), key=lambda place: place.number):
            if place.token is None:
                self.enter(body.node, body.inside, None, instance=True)
                place.token = body.inside.tokens[-1]

    def _judge(self, body: Token) -> None:
        repeat, line = body.node.repeat, self.lines[body.number]
        assert repeat is not None
        assert body.inside is not None
        done = sum(place.done for place in line)
        enough = done * 2 >= len(line) if repeat.half else done == repeat.enough
        if (done and enough) or done == len(line):
            for instance in list(body.inside.tokens):
                self.remove(instance)
            self.leave(body)
        else:
            self._let_sign(body)


@st.composite
def countersigned(draw: st.DrawFn) -> Graph:
    """Draw a process in which many a step is signed by several."""
    return _signed(draw, draw(blocks()))


def _signed(draw: st.DrawFn, graph: Graph) -> Graph:
    return replace(graph, nodes=tuple(_node(draw, node) for node in graph.nodes))


def _node(draw: st.DrawFn, node: Node) -> Node:
    if node.inside is not None:
        return replace(node, inside=_signed(draw, node.inside))
    if node.kind != "user" or not draw(st.booleans()):
        return node
    enough = draw(st.sampled_from([None, None, 1, 2]))
    repeat = Repeat(
        draw(st.integers(1, 3)),
        draw(st.sampled_from(["parallel", "sequential"])),
        enough=enough,
        named=True,
        half=draw(st.booleans()) and enough is None,
    )
    return replace(node, repeat=repeat)
