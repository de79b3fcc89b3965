"""The token game of BPMN 2.0 (chapter 13), played slowly and plainly beside the engine.

It knows nothing of the engine, of SpiffWorkflow or of XML. Where the standard leaves an order open it does as
the engine documents: a token is put on the target of every flow at once, in the order of the file; then what
can go on by itself goes on, the newest branch first; inclusive joins are judged when nothing else can move.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import count

from tests.workflows.engine.reference.joins import is_enabled
from tests.workflows.engine.reference.model import Flow, Graph, Node
from tests.workflows.engine.reference.tokens import Armed, Scope, Token

MAX_MOVES = 3_000


class Stuck(Exception):
    """No condition out of an element holds."""


class Endless(Exception):
    """The process does not come to rest; whoever drew it did not mean this."""


class Game:
    """One process as it should go."""

    def __init__(self, graph: Graph, variables: Mapping[str, bool], now: datetime) -> None:
        self.variables = dict(variables)
        self.now = now
        self.outcome = "running"
        self.ended: list[str] = []
        self.numbers = count()
        self.moves = 0
        self.fresh: list[Token] = []
        self.ready: list[Token] = []
        self.thrown: list[str] = []
        self.root = Scope(graph, None)
        for start in graph.starts:
            self.enter(start, self.root, None)
        self.drain()

    # -- what is seen ------------------------------------------------------------------------------

    def tokens(self) -> Iterator[Token]:
        for token in self.root.tokens:
            yield token
            yield from token.held()

    def open(self) -> list[str]:
        """Return the nodes with an open task, the oldest task first."""
        return [task.node.id for task in self.tasks()]

    def tasks(self) -> list[Token]:
        open_ = [t for t in self.tokens() if t.node.kind == "user" and not t.body]
        return sorted(open_, key=lambda t: t.number)

    def marking(self) -> Counter[str]:
        """Return where tokens are, those that wait at joins too."""
        return Counter(t.node.id + "#multiInstanceBody" * t.body for t in self.tokens())

    def waiting(self, kind: str) -> list[Armed]:
        """Return the events of a kind that wait, the oldest first."""
        armed = [
            a for token in self.tokens() for a in token.armed if a.node.event and a.node.event.kind == kind
        ]
        return sorted(armed, key=lambda a: a.number)

    def timers(self) -> list[tuple[datetime, str]]:
        return sorted((armed.due, armed.node.id) for armed in self.waiting("timer"))

    def subscriptions(self) -> list[tuple[str, str, str]]:
        names = {"message": "message", "signal": "signal", "condition": "conditional"}
        return sorted(
            (called, a.node.event.name if kind != "condition" else "", a.node.id)
            for kind, called in names.items()
            for a in self.waiting(kind)
            if a.node.event
        )

    # -- what others do ----------------------------------------------------------------------------

    def complete(self, number: int, variables: Mapping[str, bool]) -> None:
        """Complete an open task, by its age."""
        task = self.tasks()[number]
        self.variables.update(variables)
        self.leave(task)
        self.drain()

    def deliver(self, message: str) -> bool:
        self.drain()
        taken = self.give(message)
        self.drain()
        return taken

    def signal(self, name: str) -> bool:
        self.drain()
        taken = self.broadcast(name)
        self.drain()
        return taken

    def drain(self) -> None:
        """Go on until only people, time and others are waited for; a timer fires once at most."""
        fired: set[int] = set()
        while self.outcome == "running":
            self.go()
            due = [a for a in self.waiting("timer") if a.due <= self.now and a.number not in fired]
            if self.outcome != "running" or not due:
                break
            first = min(due, key=lambda a: (a.due, a.number))
            fired.add(first.number)
            self.fire(first)

    def go(self) -> None:
        while self.outcome == "running":
            self.ready += reversed(self.fresh)
            self.fresh.clear()
            if self.ready:
                token = self.ready.pop()
                if not token.gone:
                    self.act(token)
            elif not (self.offer() or self.look() or self.join_one()):
                break

    # -- tokens ------------------------------------------------------------------------------------

    def enter(self, node: Node, scope: Scope, flow: Flow | None, *, instance: bool = False) -> None:
        self.moves += 1
        if self.moves > MAX_MOVES:
            raise Endless
        token = Token(next(self.numbers), node, scope, flow, body=node.repeat is not None and not instance)
        scope.tokens.append(token)
        if scope.graph is not None:
            for boundary in scope.graph.on(node):
                self.arm(boundary, token)
        if token.body:
            self.begin_repeat(token)
        else:
            self.arrive(token)

    def arrive(self, token: Token) -> None:
        node, graph = token.node, token.scope.graph
        if node.kind == "user" or (node.kind == "inclusive" and graph and len(graph.into(node)) > 1):
            return
        if node.kind == "sub":
            assert node.inside is not None
            token.inside = Scope(node.inside, token)
            for start in node.inside.starts:
                self.enter(start, token.inside, None)
        elif node.kind in ("catch", "receive") and node.event and node.event.kind != "link":
            self.arm(node, token)
        elif node.kind == "events":
            assert graph is not None
            for flow in graph.out_of(node):
                self.arm(graph.node(flow.target), token)
        elif node.kind == "parallel" and graph and len(graph.into(node)) > 1:
            self.join_parallel(token)
        else:
            self.fresh.append(token)

    def leave(self, token: Token) -> None:
        flows = self.choose(token.node, token.scope)
        self.remove(token)
        holder = token.scope.holder
        if holder is not None and holder.body:
            self.instance_done(holder)
        else:
            self.take(flows, token.scope)

    def take(self, flows: list[Flow], scope: Scope) -> None:
        for flow in flows:
            assert scope.graph is not None
            if scope.holder is None or not scope.holder.gone:
                self.enter(scope.graph.node(flow.target), scope, flow)
        if not flows:
            self.settle(scope)

    def settle(self, scope: Scope) -> None:
        """A scope without tokens is done."""
        if scope.tokens:
            return
        if scope.holder is None:
            self.outcome = "completed"
        elif not scope.holder.gone:
            self.leave(scope.holder)

    def remove(self, token: Token) -> None:
        token.scope.tokens.remove(token)
        for inner in token.held():
            inner.gone = True
        token.gone = True

    def choose(self, node: Node, scope: Scope) -> list[Flow]:
        if scope.graph is None:
            return []
        flows = scope.graph.out_of(node)
        if node.kind == "parallel":
            return flows
        taken = [flow for flow in flows if not flow.default and self.holds(flow.when)]
        if node.kind == "exclusive":
            taken = taken[:1]
        taken = taken or [flow for flow in flows if flow.default]
        if flows and not taken:
            raise Stuck(node.id)
        return taken

    def holds(self, condition: str) -> bool:
        if not condition:
            return True
        negated, name = condition.startswith("!"), condition.lstrip("!")
        return self.variables[name] != negated

    # -- joins -------------------------------------------------------------------------------------

    def join_parallel(self, arrived: Token) -> None:
        """Consume one token of every incoming flow, when there is one on each (BPMN 2.0, 13.4.1)."""
        graph, waiting = arrived.scope.graph, arrived.scope.at(arrived.node)
        assert graph is not None
        oldest = [next((t for t in waiting if t.flow is f), None) for f in graph.into(arrived.node)]
        if None not in oldest:
            self.merge([token for token in oldest if token])

    def join_one(self) -> bool:
        """Let one inclusive gateway go on that is enabled (BPMN 2.0, 13.4.3), the oldest token first."""
        for token in sorted(self.tokens(), key=lambda t: t.number):
            if token.node.kind == "inclusive" and token.scope.graph and is_enabled(token.node, token.scope):
                waiting = token.scope.at(token.node)
                flows = {t.flow: t for t in reversed(waiting)}
                self.merge(list(flows.values()))
                return True
        return False

    def merge(self, tokens: list[Token]) -> None:
        """Make one token of several."""
        first, *rest = tokens
        for token in rest:
            self.remove(token)
        # It no longer waits on a flow.
        first.flow = None
        self.fresh.append(first)

    # -- repeated activities -----------------------------------------------------------------------

    def begin_repeat(self, body: Token) -> None:
        repeat = body.node.repeat
        assert repeat is not None
        body.inside = Scope(None, body)
        for _ in range(repeat.count if repeat.kind == "parallel" else min(1, repeat.count)):
            self.enter(body.node, body.inside, None, instance=True)
        if repeat.count == 0:
            self.fresh.append(body)

    def instance_done(self, body: Token) -> None:
        repeat = body.node.repeat
        assert repeat is not None
        assert body.inside is not None
        body.done += 1
        enough = repeat.enough is not None and body.done >= repeat.enough
        if not enough and body.done < repeat.count and (not repeat.again or self.holds(repeat.again)):
            if repeat.kind != "parallel":
                self.enter(body.node, body.inside, None, instance=True)
            return
        for instance in list(body.inside.tokens):
            self.remove(instance)
        self.leave(body)

    # -- events ------------------------------------------------------------------------------------

    def arm(self, node: Node, host: Token) -> None:
        host.armed.append(Armed(next(self.numbers), node, host, self.now))

    def fire(self, armed: Armed) -> None:
        host, node = armed.host, armed.node
        if node.kind != "boundary" and host.node.kind != "events":
            self.leave(host)
            return
        if node.kind == "boundary" and not node.interrupting:
            self.arm_again(armed)
        else:
            self.remove(host)
        self.take(self.choose(node, host.scope), host.scope)

    def arm_again(self, armed: Armed) -> None:
        """Set a timer for its next turn, missed ones left out; other events stay as long as their host."""
        event = armed.node.event
        assert event is not None
        if event.kind != "timer":
            return
        armed.turn += 1
        while armed.due <= self.now:
            armed.turn += 1
        if armed.turn > event.turns:
            armed.host.armed.remove(armed)

    def act(self, token: Token) -> None:
        """Let a token go on by itself."""
        node, scope, event = token.node, token.scope, token.node.event
        if node.kind == "end":
            self.ended.append(node.id)
        kind = event.kind if event and node.kind in ("end", "throw") else ""
        if kind == "terminate":
            for other in list(scope.tokens):
                self.remove(other)
            self.settle(scope)
            return
        if kind == "error":
            self.remove(token)
            self.fail(scope.holder, event.name if event else "")
            return
        if event and kind == "signal":
            self.broadcast(event.name)
        elif event and kind == "message":
            self.thrown.append(event.name)
        elif event and kind == "escalation":
            caught = self.catcher(token, kind, event.name)
            if caught:
                self.fire(caught)
        if not token.gone:
            self.leave(token)

    def fail(self, origin: Token | None, code: str) -> None:
        """Hand an error outwards; one that nobody catches ends the process."""
        caught = self.catcher(origin, "error", code)
        if caught:
            self.fire(caught)
            return
        for token in list(self.root.tokens):
            self.remove(token)
        self.outcome = "completed"

    def catcher(self, token: Token | None, kind: str, code: str) -> Armed | None:
        """Return the nearest event outwards that catches, an exact code before one that catches all."""
        while token is not None:
            for wanted in (code, ""):
                for armed in token.armed:
                    if armed.node.event and (armed.node.event.kind, armed.node.event.name) == (kind, wanted):
                        return armed
            token = token.scope.holder
        return None

    def broadcast(self, name: str) -> bool:
        hit = [a for a in self.waiting("signal") if a.node.event and a.node.event.name == name]
        for armed in hit:
            if armed.waits:
                self.fire(armed)
        return bool(hit)

    def give(self, message: str) -> bool:
        """Give a message to the event that waits longest for it."""
        for armed in self.waiting("message"):
            if armed.node.event and armed.node.event.name == message:
                self.fire(armed)
                return True
        return False

    def offer(self) -> bool:
        """Offer what the process itself has thrown."""
        thrown, self.thrown = self.thrown, []
        taken = [self.give(message) for message in thrown]
        return any(taken)

    def look(self) -> bool:
        """Fire each conditional event whose condition has become true."""
        fired = False
        for armed in self.waiting("condition"):
            assert armed.node.event is not None
            if armed.waits:
                before, armed.held = armed.held, self.holds(armed.node.event.name)
                if armed.held and not before:
                    fired = True
                    self.fire(armed)
        return fired
