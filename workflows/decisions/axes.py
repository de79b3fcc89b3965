"""What the inputs of a table can be: for each a line of values that its tests tell apart, one for all that they do not.

Tests compare an input with constants. So whatever a table says of one value between two neighbouring constants, it
says of all between them: a table over unbounded inputs is looked at by trying a few values of each.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from workflows import clock
from workflows.decisions.cells import INPUT, is_ordering, points, read_test
from workflows.decisions.kinds import TYPES, WHOLE
from workflows.decisions.table import SINGLE, Decision, Input
from workflows.errors import InvalidInput
from workflows.expressions import BUILTINS, EvaluationError, Expression, Meter
from workflows.expressions.values import ORDERED, kind, text

MOST_PARTS = 3  #: of one input in one example


class Exhausted(Exception):
    """The work that a look may take is used up."""


@dataclass(frozen=True)
class Atom:
    """Values that no test tells apart: one constant, or all between two of them (None: unbounded)."""

    value: Any  #: one of them
    place: int  #: neighbours in an order follow one another; others keep a distance
    low: Any = None
    high: Any = None
    point: bool = False
    other: bool = False  #: of texts without an order: all that no cell names


@dataclass
class Axis:
    """One input, and which of its atoms pass each rule, as a set of bits: for sure, and perhaps."""

    label: str
    columns: list[int]
    atoms: list[Atom] = field(default_factory=list)
    sure: list[int] = field(default_factory=list)
    maybe: list[int] = field(default_factory=list)
    unknown: str = ""  #: the first cell that only a run can judge
    surely: list[int] = field(default_factory=list)  #: by atom, the set of rules that it passes for sure
    perhaps: list[int] = field(default_factory=list)

    @property
    def full(self) -> int:
        """Return the set of all atoms."""
        return (1 << len(self.atoms)) - 1

    def words(self, chosen: int) -> str:
        """Return a set of atoms as people write it: `amount > 100`."""
        parts = [_run(atoms) for atoms in self._runs(chosen)]
        more = ["…"] if len(parts) > MOST_PARTS else []
        return f"{self.label} {' or '.join([*parts[:MOST_PARTS], *more])}"

    def _runs(self, chosen: int) -> Iterator[list[Atom]]:
        run: list[Atom] = []
        for number, atom in enumerate(self.atoms):
            if not chosen >> number & 1:
                continue
            if run and atom.place != run[-1].place + 1:
                yield run
                run = []
            run.append(atom)
        if run:
            yield run


def axes(decision: Decision, meter: Meter) -> list[Axis]:
    """Return the inputs of a table; columns that ask the same are one. Exhausted where that is too much work."""
    found: dict[str, Axis] = {}
    for number, column in enumerate(decision.inputs):
        axis = found.setdefault(column.expression.source, Axis(column.label, []))
        axis.columns.append(number)
    for axis in found.values():
        _fill(axis, decision, meter)
    return list(found.values())


def _fill(axis: Axis, decision: Decision, meter: Meter) -> None:
    columns = [decision.inputs[number] for number in axis.columns]
    cells = (rule.tests[number] for rule in decision.rules for number in axis.columns)
    tests = {test.source: test for test in cells if test}
    bounds = [
        bound for column in columns if (bound := _bound(decision, column)) and _points(bound) is not None
    ]
    tests |= {bound.source: bound for bound in bounds}
    known = {source: _points(test) for source, test in tests.items()}
    constants = [value for values in known.values() for value in values or ()]
    word = _kind(columns, constants)
    axis.atoms = _atoms(word, constants, columns, tests.values())
    judged = {
        source: _passing(tests[source], own, axis.atoms, meter)
        for source, own in known.items()
        if own is not None and word is not None
    }
    for bound in bounds:
        sure, _ = judged.get(bound.source, (0, 0))
        if sure:
            judged = {source: (_keep(a, sure), _keep(b, sure)) for source, (a, b) in judged.items()}
            axis.atoms = [atom for place, atom in enumerate(axis.atoms) if sure >> place & 1]
    for rule in decision.rules:
        sure = maybe = axis.full
        for number in axis.columns:
            if test := rule.tests[number]:
                one = judged.get(test.source)
                sure &= one[0] if one else 0
                maybe &= one[1] if one else axis.full
                if one is None or one[0] != one[1]:
                    axis.unknown = axis.unknown or (
                        f"rule {rule.number}, column {decision.inputs[number].label} ({test.source})"
                    )
        axis.sure.append(sure)
        axis.maybe.append(maybe)
    axis.surely = _holding(axis.sure, axis, meter)
    axis.perhaps = axis.surely if axis.sure == axis.maybe else _holding(axis.maybe, axis, meter)


def _bound(decision: Decision, column: Input) -> Expression | None:
    """Return the test of the values that an input can have: as declared, or what a required decision gives."""
    if column.allowed is not None:
        return column.allowed
    for needed in decision.required:
        for place, output in enumerate(needed.outputs):
            if output.name == column.expression.source and needed.hit_policy in SINGLE and needed.rules:
                cells = [*(rule.results[place] for rule in needed.rules), output.default]
                given = [cell for cell in cells if cell is not None]
                if any(cell.names or cell.calls for cell in given):
                    return None
                try:
                    return read_test(", ".join(dict.fromkeys(cell.source for cell in given)))
                except InvalidInput:
                    return None
    return None


def _holding(passing: Sequence[int], axis: Axis, meter: Meter) -> list[int]:
    """Return for each atom the set of rules that it passes."""
    found, everywhere = [0] * len(axis.atoms), 0
    for rule, bits in enumerate(passing):
        if bits == axis.full:
            everywhere |= 1 << rule
            continue
        for place in members(bits):
            found[place] |= 1 << rule
        spend(meter, 1 + bits.bit_count())
    return [rules | everywhere for rules in found]


def members(bits: int) -> Iterator[int]:
    """Yield the members of a set of bits."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def spend(meter: Meter, steps: int) -> None:
    """Take steps of work, or raise Exhausted."""
    meter.left -= steps
    if meter.left < 0:
        raise Exhausted


