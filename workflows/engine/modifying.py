"""Several changes to where the tokens of a run stand, made at once: some are taken away, others put.

Nothing goes along by itself. The token game is asked whether what is left and what is put can all go on to an end.
A scope in which nothing is left is left itself; without a token the run is cancelled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from workflows.engine import compensation, moves, scope
from workflows.engine.adhoc import AdHocSubProcess
from workflows.engine.dialect import ACTIVITIES
from workflows.engine.model import Change
from workflows.engine.plan import Flow
from workflows.engine.soundness import Budget, Spot
from workflows.engine.specs import SubProcess
from workflows.engine.spots import JOINS, coming, spots
from workflows.engine.tokens import STARTED, Token
from workflows.errors import InvalidInput

#: Beside activities, elements before which a token can be put: those that need not know on which flow it came.
_BEFORE = (
    "intermediateCatchEvent",
    "intermediateThrowEvent",
    "endEvent",
    "exclusiveGateway",
    "eventBasedGateway",
)


@dataclass
class _Put:
    """A token to be put before an element, or on a flow out of one."""

    around: Token
    spec: Any
    flow: Flow | None
    variables: dict[str, Any]

    def spots(self) -> list[Spot]:
        if self.flow is not None:
            return list(coming(self.spec._wf_spec.task_specs[self.flow.target], self.flow.id))
        return [(self.spec.element, None, False)] if self.spec.node.kind != "endEvent" else []


@dataclass
class Plan:
    """What goes and what comes, found to be possible."""

    gone: list[Token] = field(default_factory=list)
    put: list[_Put] = field(default_factory=list)
    ends: bool = False  #: nothing is left


def plan(run: Any, changes: Sequence[Change]) -> Plan:
    """Return what changes come to; `InvalidInput` (`change`) with what makes no sense, `Conflict` (`unsafe`)."""
    made = Plan()
    for change in changes:
        if change.kind == "cancel":
            made.gone += [token for token in _meant(run, change) if token not in made.gone]
    made.gone = [token for token in made.gone if not any(over in made.gone for over in scope.above(token))]
    for change in changes:
        if change.kind != "cancel":
            made.put.append(_put(run, change, made.gone))
    if not changes:
        raise InvalidInput("There is nothing to change.", code="change")
    for around in _touched(made):
        places = [
            *spots(around, without=made.gone),
            *(s for p in made.put if p.around is around for s in p.spots()),
        ]
        moves.guard_safe(around, places, Budget(moves.PLACES))
    return made


def go(run: Any, made: Plan) -> None:
    """Make the changes: all that goes first, then what comes, in order."""
    if made.ends:
        run.finish("cancelled")
        return
    for token in made.gone:
        run.cancel_token(token)
    for put in made.put:
        scope.assign(put.around, put.variables)
        if put.flow is not None:
            run.follow(put.spec, [put.flow], put.around)
        elif put.spec.node.kind in ACTIVITIES:
            run.put(put.spec, put.around)
        else:
            run.enter(put.spec, put.around, None)


def _meant(run: Any, change: Change) -> list[Token]:
    """Return the tokens that a change takes away; of what is repeated the whole."""
    if change.token is not None:
        one = run.tasks.get(change.token)
        found = (
            [one] if one is not None and (change.node is None or one.task_spec.element == change.node) else []
        )
    else:
        found = [token for token in run.tasks.values() if token.task_spec.element == change.node]
    standing = [t if t.task_spec.body is None else t.parent for t in found if _is_step(t)]
    if not standing:
        raise _senseless(f"The instance does not stand at {change.node or change.token}.")
    if any(compensation.is_compensating(over) for token in standing for over in scope.above(token)):
        raise _senseless("What is being undone goes on to its end.")
    return list(dict.fromkeys(standing))


def _is_step(token: Token) -> bool:
    behind = token.parent is not None and token.parent.task_spec.arms_flows
    return not (token.task_spec.is_root or token.task_spec.silent or behind)


def _put(run: Any, change: Change, gone: list[Token]) -> _Put:
    assert change.node is not None
    variables = scope.clean(change.variables)
    places = []
    for around in run.tasks.values():
        over = {around.id, *(one.id for one in scope.above(around))}
        if not _is_scope(around) or any(token.id in over for token in gone):
            continue
        if change.within is not None and change.within not in over:
            continue
        places += [_Put(around, spec, flow, variables) for spec, flow in _targets(around, change)]
    if not places:
        raise _senseless(
            f"There is no scope under way in which a token could be put {change.kind} {change.node}."
        )
    if len(places) > 1:
        raise _senseless(f"{change.node} lies in {len(places)} scopes under way; say in which.")
    return places[0]


def _is_scope(token: Token) -> bool:
    spec = token.task_spec
    holds = spec.is_root or isinstance(spec, SubProcess)
    ordered = not isinstance(spec, AdHocSubProcess) and not compensation.is_compensating(token)
    return bool(holds and ordered and token._state == STARTED)


def _targets(around: Token, change: Change) -> list[tuple[Any, Flow | None]]:
    """Return the element, and the flow if on one, that a change means in a scope."""
    specs = around.task_spec._wf_spec.task_specs
    here = None if around.task_spec.is_root else around.task_spec.element
    inside = [s for s in specs.values() if not s.is_root and s.body is None and s.node.scope == here]
    if change.kind == "flow":
        return [(spec, flow) for spec in inside for flow in spec.flows if flow.id == change.node]
    spec = next((spec for spec in inside if spec.name == change.node), None)
    if spec is None:
        return []
    if change.kind == "after":
        if len(spec.flows) != 1:
            raise _senseless(f"{len(spec.flows)} flows lead on from {change.node}: name the one to take.")
        return [(spec, spec.flows[0])]
    base = spec.node.kind.partition(":")[0]
    alone = not (isinstance(spec, JOINS) and len(spec.incoming) > 1)
    if spec.by_event or not (base in ACTIVITIES or base in _BEFORE or (isinstance(spec, JOINS) and alone)):
        raise _senseless(f"No token can be put before {change.node}; name the flow that it comes on.")
    return [(spec, None)]


def _touched(made: Plan) -> list[Token]:
    """Return the scopes whose tokens change and that stay; one that is empty then goes itself."""
    touched = [put.around for put in made.put]
    todo = list(made.gone)
    while todo:
        around = todo.pop().parent
        assert around is not None
        filled = any(put.around is around or around in scope.above(put.around) for put in made.put)
        if filled or any(child not in made.gone and not child.task_spec.silent for child in around.children):
            touched.append(around)
            continue
        if around.task_spec.is_root and around.parent is None:
            made.ends = True
            return []
        holder = around.parent if around.task_spec.is_root else around
        assert holder is not None
        holder = holder if holder.task_spec.body is None else holder.parent
        assert holder is not None
        if holder not in made.gone:
            made.gone = [token for token in made.gone if holder not in scope.above(token)]
            made.gone.append(holder)
            todo.append(holder)
    return [around for around in dict.fromkeys(touched) if not any(t in made.gone for t in _chain(around))]


def _chain(around: Token) -> list[Token]:
    return [around, *scope.above(around)]


def _senseless(why: str) -> InvalidInput:
    return InvalidInput(why, code="change")
