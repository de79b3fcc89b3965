"""Which flows a token may leave an element by, whatever the data are or where some of them are known."""

from __future__ import annotations

from itertools import chain, combinations

from workflows.engine.plan import Flow
from workflows.engine.soundness.assignments import Values, assignments, holds
from workflows.expressions import Expression

#: Flows with conditions out of one element; each further one doubles what may be taken.
MAX_CONDITIONS = 10
#: Numbers of the flows that are taken together.
Taken = tuple[int, ...]


def too_many(base: str, flows: tuple[Flow, ...]) -> bool:
    """Tell whether there are more ways out than anybody could look at."""
    return base != "exclusiveGateway" and sum(f.condition is not None for f in flows) > MAX_CONDITIONS


def ways_out(base: str, flows: tuple[Flow, ...], facts: Values) -> list[Taken]:
    """Return the sets of flows that may be taken, leaving out what the facts forbid."""
    everyone = tuple(range(len(flows)))
    if not flows:
        return [()]
    if base == "eventBasedGateway":
        return [(number,) for number in everyone]
    if base == "parallelGateway":
        return [everyone]
    possible = _exclusive(flows) if base == "exclusiveGateway" else _inclusive(flows)
    known = _known(base, flows, facts) if facts else None
    return possible if known is None else [taken for taken in possible if taken in known] or possible


def _exclusive(flows: tuple[Flow, ...]) -> list[Taken]:
    return [(n,) for n, flow in enumerate(flows) if _constant(flow) is not False] or [()]


def _inclusive(flows: tuple[Flow, ...]) -> list[Taken]:
    """Return every set: all flows without condition and any of the others, or else the default flow."""
    plain = [n for n, flow in enumerate(flows) if not flow.default]
    always = tuple(n for n in plain if flows[n].condition is None or _constant(flows[n]) is True)
    perhaps = [n for n in plain if flows[n].condition is not None and _constant(flows[n]) is None]
    subsets = chain.from_iterable(combinations(perhaps, size) for size in range(len(perhaps) + 1))
    chosen = [tuple(sorted(always + subset)) for subset in subsets if always or subset]
    default = [(n,) for n, flow in enumerate(flows) if flow.default and not always]
    return chosen + default or [()]


def _constant(flow: Flow) -> bool | None:
    """Return what a condition says that reads nothing, such as `${true}`."""
    condition = flow.condition
    if condition is None or condition.names or condition.calls:
        return None
    return holds(condition, {})


def _known(base: str, flows: tuple[Flow, ...], facts: Values) -> set[Taken] | None:
    """Return what is taken with any values beside the facts; None where that cannot be told."""
    conditions = [flow.condition for flow in flows if flow.condition is not None]
    found: set[Taken] = set()
    for values in assignments(conditions):
        if any(values.get(path, fact) != fact for path, fact in facts.items()):
            continue
        answers = [_answer(flow.condition, values) for flow in flows]
        if None in answers:
            return None
        taken = tuple(n for n, flow in enumerate(flows) if answers[n] and not flow.default)
        default = tuple(n for n, flow in enumerate(flows) if flow.default)
        found.add((taken[:1] if base == "exclusiveGateway" else taken) or default)
    return found or None


def _answer(condition: Expression | None, values: Values) -> bool | None:
    return True if condition is None else holds(condition, values)