def _points(test: Expression) -> list[Any] | None:
    try:
        return points(test)
    except EvaluationError:
        return None


def _kind(columns: Sequence[Input], constants: Sequence[Any]) -> str | None:
    """Return of which kind an input is; None where that is not known."""
    declared = {column.type for column in columns if column.type in TYPES}
    if len(declared) > 1:
        return None
    kinds = {TYPES[name] for name in declared} or {kind(value) for value in constants if value is not None}
    if len(kinds) > 1 or not kinds <= ORDERED | {"true/false"}:
        return None
    return kinds.pop() if kinds else "text"  # without constants any value does


def _atoms(
    word: str | None, constants: Sequence[Any], columns: Sequence[Input], tests: Collection[Expression]
) -> list[Atom]:
    cuts = [value for value in constants if kind(value) == word]
    if word is None or not tests:
        found = [Atom(None, 0)]
    elif word == "true/false":
        found = [Atom(True, 0, True, True, point=True), Atom(False, 2, False, False, point=True)]
    elif word in ORDERED and (word != "text" or any(map(is_ordering, tests))):
        whole = any(column.type in WHOLE for column in columns)
        found = list(_line(sorted(set(cuts)), word, whole=whole))
    else:
        texts = sorted(set(cuts))
        found = [Atom(value, 2 * place, value, value, point=True) for place, value in enumerate(texts)]
        found.append(Atom(_another(texts), 2 * len(texts), other=True))
    if word is not None and any(value is None for value in constants):
        found.append(Atom(None, 2 * len(found) + 2, point=True))
    return found


def _line(cuts: Sequence[Any], word: str, *, whole: bool) -> Iterator[Atom]:
    """Yield the atoms of an order: below the first constant, each, between each two, above the last."""
    if not cuts:
        yield Atom(_SOME[word], 0)
        return
    found: list[tuple[Any, Any, Any, bool]] = []
    if (value := _below(cuts[0], word)) is not None:
        found.append((value, None, cuts[0], False))
    for cut, after in zip(cuts, [*cuts[1:], None], strict=True):
        if not whole or cut == int(cut):
            found.append((cut, cut, cut, True))
        if (value := _above(cut, after, word, whole=whole)) is not None:
            found.append((value, cut, after, False))
    for place, (value, low, high, point) in enumerate(found):
        yield Atom(value, place, low, high, point)


