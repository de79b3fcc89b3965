"""What the rules of a table leave open, and where they are in each other's way.

Inputs are taken to be independent of one another, and an empty one is looked at only where a cell of its column asks
for null. What a cell compares with variables is known to a run only: of that nothing is claimed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice

from workflows.decisions.axes import Axis, Exhausted, axes
from workflows.decisions.kinds import same
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


def _spend(meter: Meter, steps: int) -> None:
    meter.left -= steps
    if meter.left < 0:
        raise Exhausted


# --- rules by themselves, and two by two


def _never(decision: Decision, found: Sequence[Axis]) -> Iterator[Finding]:
    empty = ((n, axis) for n in range(len(decision.rules)) for axis in found if not axis.maybe[n])
    for number, axis in islice(empty, MOST):
        rule = decision.rules[number]
        message = f"{decision.title}, rule {rule.number}, column {axis.label}: no value passes the test."
        yield _remark(rule.id, "rule_never", message)


def _together(decision: Decision, found: Sequence[Axis], meter: Meter) -> Iterator[Finding]:
    """Yield the pairs of rules that hold together and may not, and the rules that an earlier one leaves nothing."""
    if decision.hit_policy not in ("UNIQUE", "ANY", "FIRST"):
        return
    told = 0
    for later in range(1, len(decision.rules)):
        for earlier in range(later):
            _spend(meter, 1)
            remark = _pair(decision, found, earlier, later)
            if remark is None:
                continue
            told += 1
            if told > MOST:
                more = "There are more rules that hold together."
                yield _remark(decision.id, remark.rule, f"{decision.title}: {more}")
                return
            yield remark
            if decision.hit_policy == "FIRST":
                break


def _pair(decision: Decision, found: Sequence[Axis], earlier: int, later: int) -> Finding | None:
    one, other = decision.rules[earlier], decision.rules[later]
    if decision.hit_policy == "FIRST":
        maybe = [axis.maybe[later] for axis in found]
        if not all(maybe) or any(bits & ~axis.sure[earlier] for bits, axis in zip(maybe, found, strict=True)):
            return None
        message = f"rule {other.number} is never reached: rule {one.number} holds wherever it does"
        return _remark(other.id, "rule_unreachable", f"{decision.title}: {message}.", (one.id, other.id))
    both = []
    for axis in found:
        if not (bits := axis.sure[earlier] & axis.sure[later]):
            return None
        both.append(bits)
    if decision.hit_policy == "ANY" and not _differ(decision, one, other):
        return None
    where = _example(found, both)
    but = "and say different things (ANY)" if decision.hit_policy == "ANY" else "and only one may (UNIQUE)"
    message = f"rules {one.number} and {other.number} hold together {but}{': ' if where else ''}{where}"
    return _remark(other.id, "rules_overlap", f"{decision.title}: {message}.", (one.id, other.id))


def _differ(decision: Decision, one: Rule, other: Rule) -> bool:
    """Return whether the outputs of two rules are known to differ."""
    try:
        return not same(decision.results(one, {}), decision.results(other, {}))
    except EvaluationError:
        return False  # only a run knows


# --- what no rule covers


def _gaps(decision: Decision, found: Sequence[Axis], meter: Meter) -> Iterator[Finding]:
    told = 0
    for gap in _uncovered(found, [axis.maybe for axis in found], len(decision.rules), meter):
        told += 1
        if told > MOST:
            yield _remark(
                decision.id, "uncovered", f"{decision.title}: There are more inputs that no rule covers."
            )
            return
        where = _example(found, gap)
        yield _remark(decision.id, "uncovered", f"{decision.title}: no rule covers {where or 'anything'}.")
    if told == 0:
        for gap in _uncovered(found, [axis.sure for axis in found], len(decision.rules), meter):
            why = next(axis.unknown for axis in found if axis.unknown)
            where = _example(found, gap)
            message = f"whether a rule covers {where or 'all inputs'} only a run knows, by {why}"
            yield _remark(decision.id, "not_looked_at", f"{decision.title}: {message}.")
            return


def _uncovered(
    found: Sequence[Axis], passing: Sequence[Sequence[int]], rules: int, meter: Meter
) -> Iterator[list[int]]:
    """Yield sets of inputs that no rule passes, axis by axis, none of them twice."""
    everyone = (1 << rules) - 1
    by_atom = [
        [
            sum(1 << rule for rule in range(rules) if bits[rule] >> place & 1)
            for place in range(len(axis.atoms))
        ]
        for axis, bits in zip(found, passing, strict=True)
    ]
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
        _spend(meter, len(by_atom[depth]))
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
