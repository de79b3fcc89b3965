"""Whether tokens that stand somewhere already can all go on to an end: the token game from there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from workflows.engine.reading import Definition
from workflows.engine.soundness.budget import Budget
from workflows.engine.soundness.drawing import draw
from workflows.engine.soundness.exploring import explore
from workflows.engine.soundness.net import Net
from workflows.engine.soundness.verdicts import unexplored, unsynchronised, verdicts
from workflows.findings import Finding

#: An element, the flow on which a token came where it waits there for others, and whether it has yet to begin.
Spot = tuple[str, str | None, bool]

_RULES = frozenset({"deadlock", "unbounded", "not_proved"})


def standing(
    definition: Definition, scope: str | None, spots: Iterable[Spot] | None, budget: Budget | None = None
) -> list[Finding]:
    """Return what can go wrong with tokens that stand at these spots of a scope and with all that follows.

    None stands for the scope's own beginning. Rules: deadlock, unbounded, lack_of_synchronisation (a step is done
    twice), not_proved, and off_the_way for an element that no way leads to. Conditions may hold or not, as in `check`.
    """
    net = draw(definition.nodes, definition.spec, scope)
    if net.unknown is not None:
        return [unexplored(net.unknown)]
    if spots is not None:
        marking: list[int] = []
        for spot in spots:
            place = _place(net, definition, spot)
            if place is None:
                return [Finding(spot[0], "off_the_way", "error", "No way leads here.")]
            marking.append(place)
        net = replace(net, starts=(tuple(sorted(marking)),))
    seen = explore(net, budget or Budget())
    found = [f for f in verdicts(seen, scope or definition.id) if f.rule in _RULES]
    return [*found, *unsynchronised(seen)]


def _place(net: Net, definition: Definition, spot: Spot) -> int | None:
    element, flow, gathering = spot
    here = [n for n, place in enumerate(net.places) if (place.element, place.flow) == (element, flow)]
    # Where several tokens begin an activity, the first place is that of those who are too few yet.
    if not gathering and definition.spec.task_specs[element].start_quantity > 1:
        here = here[1:]
    return here[0] if here else None
