"""Moves that no sequence flow draws: the token of an open task is put on another step, of its scope or one around it.

What is left on the way out is taken away whole, as an interrupting event would. The token game is asked before
whether everything can still go on to an end; where it could not, as few as possible of the other tokens of that scope
go along, and if that does not help nothing is moved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, combinations, islice
from typing import Any

from workflows.engine import compensation
from workflows.engine.adhoc import AdHocSubProcess
from workflows.engine.dialect import ACTIVITIES
from workflows.engine.model import Moved
from workflows.engine.soundness import Budget, Spot, standing
from workflows.engine.spots import of, spots
from workflows.engine.spots import standing as tokens_of
from workflows.engine.tokens import BACK, BEEN, Token
from workflows.errors import Conflict, InvalidInput
from workflows.findings import Finding

#: How many ways of letting others go along are looked at, each a game of its own, and at how many places in all.
MOST, PLACES = 64, 20_000


@dataclass(frozen=True)
class Move:
    """A token that goes, with all it holds, and where to."""

    moved: Token
    around: Token  #: the scope in which it goes
    spec: Any  #: the activity on which it is put
    along: tuple[Token, ...] = ()  #: other tokens of the scope that are given up
    back: tuple[str, ...] = ()  #: the activities to which it comes straight back, the next one last

    @property
    def told(self) -> Moved:
        """Return the move for those outside."""
        return Moved(
            self.moved.task_spec.node, self.spec.node, tuple(token.task_spec.node for token in self.along)
        )


def earlier(token: Token) -> Iterator[Move]:
    """Yield the steps that a task can be sent back to: done before, and with a way from there to where it stands."""
    for moved, around in _levels(token):
        been = around.internal_data.get(BEEN, ())
        for spec in _steps(moved):
            if spec.element in been and moved.task_spec.element in _ahead(spec)[0]:
                yield Move(moved, around, spec)


def anywhere(token: Token) -> Iterator[Move]:
    """Yield the steps of a task's scope and of those around it, to which it may jump."""
    return (Move(moved, around, spec) for moved, around in _levels(token) for spec in _steps(moved))


def back(token: Token, element: str, *, straight: bool) -> Move:
    """Return the move of a task to an earlier step; `InvalidInput` (`step`) if it is none, `Conflict` (`unsafe`).

    Straight, the token comes back to what it leaves as soon as that step is done, and nothing else goes along.
    """
    found = _named(earlier(token), element, f"no step before '{token.task_spec.element}'")
    if not straight:
        elements, flows = _ahead(found.spec)
        leads = {found.spec.element, *elements}
        return _safe(found, lambda other: any((f in flows) if f else (e in leads) for e, f, _ in of(other)))
    kept = (*found.moved.internal_data.get(BACK, ()), found.moved.task_spec.name)
    # Only an event on the step could lead the token elsewhere than back.
    return replace(_safe(found, lambda _: False) if found.spec.boundaries else found, back=kept)


def jump(token: Token, element: str) -> Move:
    """Return the move of a task to any step of its scope or one around it; `InvalidInput`, `Conflict` as in `back`."""
    return _safe(
        _named(anywhere(token), element, f"no step beside or around '{token.task_spec.element}'"),
        lambda _: True,
    )


def again(root: Token, element: str) -> Any:
    """Return the activity of the process itself on which a run that has ended goes on; raises as `back` does."""
    steps = {spec.element: spec for spec in _activities(root.task_spec._wf_spec, None)}
    if element not in steps:
        there = ", ".join(sorted(steps)) or "none"
        raise InvalidInput(f"'{element}' is no step of the process itself; there are: {there}.", code="step")
    guard_safe(root, [(element, None, False)], Budget(PLACES))
    return steps[element]


def go(run: Any, move: Move) -> None:
    """Make a move; what the boundary events of everything left waited for is over."""
    for token in (move.moved, *move.along):
        run.cancel_token(token)
    run.put(move.spec, move.around, move.back)


# -- where to -----------------------------------------------------------------------------------------


def _named(ways: Iterable[Move], element: str, why: str) -> Move:
    known: dict[str, Move] = {}
    for way in ways:
        known.setdefault(way.spec.element, way)  # the innermost of that name
    if element not in known:
        there = ", ".join(sorted(known)) or "none"
        raise InvalidInput(f"'{element}' is {why}; there are: {there}.", code="step")
    return known[element]


