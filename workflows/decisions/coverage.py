"""What the rules of a table leave open, and where they are in each other's way.

Inputs are taken to be independent of one another, and an empty one is looked at only where a cell of its column asks
for null. What a cell compares with variables is known to a run only: of that nothing is claimed.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from workflows.decisions.axes import Axis, Exhausted, axes, members, spend
from workflows.decisions.table import SINGLE, Decision, Rule
from workflows.expressions import EvaluationError, Meter
from workflows.findings import Finding

#: What looking at the tables of one deployment may cost: steps of their cells, and sets compared.
MAX_WORK = 1_000_000
MOST = 5  #: examples of one kind for one table


def remarks(decision: Decision, meter: Meter | None = None) -> Iterator[Finding]:
    """Yield where no rule of a table holds, which rules hold together and may not, and which can never hold.

    What was not looked at because the meter is used up is a remark as well.
    """
    if decision.literal is not None or not decision.rules:
        return
    meter = Meter(MAX_WORK) if meter is None else meter
    try:
        found = axes(decision, meter)
        yield from _never(decision, found)
        yield from _together(decision, found, meter)
        if decision.hit_policy in SINGLE and all(output.default is None for output in decision.outputs):
            yield from _gaps(decision, found, meter)
    except Exhausted:
        yield _remark(
            decision.id,
            "not_looked_at",
            f"{decision.title} is too large to be looked at to the end: there may be more gaps and overlaps.",
        )


def _remark(element: str, rule: str, message: str, path: tuple[str, ...] = ()) -> Finding:
    return Finding(element, rule, "warning", message, path)


def _example(found: Sequence[Axis], chosen: Sequence[int]) -> str:
    """Return a set of inputs in words; what does not matter is left out."""
    return ", ".join(axis.words(one) for axis, one in zip(found, chosen, strict=True) if one != axis.full)


# --- rules by themselves, and two by two


def _never(decision: Decision, found: Sequence[Axis]) -> Iterator[Finding]:
    empty = ((n, axis) for n in range(len(decision.rules)) for axis in found if not axis.maybe[n])
    for number, axis in islice(empty, MOST):
        rule = decision.rules[number]
        message = f"{decision.title}, rule {rule.number}, column {axis.label}: no value passes the test."
        yield _remark(rule.id, "rule_never", message)


def _together(decision: Decision, found: Sequence[Axis], meter: Meter) -> Iterator[Finding]:
    """Yield the pairs of rules that hold together and may not, and the rules that an earlier one leaves nothing."""
    first = decision.hit_policy == "FIRST"
    if not first and decision.hit_policy not in ("UNIQUE", "ANY"):
        return
    agreeing = _agreeing(decision) if decision.hit_policy == "ANY" else None
    told = 0
    for later, rule in enumerate(decision.rules):
        earlier = (_covering if first else _sharing)(found, later, meter)
        for place in members(earlier if agreeing is None else earlier & ~agreeing[later]):
            told += 1
            if told > MOST:
                kind = "rule_unreachable" if first else "rules_overlap"
                yield _remark(decision.id, kind, f"{decision.title}: There are more such rules.")
                return
            one = decision.rules[place]
            yield _unreachable(decision, one, rule) if first else _overlap(decision, found, one, rule)
            if first:
                break


def _sharing(found: Sequence[Axis], later: int, meter: Meter) -> int:
    """Return the set of earlier rules that for sure hold together with this one somewhere."""
    rules = (1 << later) - 1
    for axis in found:
        spend(meter, 1 + axis.sure[later].bit_count())
        somewhere = 0
        for place in members(axis.sure[later]):
            somewhere |= axis.surely[place]
        rules &= somewhere
        if not rules:
            break
    return rules


def _covering(found: Sequence[Axis], later: int, meter: Meter) -> int:
    """Return the set of earlier rules that for sure hold wherever this one may."""
    rules = (1 << later) - 1 if all(axis.maybe[later] for axis in found) else 0
    for axis in found:
        for place in members(axis.maybe[later]) if rules else ():
            spend(meter, 1)
            rules &= axis.surely[place]
            if not rules:
                break
    return rules


def _unreachable(decision: Decision, one: Rule, other: Rule) -> Finding:
    message = f"rule {other.number} is never reached: rule {one.number} holds wherever it does"
    return _remark(other.id, "rule_unreachable", f"{decision.title}: {message}.", (one.id, other.id))


def _overlap(decision: Decision, found: Sequence[Axis], one: Rule, other: Rule) -> Finding:
    places = one.number - 1, other.number - 1
    where = _example(found, [axis.sure[places[0]] & axis.sure[places[1]] for axis in found])
    but = "and say different things (ANY)" if decision.hit_policy == "ANY" else "and only one may (UNIQUE)"
    message = f"rules {one.number} and {other.number} hold together {but}{': ' if where else ''}{where}"
    return _remark(other.id, "rules_overlap", f"{decision.title}: {message}.", (one.id, other.id))


def _agreeing(decision: Decision) -> list[int]:
    """Return for each rule the set of those that are not known to say otherwise."""
    said: list[str | None] = []
    for rule in decision.rules:
        try:
            said.append(json.dumps(_exact(decision.results(rule, {})), sort_keys=True))
        except EvaluationError:
            said.append(None)  # only a run knows
    alike: dict[str | None, int] = defaultdict(int)
    for number, words in enumerate(said):
        alike[words] |= 1 << number
    everyone = (1 << len(said)) - 1
    return [everyone if words is None else alike[words] | alike[None] for words in said]


def _exact(value: Any) -> Any:
    """Return a result with 5.0 written 5, as they are equal."""
    if isinstance(value, dict):
        return {key: _exact(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_exact(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


# --- what no rule covers


def _gaps(decision: Decision, found: Sequence[Axis], meter: Meter) -> Iterator[Finding]:
    told = 0
    for gap in _uncovered(found, len(decision.rules), meter, sure=False):
        told += 1
        if told > MOST:
            yield _remark(
                decision.id, "uncovered", f"{decision.title}: There are more inputs that no rule covers."
            )
            return
        where = _example(found, gap)
        yield _remark(decision.id, "uncovered", f"{decision.title}: no rule covers {where or 'anything'}.")
    if told == 0:
        for gap in _uncovered(found, len(decision.rules), meter, sure=True):
            why = next(axis.unknown for axis in found if axis.unknown)
            where = _example(found, gap)
            message = f"whether a rule covers {where or 'all inputs'} only a run knows, by {why}"
            yield _remark(decision.id, "not_looked_at", f"{decision.title}: {message}.")
            return


def _uncovered(found: Sequence[Axis], rules: int, meter: Meter, *, sure: bool) -> Iterator[list[int]]:
    """Yield sets of inputs that no rule passes (for sure, or even perhaps), axis by axis, none of them twice."""
    passing = [axis.sure if sure else axis.maybe for axis in found]
    by_atom = [axis.surely if sure else axis.perhaps for axis in found]
    everyone = (1 << rules) - 1
    # Rules that pass whatever the inputs from here on are.
    free = [everyone]
    for axis, bits in zip(reversed(found), reversed(passing), strict=True):
        free.append(free[-1] & sum(1 << rule for rule in range(rules) if bits[rule] == axis.full))
    free.reverse()
    covered: set[tuple[int, int]] = set()

    def below(depth: int, alive: int, chosen: list[int]) -> Iterator[list[int]]:
        if not alive:
            yield chosen + [axis.full for axis in found[depth:]]
            return
        if alive & free[depth] or (depth, alive) in covered:
            return
        groups: dict[int, int] = defaultdict(int)
        spend(meter, len(by_atom[depth]))
        for place, passed in enumerate(by_atom[depth]):
            groups[alive & passed] |= 1 << place
        sound = True
        for rest, atoms in groups.items():
            for gap in below(depth + 1, rest, [*chosen, atoms]):
                sound = False
                yield gap
        if sound:
            covered.add((depth, alive))

    yield from below(0, everyone, [])
