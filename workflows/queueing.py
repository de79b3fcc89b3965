"""How a process would stand under load: instances arrive, people of each role work them off, and queues grow or not.

A discrete-event simulation over the drawn graph, in working minutes: arrivals at random, times of work at random about
their mean, each role's people take what has waited longest. Only people's work takes time. Choices are drawn by shares,
a parallel join waits for all its flows, a repeated step is done by several at once; boundary events, event
subprocesses, called processes, timers and messages keep nobody busy here, and an inclusive join waits for nobody.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from random import Random

from workflows.engine import Definition, Node

#: Events and passages of one simulation, and passages of one instance: beyond these it is cut off, and said to be.
MOST, PASSAGES = 150_000, 500
WORK = frozenset({"userTask", "manualTask"})
CHOICES = frozenset({"exclusiveGateway", "eventBasedGateway", "complexGateway"})
#: Of a repeated step, how many do it.
COPIES = 2
#: A role that is busier than this cannot keep up with chance; with that it can.
TOO_BUSY, WELL = 0.95, 0.85


@dataclass(frozen=True)
class Load:
    """What comes, and who is there."""

    per_day: float  #: instances that begin on a working day
    days: int  #: working days that are played
    hours: float = 8.0  #: of a working day
    staff: Mapping[str, int] = field(default_factory=dict)  #: role → people; of others there is one
    minutes: Mapping[str, float] = field(default_factory=dict)  #: step → mean time of work; of others an hour
    shares: Mapping[str, float] = field(default_factory=dict)  #: flow out of a choice → weight; of others 1
    seed: int = 1

    @property
    def length(self) -> float:
        """Return the working minutes that are played."""
        return self.days * self.hours * 60


@dataclass
class Step:
    """What became of one step."""

    came: int = 0
    done: int = 0
    waits: list[float] = field(default_factory=list)  #: working minutes until somebody took it up

    @property
    def wait(self) -> float:
        """Return the mean wait, in working minutes."""
        return sum(self.waits) / len(self.waits) if self.waits else 0.0

    @property
    def longest(self) -> float:
        """Return the wait that one in twenty exceeds, in working minutes."""
        return sorted(self.waits)[math.ceil(len(self.waits) * 0.95) - 1] if self.waits else 0.0


@dataclass
class Role:
    """What became of the people of one role."""

    people: int
    asked: float = 0.0  #: working minutes of work that came
    worked: float = 0.0  #: working minutes that they worked
    left: int = 0  #: what waits at the end
    grows: bool = False
    more: int = 0  #: how many more would keep up


@dataclass
class Result:
    """What the simulation has shown."""

    begun: int = 0
    ended: int = 0
    steps: dict[str, Step] = field(default_factory=lambda: defaultdict(Step))
    roles: dict[str, Role] = field(default_factory=dict)
    cut_off: bool = False


def role_of(node: Node) -> str:
    """Return the role that does a step: the first group that it names, else its lane; empty where neither is there."""
    first = str(node.attributes.get("candidateGroups") or "").split(",")[0].strip()
    named = first.partition("@")[0]
    return named if named and "${" not in named else node.lane or ""


def choices(definition: Definition) -> list[tuple[Node, list[str]]]:
    """Return the gateways at which chance decides, each with its flows."""
    out = _out(definition)
    kinds = CHOICES | {"inclusiveGateway"}
    return [
        (node, out[node.id])
        for node in definition.nodes.values()
        if node.kind in kinds and len(out[node.id]) > 1
    ]


def simulate(definition: Definition, load: Load) -> Result:
    """Return what comes of a load; the same seed gives the same."""
    return _Simulation(definition, load).run()


class _Simulation:
    def __init__(self, definition: Definition, load: Load) -> None:
        self.definition, self.load = definition, load
        self.nodes, self.flows, self.out = definition.nodes, definition.flows, _out(definition)
        self.into = Counter(target for _source, target in definition.flows.values())
        self.inner = {
            node.scope: node for node in definition.nodes.values() if node.scope and node.kind == "startEvent"
        }
        self.chance = Random(load.seed)
        self.result = Result()
        self.queue: dict[str, deque[tuple[float, int, str]]] = defaultdict(deque)
        self.free: dict[str, int] = {}
        self.lengths: dict[str, list[int]] = defaultdict(list)  #: of queues, at each tenth of a day
        self.events: list[tuple[float, int, str, int, str]] = []
        self.number = count()
        self.spent = 0  #: of MOST
        self.joined: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
        self.inside: Counter[tuple[int, str]] = Counter()  #: tokens in a subprocess
        self.copies: Counter[tuple[int, str]] = Counter()
        self.passages: Counter[int] = Counter()
        self.tokens: Counter[int] = Counter()

    def run(self) -> Result:
        self._plan(self._next_arrival(0.0), "arrive", 0, "")
        self._plan(0.0, "look", 0, "")
        while self.events and self.events[0][0] <= self.load.length:
            self.spent += 1
            if self.spent > MOST:
                self.result.cut_off = True
                break
            now, _number, what, instance, node = heapq.heappop(self.events)
            getattr(self, f"_{what}")(now, instance, node)
        return self._judged()

    def _plan(self, at: float, what: str, instance: int, node: str) -> None:
        heapq.heappush(self.events, (at, next(self.number), what, instance, node))

    def _next_arrival(self, now: float) -> float:
        return now + self.chance.expovariate(self.load.per_day / (self.load.hours * 60))

    def _arrive(self, now: float, _instance: int, _node: str) -> None:
        self._plan(self._next_arrival(now), "arrive", 0, "")
        self.result.begun += 1
        self.tokens[self.result.begun] = 1
        self._enter(now, self.result.begun, self.definition.start_node.id, "")

    def _look(self, now: float, _instance: int, _node: str) -> None:
        for role in self.queue:
            self.lengths[role].append(len(self.queue[role]))
        self._plan(now + self.load.hours * 6, "look", 0, "")

    def _enter(self, now: float, instance: int, node_id: str, by: str) -> None:
        """Let tokens go on as far as they come without work."""
        going = [(node_id, by)]
        while going:
            node_id, by = going.pop()
            self.passages[instance] += 1
            self.spent += 1
            if self.passages[instance] > PASSAGES or self.spent > MOST:
                self.result.cut_off = True
                self.tokens[instance] -= 1
                continue
            going += self._pass(now, instance, self.nodes[node_id], by)

    def _pass(self, now: float, instance: int, node: Node, by: str) -> Iterator[tuple[str, str]]:
        if node.kind in WORK:
            several = COPIES if "instances" in node.attributes else 1
            self.copies[instance, node.id] += several
            for _ in range(several):
                self._offer(now, instance, node)
            return iter(())
        if (
            node.kind == "parallelGateway"
            and self.into[node.id] > 1
            and not self._all_here(instance, node, by)
        ):
            return iter(())
        if node.id in self.inner:
            self.inside[instance, node.id] += 1
            return iter([(self.inner[node.id].id, "")])
        return self._leave(instance, node)

    def _all_here(self, instance: int, node: Node, by: str) -> bool:
        here = self.joined[instance, node.id]
        here[by] += 1
        if len(here) < self.into[node.id]:
            return False
        for flow in list(here):
            here[flow] -= 1
            if not here[flow]:
                del here[flow]
        self._count(instance, node, 1 - self.into[node.id])
        return True

    def _leave(self, instance: int, node: Node) -> Iterator[tuple[str, str]]:
        taken = self._chosen(node)
        self._count(instance, node, len(taken) - 1)
        if not taken and node.scope and not self.inside[instance, node.scope]:
            # The last token of a subprocess has ended: its own goes on.
            return self._leave(instance, self.nodes[node.scope])
        if not taken and not node.scope and not self.tokens[instance]:
            self.result.ended += 1
        return iter([(self.flows[flow][1], flow) for flow in taken])

    def _chosen(self, node: Node) -> list[str]:
        out = self.out[node.id]
        weights = [max(0.0, self.load.shares.get(flow, 1.0)) for flow in out]
        if len(out) > 1 and not sum(weights):
            weights = [1.0] * len(out)
        if len(out) > 1 and node.kind in CHOICES:
            return self.chance.choices(out, weights)
        if len(out) > 1 and node.kind == "inclusiveGateway":
            most = max(weights)
            some = [
                flow
                for flow, weight in zip(out, weights, strict=True)
                if self.chance.random() < weight / most
            ]
            return some or self.chance.choices(out, weights)
        return list(out)

    def _count(self, instance: int, node: Node, more: int) -> None:
        if node.scope and node.scope in self.inner:
            self.inside[instance, node.scope] += more
        else:
            self.tokens[instance] += more

    def _offer(self, now: float, instance: int, node: Node) -> None:
        role = role_of(node)
        if role not in self.free:
            people = max(1, self.load.staff.get(role, 1))
            self.free[role], self.result.roles[role] = people, Role(people)
        self.result.steps[node.id].came += 1
        self.queue[role].append((now, instance, node.id))
        self._take(now, role)

    def _take(self, now: float, role: str) -> None:
        while self.free[role] and self.queue[role]:
            since, instance, step = self.queue[role].popleft()
            self.free[role] -= 1
            self.result.steps[step].waits.append(now - since)
            mean = max(0.1, self.load.minutes.get(step, 60.0))
            length = self.chance.expovariate(1 / mean)
            self.result.roles[role].worked += min(length, max(0.0, self.load.length - now))
            self._plan(now + length, "finish", instance, step)

    def _finish(self, now: float, instance: int, step: str) -> None:
        node = self.nodes[step]
        role = role_of(node)
        self.free[role] += 1
        self.result.steps[step].done += 1
        self._take(now, role)
        self.copies[instance, step] -= 1
        if self.copies[instance, step]:
            return
        for target, flow in self._leave(instance, node):
            self._enter(now, instance, target, flow)

    def _judged(self) -> Result:
        for name, role in self.result.roles.items():
            role.left = len(self.queue[name])
            role.asked = sum(
                step.came * max(0.1, self.load.minutes.get(element, 60.0))
                for element, step in self.result.steps.items()
                if role_of(self.nodes[element]) == name
            )
            needed = role.asked / self.load.length
            lengths = self.lengths[name]
            first, second = lengths[: len(lengths) // 2], lengths[len(lengths) // 2 :]
            risen = bool(second) and sum(second) / len(second) > 1.5 * (sum(first) / max(1, len(first))) + 1
            role.grows = needed > role.people * TOO_BUSY and risen
            role.more = max(0, math.ceil(needed / WELL) - role.people) if role.grows else 0
        return self.result


def _out(definition: Definition) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for flow, (source, _target) in definition.flows.items():
        found[source].append(flow)
    return found