def _levels(token: Token) -> Iterator[tuple[Token, Token]]:
    """Yield what goes and the scope in which it goes: the task in its own, then what holds it in those around."""
    moved: Token | None = token
    while moved is not None:
        # An instance of a repeated activity takes the whole activity along.
        moved = moved if moved.task_spec.body is None else moved.parent
        assert moved is not None
        around = moved.parent
        assert around is not None
        # Handlers of a compensation come one after another, and nothing leads on from them.
        if compensation.is_compensating(around):
            return
        if not isinstance(around.task_spec, AdHocSubProcess):  # which has no order
            yield moved, around
        if around.task_spec.by_event:
            return  # no way leads into what an event has started, and none out
        moved = around.parent if around.task_spec.is_root else around


def _steps(moved: Token) -> list[Any]:
    return _activities(moved.task_spec._wf_spec, moved.task_spec.node.scope)


def _activities(process: Any, scope: str | None) -> list[Any]:
    specs = process.task_specs.values()
    handlers = {spec.undone_by for spec in specs}
    return [
        spec
        for spec in specs
        if not spec.is_root
        and spec.body is None
        and spec.node.kind in ACTIVITIES
        and spec.node.scope == scope
        and not (spec.by_event or spec.node.id in handlers)
    ]


def _ahead(start: Any) -> tuple[set[str], set[str]]:
    """Return the elements and the flows to which ways lead from a step; an event on it is a way out of it."""
    elements: set[str] = set()
    flows: set[str] = set()
    todo = [start]
    while todo:
        spec = todo.pop()
        for flow in chain(spec.flows, *(boundary.flows for boundary in spec.boundaries)):
            flows.add(flow.id)
            if flow.target not in elements:
                elements.add(flow.target)
                todo.append(spec._wf_spec.task_specs[flow.target])
    return elements, flows


# -- whether it is safe -------------------------------------------------------------------------------


def _safe(move: Move, goes: Callable[[Token], bool]) -> Move:
    """Return the move with as few others as the token game asks for, of those that may go along."""
    others = [token for token in tokens_of(move.around) if token is not move.moved and goes(token)]
    ways = chain.from_iterable(combinations(others, number) for number in range(len(others) + 1))
    budget = Budget(PLACES)
    alone: list[Finding] = []
    given_up: list[Finding] = []
    for along in islice(ways, MOST):
        made = replace(move, along=along)
        places = [*spots(move.around, without=(move.moved, *along)), (move.spec.element, None, False)]
        found = _faults(move.around, places, budget)
        if not found:
            return made
        alone = alone or found
        given_up = given_up or [finding for finding in found if finding.rule == "not_proved"]
    # Why it cannot go alone, and that not all ways of letting others go along could be looked at to the end.
    raise _unsafe([*alone, *(finding for finding in given_up if finding not in alone)])


def guard_safe(around: Token, places: Iterable[Spot], budget: Budget) -> None:
    """Raise `Conflict` (`unsafe`) if tokens that stood at these places of a scope could not go on to its end."""
    if found := _faults(around, places, budget):
        raise _unsafe(found)


def _unsafe(found: list[Finding]) -> Conflict:
    told = " ".join(finding.message for finding in found)
    return Conflict(
        f"The instance could not go on from there to its end: {told}",
        code="unsafe",
        findings=tuple(found),
        element=found[0].element,
    )


def _faults(around: Token, places: Iterable[Spot], budget: Budget) -> list[Finding]:
    """Return what could go wrong from these places, and could not from the present ones nor from the beginning."""
    spec = around.task_spec
    definition, here = spec._wf_spec.definition, None if spec.is_root else spec.element

    def play(standing_at: Iterable[Spot] | None) -> list[Finding]:
        return standing(definition, here, standing_at, budget)

    found = play(places)
    if not found:
        return []
    known = {_fault(f) for f in (*play(None), *play(list(spots(around)))) if f.rule != "not_proved"}
    return [finding for finding in found if _fault(finding) not in known]


def _fault(finding: Finding) -> tuple[str, str | None]:
    # Tokens that are too many already do everything after them twice: at which element that is told is by chance.
    return finding.rule, None if finding.rule == "lack_of_synchronisation" else finding.element
