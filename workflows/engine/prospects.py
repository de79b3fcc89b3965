"""Whether the tokens of a moved run can all go on to an end: explored on the token game of the new version.

A scope that is drawn as it was needs no look. Elsewhere the game is played from where the tokens stand, as the
deployment gate plays it from the start: a branch added to a parallel block whose join others wait at, or two
branches put one behind the other, is refused here, not found out in the middle of a matter. What either version
comes to by itself is not the doing of the move, and no reason against it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workflows.engine import calls, joins
from workflows.engine.migration import called, refusal
from workflows.engine.model import Node
from workflows.engine.placing import Placing, begun, is_ad_hoc
from workflows.engine.reading import Definition
from workflows.engine.soundness import Spot, standing
from workflows.engine.specs import ParallelGateway, SubProcess
from workflows.engine.spots import spots
from workflows.engine.tokens import STARTED, WAITING, Token
from workflows.findings import Finding

_WORDS = {
    "deadlock": "would get stuck at {}",
    "unbounded": "would pile up tokens at {}",
    "lack_of_synchronisation": "would come to {} twice",
    "off_the_way": "stands at {}, to which no way leads in the new version",
    "not_proved": "cannot be shown to come to its end from {}",
}


def prospects(placing: Placing) -> Iterator[Finding]:
    """Yield why the instance could not go on in the new version from where it stands."""
    for scope in placing.made.tasks.values():
        if calls.reference_of(scope) or not _is_scope(scope):
            continue
        was = placing.run.tasks[scope.id]
        if _shape(was, placing.names) == _shape(scope, None):
            continue
        if is_ad_hoc(scope):
            message = f"{called(scope.task_spec.node)} has no order, and what it holds is drawn anew."
            yield refusal(was.task_spec.element, "ad_hoc", message)
        else:
            yield from _look(placing, was, scope)


def full(run: Any) -> Iterator[Token]:
    """Yield the tokens at parallel joins for which nothing is missing: they would never be looked at again."""
    for token in run.tasks.values():
        gateway, around = token.task_spec, token.parent
        if token._state != WAITING or not isinstance(gateway, ParallelGateway):
            continue
        if len(joins.waiting_at(gateway, around)) >= len(gateway.incoming):
            yield token


def _is_scope(token: Token) -> bool:
    spec = token.task_spec
    return token._state == STARTED and begun(token) and (spec.is_root or isinstance(spec, SubProcess))


def _look(placing: Placing, was: Token, scope: Token) -> Iterator[Finding]:
    here = None if scope.task_spec.is_root else scope.task_spec.element
    definition: Definition = scope.task_spec._wf_spec.definition
    places = tuple(sorted(spots(scope), key=str))
    key = (definition.id, here, places)
    if key not in placing.migration.known:
        found = standing(definition, here, places)
        excused = _known(definition, here, None, {}) | _known_before(placing, was) if found else set()
        placing.migration.known[key] = tuple(f for f in found if _fault(f.rule, f.element) not in excused)
    for finding in placing.migration.known[key]:
        node = definition.nodes.get(finding.element or "")
        place = called(node) if node else "the beginning"
        why = f"The instance {_WORDS[finding.rule].format(place)}. {finding.message}"
        yield Finding(finding.element, finding.rule, "error", why, finding.path)


def _known_before(placing: Placing, was: Token) -> set[tuple[str, str | None]]:
    """Return what can go wrong in the version that is left just as well, by the names of the new one."""
    here = None if was.task_spec.is_root else was.task_spec.element
    return _known(was.task_spec._wf_spec.definition, here, tuple(spots(was)), placing.names)


def _known(
    definition: Definition, scope: str | None, places: tuple[Spot, ...] | None, names: Mapping[str, str]
) -> set[tuple[str, str | None]]:
    found = standing(definition, scope, places)
    return {_fault(f.rule, names.get(f.element or "", f.element)) for f in found if f.rule != "not_proved"}


def _fault(rule: str, element: str | None) -> tuple[str, str | None]:
    # Tokens that are too many already do everything after them twice: at which element that is told is by chance.
    return rule, None if rule == "lack_of_synchronisation" else element


def _shape(scope: Token, names: Any) -> frozenset[Any]:
    """Return how a scope is drawn, in the new version's names where `names` translate."""
    spec = scope.task_spec
    definition: Definition = spec._wf_spec.definition
    here = None if spec.is_root else spec.element
    inside = (node for node in definition.nodes.values() if node.scope == here)
    return frozenset(_drawn(node, spec._wf_spec.task_specs[node.id], names) for node in inside)


def _drawn(node: Node, spec: Any, names: Any) -> tuple[Any, ...]:
    def new(element: str) -> str:
        return element if names is None else names.get(element, f"?{element}")

    flows = tuple(
        (f.id, new(f.target), f.condition.source if f.condition else "", f.default) for f in spec.flows
    )
    beside = frozenset((new(b.element), b.cancel_activity) for b in spec.boundaries)
    activation = getattr(spec, "activation", None)
    return (
        *(new(node.id), node.kind, flows, beside, frozenset(spec.incoming), spec.repeats),
        *(spec.start_quantity, spec.completion_quantity, activation.source if activation else ""),
    )