_SOME = {
    "number": 0,
    "text": "",
    "date": date(2026, 1, 1),
    "instant": datetime(2026, 1, 1, tzinfo=UTC),
    "duration": timedelta(0),
}
_STEP = {"date": timedelta(days=1), "instant": timedelta(seconds=1), "duration": timedelta(seconds=1)}


def _below(cut: Any, word: str) -> Any:
    """Return a value below, None where there is none."""
    if word == "number":
        return math.ceil(cut) - 1
    if word == "text":
        return "" if cut else None
    try:
        return cut - _STEP[word]
    except OverflowError:
        return None


def _above(cut: Any, after: Any, word: str, *, whole: bool) -> Any:
    """Return a value above, and below the next constant, None where there is none."""
    try:
        value = (
            math.floor(cut) + 1 if word == "number" else f"{cut}\0" if word == "text" else cut + _STEP[word]
        )
    except OverflowError:
        return None
    if after is None or value < after:
        return value
    if word in ("date", "text") or whole:
        return None
    value = cut + (after - cut) / 2
    return value if cut < value < after else None


def _another(texts: Sequence[str]) -> str:
    value = "?"
    while value in texts:
        value += "?"
    return value


def _passing(test: Expression, own: Sequence[Any], atoms: Sequence[Atom], meter: Meter) -> tuple[int, int]:
    """Return which atoms pass a test for sure, and perhaps: the test itself says so of one of each kind."""
    sure = maybe = 0
    for place, alike in _alike(own, atoms):
        spend(meter, 1)
        try:
            passed = test.evaluate({INPUT: atoms[place].value}, BUILTINS, meter) is True
        except EvaluationError:
            if meter.left <= 0:
                raise Exhausted from None
            maybe |= alike
            continue
        if passed:
            sure |= alike
            maybe |= alike
    return sure, maybe


def _alike(own: Sequence[Any], atoms: Sequence[Atom]) -> Iterator[tuple[int, int]]:
    """Yield the sets of atoms that a test with these constants cannot tell apart, each with one of it."""
    places = {atom.value: place for place, atom in enumerate(atoms) if atom.point}
    if any(isinstance(value, (list, tuple, dict)) or value not in places for value in own):
        # A constant of another kind, or 2.5 among whole numbers: each atom for itself.
        yield from ((place, 1 << place) for place in range(len(atoms)))
        return
    named = sorted(
        {places[value] for value in own} | {place for value, place in places.items() if value is None}
    )
    for place in named:
        yield place, 1 << place
    if any(atom.other for atom in atoms):
        rest = (1 << len(atoms)) - 1
        for place in named:
            rest &= ~(1 << place)
        if rest:
            yield (rest & -rest).bit_length() - 1, rest
        return
    for before, after in pairwise([-1, *named, len(atoms)]):
        if after - before > 1:
            yield before + 1, (1 << after) - (1 << before + 1)


def _keep(bits: int, kept: int) -> int:
    """Return a set without the atoms that are not kept."""
    places = [place for place in range(kept.bit_length()) if kept >> place & 1]
    return sum((bits >> place & 1) << number for number, place in enumerate(places))


def _run(atoms: Sequence[Atom]) -> str:
    first, last = atoms[0], atoms[-1]
    if first.other:
        return "= anything else"
    if first is last and first.point:
        return f"= {written(first.value)}"
    if first.low is None and last.high is None:
        return "= any value"
    if first.low is None:
        return f"{'<=' if last.point else '<'} {written(last.high)}"
    if last.high is None:
        return f"{'>=' if first.point else '>'} {written(first.low)}"
    opening, closing = "[" if first.point else "(", "]" if last.point else ")"
    return f"in {opening}{written(first.low)}..{written(last.high)}{closing}"


def written(value: Any) -> str:
    """Return a constant as a cell has it, moments by the office's clock."""
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value if not isinstance(value, str) else value[:60], ensure_ascii=False)
    return text(value.astimezone(clock.office_zone()) if isinstance(value, datetime) else value)
