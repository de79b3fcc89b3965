"""From the wired process to the nets of its scopes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import ErrorEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import (
    CancelEventDefinition,
    TerminateEventDefinition,
)

from workflows.engine.model import Node
from workflows.engine.soundness.assignments import Values
from workflows.engine.soundness.leaving import too_many, ways_out
from workflows.engine.soundness.net import Inclusive, Join, Marking, Move, Net, Outcome, Place
from workflows.engine.soundness.order import ranks

_NOTHING_KNOWN: Values = MappingProxyType({})
_ENDING = (TerminateEventDefinition, ErrorEventDefinition, CancelEventDefinition)
_SWIFT = frozenset(
    {"exclusiveGateway", "parallelGateway", "inclusiveGateway", "startEvent", "endEvent"}
    | {"intermediateThrowEvent"}
)


def scopes(nodes: Mapping[str, Node], spec: Any) -> Iterator[str | None]:
    """Yield the scopes whose tokens follow flows: None for the process, then its subprocesses."""
    yield None
    for node in nodes.values():
        if node.kind in ("subProcess", "transaction") and _inner(spec, node.id).starts:
            yield node.id


def draw(nodes: Mapping[str, Node], spec: Any, scope: str | None, facts: Values = _NOTHING_KNOWN) -> Net:
    """Return the net of one scope; the subprocesses in it are activities like any other.

    Where facts are given, only what they allow is possible.
    """
    around = spec.start if scope is None else _inner(spec, scope)
    return _Drawing(scope, nodes, spec.task_specs, around, facts).net()


def unordered(nodes: Mapping[str, Node], spec: Any) -> Iterator[str]:
    """Yield the ad-hoc subprocesses with a join in them: which tokens come to it, nobody knows beforehand."""
    joining = ("parallelGateway", "inclusiveGateway", "complexGateway")
    joins = (n for n in nodes.values() if n.kind in joining and len(spec.task_specs[n.id].incoming) > 1)
    adhoc = {node.scope for node in joins if node.scope and nodes[node.scope].kind == "adHocSubProcess"}
    yield from sorted(scope for scope in adhoc if scope)


def _inner(spec: Any, subprocess: str) -> Any:
    around = spec.task_specs[subprocess]
    return getattr(around, "inner", around)


@dataclass
class _Drawing:
    """One scope on its way to a net."""

    scope: str | None  #: the subprocess, None for the process
    nodes: Mapping[str, Node]
    tasks: Mapping[str, Any]
    around: Any  #: the spec of the process or subprocess itself
    facts: Values
    places: list[Place] = field(default_factory=list)
    numbers: dict[tuple[str, str | int], int] = field(default_factory=dict)
    moves: dict[int, tuple[Move, ...]] = field(default_factory=dict)
    joins: list[Join] = field(default_factory=list)
    inclusive: list[Inclusive] = field(default_factory=list)
    followers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: str | None = None

    def net(self) -> Net:
        """Return the net of everything that the starts lead to."""
        starts = self._starts()
        for element in self._reached():
            self._element(element)
        for gateway in [e for e in self.followers if self._joins_inclusively(e)]:
            self._inclusive(gateway)
        branches = self._side_branches()
        self._guard(branches)
        return Net(
            scope=self.scope,
            places=self.places,
            starts=starts,
            moves=self.moves,
            joins=tuple(self.joins),
            inclusive=tuple(self.inclusive),
            followers=self.followers,
            quiet=frozenset(e for e in self.followers if self._is_quiet(e)),
            aside=frozenset(self._aside(branches)),
            escapable=self._is_escapable(),
            unknown=self.unknown,
        )

    # -- what there is -----------------------------------------------------------------------------

    def _starts(self) -> tuple[Marking, ...]:
        """Return how the scope may begin: one start event of several, or all that is first at once."""
        places = [self._entry(spec.element, None) for spec in self.around.starts]
        if self.scope is not None:
            return (tuple(sorted(places)),)
        alone = [self._base(s.element) == "startEvent" or s.instantiates for s in self.around.starts]
        apart = [(place,) for place, begins in zip(places, alone, strict=True) if begins]
        return tuple(apart) or (tuple(sorted(places)),)

    def _reached(self) -> Iterator[str]:
        todo = [spec.element for spec in self.around.starts]
        while todo:
            element = todo.pop()
            if element in self.followers:
                continue
            spec = self.tasks[element]
            following = [b.element for b in spec.boundaries] + [flow.target for flow in spec.flows]
            self.followers[element] = tuple(dict.fromkeys(following))
            todo += reversed(self.followers[element])
            yield element

    def _base(self, element: str) -> str:
        return self.nodes[element].kind.partition(":")[0]

    def _is_join(self, element: str, base: str) -> bool:
        return self._base(element) == base and len(self.tasks[element].incoming) > 1

    def _joins_inclusively(self, element: str) -> bool:
        """Tell whether tokens wait here until no more can come, as at a complex gateway without condition."""
        complex_one = self._is_join(element, "complexGateway") and self.tasks[element].activation is None
        return complex_one or self._is_join(element, "inclusiveGateway")

    def _is_quiet(self, element: str) -> bool:
        return self._base(element) == "endEvent" or self._quantity(element, "start") > 1

    def _quantity(self, element: str, which: str) -> int:
        return int(getattr(self.tasks[element], f"{which}_quantity", 1))

    def _is_escapable(self) -> bool:
        """Tell whether an event beside the flows can end the scope."""
        beside = self.tasks[self.scope].boundaries if self.scope is not None else ()
        return any(b.cancel_activity for b in beside) or any(
            event.interrupting for event in self.around.armed
        )

    # -- places ------------------------------------------------------------------------------------

    def _place(self, element: str, which: str | int, *, flow: str | None = None, swift: bool = False) -> int:
        key = (element, which)
        if key not in self.numbers:
            self.numbers[key] = len(self.places)
            self.places.append(Place(element, flow, swift))
        return self.numbers[key]

    def _entry(self, element: str, flow: str | None) -> int:
        """Return the place of a token that comes to an element on a flow."""
        if flow and (self._is_join(element, "parallelGateway") or self._joins_inclusively(element)):
            return self._place(element, flow, flow=flow)
        if self._quantity(element, "start") > 1:
            return self._place(element, "gathering")
        return self._at(element)

    def _at(self, element: str, fired: int = 0) -> int:
        """Return the place of a token on an element; `fired` boundary events beside it are used up."""
        kind = self.nodes[element].kind
        swift = self._base(element) in _SWIFT or kind == "intermediateCatchEvent:link"
        return self._place(element, fired, swift=swift)

    # -- moves -------------------------------------------------------------------------------------

    def _element(self, element: str) -> None:
        base = self._base(element)
        if base == "boundaryEvent" or self._joins_inclusively(element):
            return
        if base == "complexGateway" and self.tasks[element].activation is not None:
            self.unknown = self.unknown or element
        if self._is_join(element, "parallelGateway"):
            taken = tuple(sorted(self._entry(element, flow) for flow in self.tasks[element].incoming))
            moves = tuple(Move(element, (element, *o.ended), taken, o.put) for o in self._outcomes(element))
            self.joins.append(Join(element, taken, moves))
            return
        if (quantity := self._quantity(element, "start")) > 1:
            taken = (self._entry(element, None),) * quantity
            self.joins.append(Join(element, taken, (Move(element, (), taken, (self._at(element),)),)))
        self._activity(element)

    def _activity(self, element: str) -> None:
        """Let a token leave by the flows or by a boundary event.

        One that interrupts nothing fires once, and not while what it led to before is still going on.
        """
        beside = self.tasks[element].boundaries
        repeatable = [b for b in beside if not b.cancel_activity]
        ends = self._ends(element)
        leaving = dict.fromkeys(self._outcomes(element))
        for fired in range(len(repeatable) + 1):
            here = self._at(element, fired)
            moves = [Move(element, (element, *o.ended), (here,), o.put, ends) for o in leaving]
            for boundary in beside:
                if boundary.cancel_activity:
                    moves += self._fires(boundary.element, element, here, ())
            # In one order only: which of them comes first makes no difference to what they do.
            for number, boundary in enumerate(repeatable[fired:], fired + 1):
                moves += self._fires(boundary.element, element, here, (self._at(element, number),))
            self.moves[here] = tuple(moves)

    def _fires(self, boundary: str, host: str, here: int, kept: Marking) -> Iterator[Move]:
        for o in self._outcomes(boundary):
            yield Move(boundary, (host, boundary, *o.ended), (here,), (*o.put, *kept))

    def _side_branches(self) -> dict[str, set[str]]:
        """Return what only it leads to, for each boundary event that interrupts nothing."""
        beside = [b for e in self.followers for b in self.tasks[e].boundaries if not b.cancel_activity]
        starts = [spec.element for spec in self.around.starts]
        return {
            event.element: self._led_to([event.element]) - self._led_to(starts, without=event.element)
            for event in beside
        }

    def _guard(self, branches: Mapping[str, set[str]]) -> None:
        """Let no boundary event that interrupts nothing fire while its own branch is still going on."""
        busy = {
            event: frozenset(number for number, place in enumerate(self.places) if place.element in branch)
            for event, branch in branches.items()
        }
        for here, made in self.moves.items():
            self.moves[here] = tuple(replace(m, guard=busy.get(m.element, m.guard)) for m in made)

    def _aside(self, branches: Mapping[str, set[str]]) -> Iterator[str]:
        """Yield the side branches that only lead to plain end events, without any join or loop."""
        ends = {element for element in self.followers if self._is_plain_end(element)}
        for branch in branches.values():
            order, cyclic = ranks(self.followers, branch)
            if not cyclic and branch | ends >= order.keys() and not any(self._joins(e) for e in branch):
                yield from branch

    def _joins(self, element: str) -> bool:
        return len(self.tasks[element].incoming) > 1 or self._quantity(element, "start") > 1

    def _led_to(self, elements: list[str], *, without: str = "") -> set[str]:
        found = set[str]()
        todo = list(elements)
        while todo:
            element = todo.pop()
            if element not in found and element != without:
                found.add(element)
                todo += self.followers.get(element, ())
        return found

    def _ends(self, element: str) -> bool:
        """Tell whether it ends the scope by one of its events."""
        if self._base(element) != "endEvent":
            return False
        spec = self.tasks[element]
        return any(isinstance(event.event_definition, _ENDING) for event in spec.parts or (spec,))

    def _outcomes(self, element: str) -> list[Outcome]:
        """Return what leaving an element may come to; a token on a plain end event is gone at once."""
        spec, base = self.tasks[element], self._base(element)
        quantity = self._quantity(element, "completion")
        if too_many(base, spec.flows):
            self.unknown = self.unknown or element
            return [Outcome()]
        made = []
        together = base == "eventBasedGateway" and spec.parallel
        for taken in ways_out("parallelGateway" if together else base, spec.flows, self.facts):
            flows = [spec.flows[number] for number in taken]
            put = [self._entry(f.target, f.id) for f in flows if not self._is_plain_end(f.target)]
            ended = dict.fromkeys(f.target for f in flows if self._is_plain_end(f.target))
            made.append(Outcome(tuple(sorted(put * quantity)), tuple(ended)))
        return made

    def _is_plain_end(self, element: str) -> bool:
        return self._base(element) == "endEvent" and not self._ends(element)

    # -- inclusive joins ---------------------------------------------------------------------------

    def _inclusive(self, gateway: str) -> None:
        incoming = self.tasks[gateway].incoming
        places = tuple(self._entry(gateway, flow) for flow in incoming)
        bits = {flow: 1 << number for number, flow in enumerate(incoming)}
        reach = self._reach(gateway, bits)
        by_place = {
            number: reach[place.element]
            for number, place in enumerate(self.places)
            if place.element != gateway and reach.get(place.element)
        }
        self.inclusive.append(Inclusive(gateway, places, tuple(self._outcomes(gateway)), by_place))

    def _reach(self, gateway: str, bits: Mapping[str, int]) -> dict[str, int]:
        """Return, by element, which flows into the gateway a token there could come on first."""
        reach: dict[str, int] = {}
        before: dict[str, list[str]] = {}
        todo: list[str] = []
        for element in self.followers:
            spec = self.tasks[element]
            for flow in (f for source in (spec, *spec.boundaries) for f in source.flows):
                if flow.target == gateway:
                    reach[element] = reach.get(element, 0) | bits[flow.id]
                    todo.append(element)
                else:
                    before.setdefault(flow.target, []).append(element)
        while todo:
            element = todo.pop()
            for source in before.get(element, ()) if element != gateway else ():
                if reach[element] | reach.get(source, 0) != reach.get(source, 0):
                    reach[source] = reach.get(source, 0) | reach[element]
                    todo.append(source)
        return reach
