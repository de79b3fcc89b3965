"""The token game of BPMN 2.0 (chapter 13), played slowly and plainly beside the engine.

It knows nothing of the engine, of SpiffWorkflow or of XML. Where the standard leaves an order open it does as
the engine documents: a token is put on the target of every flow at once, in the order of the file; then what
can go on by itself goes on, the newest branch first; inclusive joins are judged when nothing else can move.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations, count

from tests.workflows.engine.reference.foresight import Place, place, sound
from tests.workflows.engine.reference.joins import flows_reached, is_enabled, may_still_come
from tests.workflows.engine.reference.model import Flow, Graph, Node
from tests.workflows.engine.reference.tokens import Armed, Rest, Scope, Token

MAX_MOVES = 3_000
ACTIVITIES = ("user", "task", "sub", "receive")

#: What goes, and the activity that it is put on.
Way = tuple[Token, Node]


class Stuck(Exception):
    """No condition out of an element holds."""


class Endless(Exception):
    """The process does not come to rest; whoever drew it did not mean this."""


@dataclass(eq=False)
class Done:
    """A task that was completed, and what came of it."""

    task: Token
    came: list[Token]
    inside: list[list[int]]  #: what these held then
    final: bool  #: whether it cannot be taken back


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
        self.passed: list[Node] = []
        self.root = Scope(graph, None)
        self.begin(self.root)
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
        open_ = [t for t in self.tokens() if t.node.kind == "user" and not t.body and not t.gathering]
        return sorted(open_, key=lambda t: t.number)

    def scopes(self) -> Iterator[Scope]:
        yield self.root
        yield from (token.inside for token in self.tokens() if token.inside)

    def stuck(self) -> Iterator[Scope]:
        """Yield the scopes in which nothing will ever move again although they are not done."""
        joins = ("parallel", "inclusive", "complex")
        for scope in self.scopes():
            waiting = [t.gathering or (t.node.kind in joins and t.flow is not None) for t in scope.tokens]
            if (scope.tokens or scope.rests) and all(waiting):
                yield scope

    def marking(self) -> Counter[str]:
        """Return where tokens are, those that wait at joins too."""
        return Counter(t.node.id + "#multiInstanceBody" * t.body for t in self.tokens() if not t.gathering)

    def waiting(self, kind: str) -> list[Armed]:
        """Return the events of a kind that wait, the oldest first."""
        holders = [*self.tokens(), *self.scopes()]
        armed = [a for h in holders for a in h.armed if a.node.event and a.node.event.kind == kind]
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

    def complete(self, number: int, variables: Mapping[str, bool]) -> Done:
        """Complete an open task, by its age, and return what came of it; one that is skipped gives nothing."""
        task = self.tasks()[number]
        self.variables.update(variables)
        before = set(self.tokens())
        self.passed = []
        self.leave(task)
        self.drain()
        return self._done(task, before)

    def _done(self, task: Token, before: set[Token]) -> Done:
        now = list(self.tokens())
        new = [token for token in now if token not in before]
        came = [token for token in new if token.scope.holder not in new]
        scope = task.scope
        kept = self.outcome == "running" and scope.graph is not None and not scope.gone
        lost = [token for token in before if token is not task and token not in now]
        final = not all(_is_harmless(node) for node in self.passed) or bool(lost)
        beside = not came or any(token.scope is not scope for token in came)
        return Done(task, came, [_inside(token) for token in came], not kept or final or beside)

    def may_withdraw(self, done: Done) -> bool:
        """Tell whether all that came of a completion stands where it came, and none of it is final."""
        stands = (not t.gone and t in t.scope.tokens and not t.scope.gone for t in done.came)
        return not done.final and all(stands) and [_inside(token) for token in done.came] == done.inside

    def is_safe_without(self, done: Done) -> bool | None:
        """Tell whether all comes to its end from where it would be withdrawn to; None if that is not judged."""
        return self._is_safe(done.task.scope, done.task.stands, without=done.came)

    def withdraw(self, done: Done) -> None:
        """Take back a completion: what came of it goes, and the step begins again."""
        for token in done.came:
            self.remove(token)
        self.put(done.task.node, done.task.scope, done.task.back)
        self.drain()

    def activities(self) -> list[Node]:
        """Return the activities of the process itself."""
        assert self.root.graph is not None
        return [node for node in self.root.graph.nodes if node.kind in ACTIVITIES]

    def is_safe_again(self, node: Node) -> bool | None:
        """Tell whether a process that has ended comes to an end again from a step; None if that is not judged."""
        return self._is_safe(self.root, node)

    def reopen(self, node: Node) -> None:
        """Let a process that has ended go on at one of its activities, its event subprocesses waiting again."""
        self.outcome, self.ended = "running", []
        self.listen(self.root)
        self.put(node, self.root, [])
        self.drain()

    def scopes_of(self, name: str, *, without: Token | None = None) -> list[Scope]:
        """Return the scopes under way in which an element or flow of that name lies, but for those inside a token."""
        lost = {id(token) for token in ([without, *without.held()] if without else [])}
        return [
            scope
            for scope in self.scopes()
            if scope.graph is not None
            and id(scope.holder) not in lost
            and any(each.id == name for each in (*scope.graph.nodes, *scope.graph.flows))
        ]

    def whole(self, number: int) -> Token:
        """Return what goes with an open task, by its age: of a repeated activity all."""
        return next(self._levels(number))

    def is_safe_changed(self, scope: Scope, gone: Token | None, name: str) -> bool | None:
        """Tell whether all in a scope comes to its end without a token and with one put; None if not judged."""
        assert scope.graph is not None
        node = next((node for node in scope.graph.nodes if node.id == name), None)
        left = self._emptied(gone, scope) if gone is not None else None
        return None if node is None else self._is_safe(scope, node, without=[left] if left else [])

    def is_in(self, scope: Scope | None, gone: Token | None) -> bool:
        """Tell whether what is left without a token, if anything, is left in that scope."""
        left = self._emptied(gone, scope) if gone is not None else None
        return gone is None or (left is not None and left.scope is scope)

    def change(self, gone: Token | None, scope: Scope | None, name: str) -> None:
        """Take a token away and put one before an activity or on a flow; a scope without any goes itself."""
        if gone is not None:
            holding = self._emptied(gone, scope)
            if holding is None:
                self.root.clear()
                self.outcome = "cancelled"
                return
            self.remove(holding)
        if scope is not None and scope.graph is not None:
            flow = next((flow for flow in scope.graph.flows if flow.id == name), None)
            if flow is None:
                self.put(scope.graph.node(name), scope, [])
            else:
                self.take([flow], scope)
        self.drain()

    def _emptied(self, gone: Token, put: Scope | None) -> Token | None:
        """Return the outermost of what is left without a token; None for the process itself."""
        while True:
            around = gone.scope
            filled = put is not None and (put is around or self._lies_in(put, around))
            if filled or any(token is not gone for token in around.tokens) or around.rests:
                return gone
            if around.holder is None:
                return None
            # Of a repeated activity all instances go.
            body = around.holder.scope.holder
            gone = body if body is not None and body.body else around.holder

    def _lies_in(self, scope: Scope, around: Scope) -> bool:
        holder = scope.holder
        while holder is not None:
            if holder.scope is around:
                return True
            holder = holder.scope.holder
        return False

    def _is_safe(self, scope: Scope, node: Node, without: Sequence[Token] = ()) -> bool | None:
        graph = scope.graph
        assert graph is not None
        aside = {each.id for each in graph.nodes if each.kind == "boundary" and not each.interrupting}
        main = _led_to(graph, [start.id for start in graph.starts], aside)
        if node.id not in main or not sound(graph, self._places(scope, main)):
            return None
        return sound(graph, [*self._places(scope, main, without=without), (node.id, "")])

    def steps(self, number: int) -> list[Way]:
        """Return where an open task can be put, by its age: on the activities of its scope and of those around it."""
        return [
            (moved, node)
            for moved in self._levels(number)
            if moved.scope.graph is not None
            for node in moved.scope.graph.nodes
            if node.kind in ACTIVITIES
        ]

    def earlier(self, number: int) -> list[Way]:
        """Return where an open task can be sent back to: what was done, if a way leads from there to it."""
        return [
            (moved, node)
            for moved, node in self.steps(number)
            if node.id in moved.scope.been and moved.node.id in self._ahead(moved.scope, node)[0]
        ]

    def others(self, way: Way, *, jumped: bool) -> list[Token]:
        """Return which tokens of the scope may go along: with a jump any, else those in front of the step."""
        moved, node = way
        elements, flows = self._ahead(moved.scope, node)
        return [
            other
            for other in moved.scope.tokens
            if other is not moved
            and other.node.kind != "handler"
            and (jumped or self._is_ahead(other, {node.id, *elements}, flows))
        ]

    def choices(self, way: Way, *, jumped: bool, straight: bool) -> list[list[Token]] | None:
        """Return which tokens could go along so that all comes to its end, fewest first; None if that is not judged."""
        moved, node = way
        scope, graph = moved.scope, moved.scope.graph
        assert graph is not None
        if straight and not graph.on(node):
            return [[]]
        aside = {each.id for each in graph.nodes if each.kind == "boundary" and not each.interrupting}
        main = _led_to(graph, [start.id for start in graph.starts], aside)
        if not {node.id, moved.stands.id} <= main or not sound(graph, self._places(scope, main)):
            return None
        others = self.others(way, jumped=jumped) if not straight else []
        if len(others) > 3:
            return None  # there are too many ways of letting some go along
        made = []
        for number in range(len(others) + 1):
            for along in combinations(others, number):
                stay = self._places(scope, main, without=[moved, *along])
                found = sound(graph, [*stay, (node.id, "")])
                if found is None:
                    return None
                if found:
                    made.append(list(along))
        return made

    def move(self, way: Way, along: list[Token], *, straight: bool) -> None:
        """Put a token on another activity, others given up."""
        moved, node = way
        for token in (moved, *along):
            self.remove(token)
        self.put(node, moved.scope, [*moved.back, moved.node] if straight else [])
        self.drain()

    def _levels(self, number: int) -> Iterator[Token]:
        """Yield what goes from each scope on the way out: of a repeated activity all, out of an event's none."""
        moved: Token | None = self.tasks()[number]
        while moved is not None:
            holder = moved.scope.holder
            moved = holder if holder is not None and holder.body else moved
            yield moved
            holder = moved.scope.holder
            moved = holder if holder is None or holder.node.kind != "handler" else None

    def _ahead(self, scope: Scope, node: Node) -> tuple[set[str], set[str]]:
        assert scope.graph is not None
        flows = flows_reached(scope.graph, node, Node("", ""))
        return {flow.target for flow in scope.graph.flows if flow.id in flows}, flows

    def _is_ahead(self, token: Token, elements: set[str], flows: set[str]) -> bool:
        waits = token.gathering or token.node.kind in ("parallel", "inclusive", "complex")
        if waits and token.flow is not None and not token.back:
            return token.flow.id in flows
        return token.stands.id in elements

    def _places(self, scope: Scope, main: set[str], without: Sequence[Token] = ()) -> list[Place]:
        assert scope.graph is not None
        return [
            place(scope.graph, token.stands, token.flow)
            for token in scope.tokens
            if token not in without and token.stands.id in main
        ]

    def put(self, node: Node, scope: Scope, back: list[Node]) -> None:
        """Put a token on an activity, which it begins alone."""
        self.enter(node, scope, None, put=True, back=back)

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
            # A condition is met before the next step.
            if self.look():
                continue
            self.ready += reversed(self.fresh)
            self.fresh.clear()
            if self.ready:
                token = self.ready.pop()
                if not token.gone:
                    self.act(token)
            elif not (self.offer() or self.join_one() or self.wake()):
                break

    # -- tokens ------------------------------------------------------------------------------------

    def enter(
        self,
        node: Node,
        scope: Scope,
        flow: Flow | None,
        *,
        instance: bool = False,
        put: bool = False,
        back: Sequence[Node] = (),
    ) -> None:
        self.moves += 1
        if self.moves > MAX_MOVES:
            raise Endless
        self.passed.append(node)
        token = Token(next(self.numbers), node, scope, flow, body=node.repeat is not None and not instance)
        token.back = list(back)
        scope.tokens.append(token)
        if node.needs > 1 and node.kind != "complex" and not put and not self.gather(token):
            return
        if scope.graph is not None:
            for boundary in scope.graph.on(node):
                self.arm(boundary, token)
        if token.body:
            self.begin_repeat(token)
        else:
            self.arrive(token)

    def begin(self, scope: Scope) -> None:
        """Arm the event subprocesses of a scope, then put a token on its start."""
        assert scope.graph is not None
        self.listen(scope)
        for start in scope.graph.starts:
            self.enter(start, scope, None)

    def listen(self, scope: Scope) -> None:
        assert scope.graph is not None
        for handler in scope.graph.handlers:
            assert handler.inside is not None
            (start,) = handler.inside.starts
            self.arm(start, scope).handler = handler

    def gather(self, token: Token) -> bool:
        """Tell whether a token completes the number that its activity needs; its fellows are consumed."""
        token.gathering = True
        gathered = [other for other in token.scope.at(token.node) if other.gathering]
        if len(gathered) < token.node.needs:
            return False
        for other in gathered[:-1]:
            self.remove(other)
        token.gathering = False
        return True

    def arrive(self, token: Token) -> None:
        node, graph = token.node, token.scope.graph
        if node.kind == "user" or (node.kind == "inclusive" and graph and len(graph.into(node)) > 1):
            return
        if node.kind in ("sub", "handler"):
            token.inside = Scope(node.inside, token)
            self.begin(token.inside)
        elif node.kind in ("catch", "receive") and node.event and node.event.kind != "link":
            self.arm(node, token)
        elif node.kind == "events":
            assert graph is not None
            for flow in graph.out_of(node):
                self.arm(graph.node(flow.target), token)
        elif node.kind == "parallel" and graph and len(graph.into(node)) > 1:
            self.join_parallel(token)
        elif node.kind == "complex":
            self.start_complex(token)
        else:
            self.fresh.append(token)

    def leave(self, token: Token) -> None:
        flows = self.choose(token.node, token.scope) if not token.back else []
        self.remove(token)
        holder = token.scope.holder
        if token.node.kind in ACTIVITIES:
            token.scope.been.add(token.node.id)
        if holder is not None and holder.body:
            self.instance_done(holder)
        elif token.back:
            self.put(token.back[-1], token.scope, token.back[:-1])
        else:
            self.take(flows * token.node.leaves if token.node.kind != "complex" else flows, token.scope)

    def take(self, flows: list[Flow], scope: Scope) -> None:
        for flow in flows:
            assert scope.graph is not None
            if not scope.gone and self.outcome == "running":
                self.enter(scope.graph.node(flow.target), scope, flow)
        if not flows:
            self.settle(scope)

    def settle(self, scope: Scope) -> None:
        """A scope without tokens is done."""
        if scope.tokens or scope.rests:
            return
        if scope.holder is None:
            self.finish()
        elif not scope.holder.gone:
            self.leave(scope.holder)

    def remove(self, token: Token) -> None:
        token.scope.tokens.remove(token)
        token.die()

    def finish(self) -> None:
        self.root.clear()
        self.outcome = "completed"

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

    def start_complex(self, token: Token) -> bool:
        """Let a complex gateway begin its first phase when enough tokens wait (BPMN 2.0, 13.4.5)."""
        scope, node = token.scope, token.node
        waiting = [t for t in scope.at(node) if t.flow]
        if len(waiting) < node.needs or any(rest.node is node for rest in scope.rests):
            return False
        flows = {t.flow.id: t for t in reversed(waiting) if t.flow}
        assert token.flow is not None
        scope.rests.append(Rest(next(self.numbers), node, set(flows)))
        self.merge([token, *(t for flow, t in flows.items() if flow != token.flow.id)])
        return True

    def wake(self) -> bool:
        """Let one complex gateway begin, or end its second phase when no further token can come."""
        rests = [(rest.number, rest, scope) for scope in self.scopes() for rest in scope.rests]
        waiting = [(t.number, t, t.scope) for t in self.tokens() if t.node.kind == "complex" and t.flow]
        for _, found, scope in sorted([*rests, *waiting], key=lambda each: each[0]):
            if self.reset(found, scope) if isinstance(found, Rest) else self.start_complex(found):
                return True
        return False

    def reset(self, rest: Rest, scope: Scope) -> bool:
        late = {
            t.flow.id: t for t in reversed(scope.at(rest.node)) if t.flow and t.flow.id not in rest.consumed
        }
        if may_still_come(rest.node, scope, rest.consumed | set(late)):
            return False
        for token in late.values():
            self.remove(token)
        scope.rests.remove(rest)
        self.settle(scope)
        return True

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

    def arm(self, node: Node, host: Token | Scope) -> Armed:
        armed = Armed(next(self.numbers), node, host, self.now)
        host.armed.append(armed)
        return armed

    def fire(self, armed: Armed) -> None:
        host, node = armed.host, armed.node
        self.passed.append(node)
        if isinstance(host, Scope):
            self.handle(armed, host)
            return
        if node.kind != "boundary" and host.node.kind != "events":
            self.leave(host)
            return
        if node.kind == "boundary" and not node.interrupting:
            self.arm_again(armed)
        else:
            self.remove(host)
            if node.kind == "boundary":
                host.scope.been.add(host.node.id)
        self.take(self.choose(node, host.scope), host.scope)

    def handle(self, armed: Armed, scope: Scope) -> None:
        """Begin an event subprocess; an interrupting one ends all else in its scope first."""
        if armed.node.interrupting:
            scope.clear()
        else:
            self.arm_again(armed)
        assert armed.handler is not None
        self.enter(armed.handler, scope, None)

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
            scope.clear()
            self.settle(scope)
            return
        if kind == "error":
            self.remove(token)
            self.fail(scope, event.name if event else "")
            return
        if event and kind == "signal":
            self.broadcast(event.name)
        elif event and kind == "message":
            if not self.give(event.name):
                self.thrown.append(event.name)
        elif event and kind == "escalation":
            caught = self.catcher(scope, kind, event.name)
            if caught:
                self.fire(caught)
        if not token.gone:
            self.leave(token)

    def fail(self, scope: Scope, code: str) -> None:
        """Hand an error outwards; one that nobody catches ends the process."""
        caught = self.catcher(scope, "error", code)
        if caught:
            self.fire(caught)
        else:
            self.finish()

    def catcher(self, scope: Scope, kind: str, code: str) -> Armed | None:
        """Return the nearest event outwards that catches: event subprocesses of a scope before what sits on it.

        An exact code comes before one that catches all. No event subprocess catches what it throws itself.
        """
        inside: Node | None = None
        while True:
            own = [armed for armed in scope.armed if armed.handler is not inside]
            for group in (own, scope.holder.armed if scope.holder else []):
                for wanted in (code, ""):
                    for armed in group:
                        event = armed.node.event
                        if event and (event.kind, event.name) == (kind, wanted):
                            return armed
            if scope.holder is None:
                return None
            inside, scope = scope.holder.node, scope.holder.scope

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


def _inside(token: Token) -> list[int]:
    return sorted(inner.number for inner in token.held())


def _is_harmless(node: Node) -> bool:
    """Tell whether nobody is told of a token that comes to a node, and nothing is counted there."""
    kind = node.event.kind if node.event else ""
    if node.kind in ("start", "end", "throw"):
        return kind in ("", "link")
    return node.kind not in ("boundary", "complex", "handler")


def _led_to(graph: Graph, todo: list[str], aside: set[str]) -> set[str]:
    """Return the nodes that ways lead to, but for those that begin beside."""
    found: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in found and name not in aside:
            found.add(name)
            todo += [flow.target for flow in graph.flows if flow.source == name]
            todo += [node.id for node in graph.on(graph.node(name))]
    return found
