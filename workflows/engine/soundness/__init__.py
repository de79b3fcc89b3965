"""Structural soundness: what the token game of a definition can come to, whatever the data are.

Each scope is explored by itself: the process and every subprocess in it, which is one activity outside.
What is left out: conditions may hold or not, boundary events may happen or not; one that interrupts nothing
happens once for each time its activity is entered, and not while its own branch is still going on (its
repetitions do the same again); loops and several instances are one activity.
"""

from __future__ import annotations

from collections.abc import Iterator

from workflows.engine.reading import Definition
from workflows.engine.soundness.budget import Budget
from workflows.engine.soundness.choices import choices
from workflows.engine.soundness.drawing import draw, scopes, unordered
from workflows.engine.soundness.exploring import Explored, explore
from workflows.engine.soundness.facts import cases
from workflows.engine.soundness.standing import Spot, standing
from workflows.engine.soundness.verdicts import unexplored, unsynchronised, verdicts
from workflows.findings import Finding

#: Findings of the token game: the command line may let these through, with a reason.
RULES = frozenset({"deadlock", "unbounded", "lack_of_synchronisation", "dead", "no_end", "not_proved"})

__all__ = ["RULES", "Budget", "Spot", "check", "standing"]


def check(definition: Definition, budget: Budget | None = None) -> list[Finding]:
    """Return what can go wrong with tokens and choices in a definition, with the shortest way there."""
    allowed = budget or Budget()
    findings: list[Finding] = []
    for scope in scopes(definition.nodes, definition.spec):
        findings += _check_scope(definition, scope, allowed)
    findings += [unexplored(scope) for scope in unordered(definition.nodes, definition.spec)]
    return [*findings, *choices(definition.nodes, definition.spec, allowed)]


def _check_scope(definition: Definition, scope: str | None, budget: Budget) -> Iterator[Finding]:
    net = draw(definition.nodes, definition.spec, scope)
    if net.unknown is not None:
        yield unexplored(net.unknown)
        return
    seen = explore(net, budget)
    yield from verdicts(seen, scope or definition.id)
    if seen.growing is None:
        yield from _check_meetings(definition, seen, budget)


def _check_meetings(definition: Definition, seen: Explored, budget: Budget) -> list[Finding]:
    """Return where tokens meet unawares, unless conditions that hang together rule it out."""
    found = list(unsynchronised(seen))
    known = list(cases(seen.net, definition.spec.task_specs)) if found else []
    if not known:
        return found
    met: dict[str | None, Finding] = {}
    for facts in known:
        narrowed = explore(draw(definition.nodes, definition.spec, seen.net.scope, facts), budget)
        if not narrowed.bounded:
            return found
        for finding in unsynchronised(narrowed):
            met.setdefault(finding.element, finding)
    return list(met.values())
