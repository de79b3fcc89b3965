"""A decision and how it is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workflows.decisions.cells import INPUT
from workflows.decisions.kinds import same, typed
from workflows.expressions import BUILTINS, EvaluationError, Expression, Meter, plain
from workflows.expressions.values import checked, extent, kind

Functions = Mapping[str, Callable[..., Any]]
Result = dict[str, Any]

AGGREGATES: Mapping[str, Callable[[list[Any]], Any]] = {"SUM": sum, "MIN": min, "MAX": max}
SINGLE = frozenset({"UNIQUE", "FIRST", "ANY", "PRIORITY"})
#: What all cells of a decision, and of those that it needs, may cost together: a cell by itself costs little.
MAX_STEPS = 500_000
TOO_MUCH = f"all cells together take more than {MAX_STEPS} steps"
MOST_NAMED = 20  #: rules in one message


@dataclass(frozen=True)
class Input:
    """A column of tests over one expression."""

    id: str
    label: str
    expression: Expression
    type: str
    allowed: Expression | None = None  #: a test of the values that there are, as `inputValues` has it


@dataclass(frozen=True)
class Output:
    """A column of results; `values` are its allowed values, the weightiest first."""

    id: str
    name: str
    type: str
    values: tuple[Any, ...] = ()
    default: Expression | None = None


@dataclass(frozen=True)
class Rule:
    """One row: a test for each input (None passes), an expression for each output (None is null)."""

    id: str
    tests: tuple[Expression | None, ...]
    results: tuple[Expression | None, ...]
    number: int = 0  #: its row, from 1; 0: the outputs where no rule holds


@dataclass(frozen=True)
class Taken:
    """A decision taken: what went in, which rules held, and what each of those that count gave."""

    decision: Decision
    inputs: tuple[Any, ...]  #: by column, of the column's type
    held: tuple[Rule, ...]
    given: tuple[tuple[Rule | None, Result], ...]  #: of no rule: a literal expression's
    results: list[Result]


class Taking:
    """One asking of a decision: the decisions it needs are taken once, and all cells have one budget."""

    def __init__(self, variables: Mapping[str, Any], functions: Functions) -> None:
        self.variables = dict(variables)
        self.functions = functions
        self.meter = Meter(MAX_STEPS)
        self.taken: dict[str, Taken] = {}

    def value(self, expression: Expression, variables: Mapping[str, Any]) -> Any:
        """Return the value of a cell."""
        try:
            return expression.evaluate(variables, self.functions, self.meter)
        except EvaluationError:
            if self.meter.left > 0:
                raise
            raise EvaluationError(TOO_MUCH, code="evaluation") from None

    def kept(self, value: Any) -> Any:
        """Return a result as JSON; ValueError where all results together have become huge."""
        self.meter.left -= extent(value)
        if self.meter.left < 0:
            raise ValueError(TOO_MUCH)
        return plain(value)


@dataclass(frozen=True)
class Decision:
    """A decision table, or a single expression (`literal`), with the decisions that it needs."""

    id: str
    name: str
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    rules: tuple[Rule, ...] = field(default=(), repr=False)
    hit_policy: str = "UNIQUE"
    aggregation: str = ""  #: of COLLECT: SUM MIN MAX COUNT
    literal: Expression | None = None
    required: tuple[Decision, ...] = field(default=(), repr=False, compare=False)

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Return every expression of this decision, those of the required ones apart."""
        return tuple(expression for _, _, expression in self.cells())

    def cells(self) -> Iterator[tuple[str, str, Expression]]:
        """Yield every expression with the id of what it stands in, and that place in words."""
        for column in self.inputs:
            yield column.id, f"{self.title}, column {column.label}", column.expression
        for rule in self.rules:
            labels = (*(column.label for column in self.inputs), *(column.name for column in self.outputs))
            for label, cell in zip(labels, (*rule.tests, *rule.results), strict=True):
                if cell is not None:
                    yield rule.id, f"{self.title}, {rule_name(rule.id, rule.number)}, column {label}", cell
        for output in self.outputs:
            if output.default is not None:
                yield output.id, f"{self.title}, column {output.name}, where no rule holds", output.default
        if self.literal is not None:
            yield self.id, self.title, self.literal

    @property
    def title(self) -> str:
        """Return how messages name the decision."""
        return f"The {'decision' if self.literal else 'table'} {self.id}"

    @property
    def family(self) -> tuple[Decision, ...]:
        """Return this decision and, once each, all those below it."""
        found: dict[str, Decision] = {}
        below = [self]
        while below:
            decision = below.pop()
            if decision.id not in found:
                found[decision.id] = decision
                below.extend(decision.required)
        return tuple(found.values())

    @property
    def calls(self) -> frozenset[str]:
        """Return the functions that the decision, with those it needs, calls."""
        own = (expression.calls for decision in self.family for expression in decision.expressions)
        return frozenset().union(*own)

    @property
    def names(self) -> frozenset[str]:
        """Return the variables that the decision, with those it needs, reads."""
        return frozenset().union(*(decision.own_names for decision in self.family))

    @property
    def own_names(self) -> frozenset[str]:
        """Return the variables that this decision reads and no required one gives."""
        read = frozenset[str]().union(*(expression.names for expression in self.expressions))
        return read - {output.name for decision in self.required for output in decision.outputs}

    def decide(self, variables: Mapping[str, Any], functions: Functions = BUILTINS) -> list[Result]:
        """Return the results in the order that the hit policy asks for, as JSON: maps of outputs by name.

        UNIQUE, FIRST, ANY, PRIORITY and aggregations give at most one, the others any number. EvaluationError
        names the decision, rule and column: a missing variable, a value of the wrong type, two rules where
        one may hold.
        """
        return self.take(variables, functions)[0].results

    def take(self, variables: Mapping[str, Any], functions: Functions = BUILTINS) -> tuple[Taken, ...]:
        """Return how the decision is taken, and behind it those that it needs; raises as `decide`."""
        taking = Taking(variables, functions)
        own = self._take(taking)
        return (own, *(other for other in taking.taken.values() if other is not own))

    def _take(self, taking: Taking) -> Taken:
        if self.id not in taking.taken:
            scope = dict(taking.variables)
            for needed in self.required:
                scope.update(needed.as_variables(needed._take(taking).results))
            taking.taken[self.id] = self._take_alone(scope, taking)
        return taking.taken[self.id]

    def _take_alone(self, variables: dict[str, Any], taking: Taking) -> Taken:
        if self.literal:
            out = self.outputs[0]
            result = {out.name: self.output(out, self.literal, variables, taking)}
            return Taken(self, (), (), ((None, result),), [result])
        inputs = tuple(self.given(column, variables, taking) for column in self.inputs)
        held = self.hits(inputs, variables, taking)
        given, results = self.settle(held, lambda rule: self._results(rule, variables, taking))
        if not results and any(out.default for out in self.outputs):
            otherwise = Rule("", (), tuple(out.default for out in self.outputs))
            results = [self._results(otherwise, variables, taking)]
            given = [(otherwise, results[0])]
        return Taken(self, inputs, tuple(held), tuple(given), results)

    def as_variables(self, results: Sequence[Result]) -> Result:
        """Return the results as variables for a decision that needs them: lists where several may be."""
        single = self.hit_policy in SINGLE or self.aggregation or self.literal
        if single:
            return results[0] if results else {output.name: None for output in self.outputs}
        return {output.name: [result[output.name] for result in results] for output in self.outputs}

    def hits(self, inputs: Sequence[Any], variables: dict[str, Any], taking: Taking) -> list[Rule]:
        """Return the rules whose tests all pass."""
        scopes = [{**variables, INPUT: value} for value in inputs]
        return [rule for rule in self.rules if self.passes(rule, scopes, taking)]

    def given(self, column: Input, variables: dict[str, Any], taking: Taking) -> Any:
        """Return the value of an input, of the type that its column declares."""
        try:
            return typed(taking.value(column.expression, variables), column.type)
        except EvaluationError as error:
            raise self.fault(error.message, error, column=column.label) from None
        except (ValueError, ArithmeticError) as error:
            raise self.fault(str(error), None, column=column.label) from None

    def passes(self, rule: Rule, scopes: Sequence[dict[str, Any]], taking: Taking) -> bool:
        """Return whether every test of a rule passes."""
        for test, scope, column in zip(rule.tests, scopes, self.inputs, strict=True):
            if test is None:
                continue
            try:
                passed = taking.value(test, scope)
            except EvaluationError as error:
                raise self.fault(error.message, error, rule=rule, column=column.label) from None
            if passed is not True:
                return False
        return True

    def results(self, rule: Rule, variables: dict[str, Any], functions: Functions = BUILTINS) -> Result:
        """Return the outputs of a rule."""
        return self._results(rule, variables, Taking(variables, functions))

    def _results(self, rule: Rule, variables: dict[str, Any], taking: Taking) -> Result:
        pairs = zip(self.outputs, rule.results, strict=True)
        return {out.name: self.output(out, cell, variables, taking, rule) for out, cell in pairs}

    def output(
        self,
        out: Output,
        cell: Expression | None,
        variables: dict[str, Any],
        taking: Taking,
        rule: Rule | None = None,
    ) -> Any:
        """Return one output, of the type that its column declares, as JSON."""
        if cell is None:
            return None
        try:
            return taking.kept(typed(taking.value(cell, variables), out.type))
        except EvaluationError as error:
            raise self.fault(error.message, error, rule=rule, column=out.name) from None
        except (ValueError, ArithmeticError) as error:
            raise self.fault(str(error), None, rule=rule, column=out.name) from None

    def settle(
        self, held: list[Rule], results: Callable[[Rule], Result]
    ) -> tuple[list[tuple[Rule, Result]], list[Result]]:
        """Return what the rules that count gave, and the results, as the hit policy says."""
        if self.hit_policy == "UNIQUE" and len(held) > 1:
            raise self.conflict(held, "only one rule may hold (UNIQUE)")
        given = [(rule, results(rule)) for rule in (held[:1] if self.hit_policy == "FIRST" else held)]
        if self.hit_policy == "ANY":
            if odd := [rule for rule, result in given[1:] if not same(given[0][1], result)]:
                why = "rules that hold together must agree (ANY)"
                raise self.conflict(held, why, f"; {names(odd)} says otherwise than {names(held[:1])}")
            given = given[:1]
        if self.hit_policy in ("PRIORITY", "OUTPUT ORDER"):
            given = sorted(given, key=lambda one: self.weight(one[1]))
            given = given[:1] if self.hit_policy == "PRIORITY" else given
        found = [result for _, result in given]
        return given, self.aggregate(found) if self.aggregation else found

    def weight(self, result: Result) -> tuple[int, ...]:
        """Return how far from the front of the allowed values a result is, output by output."""
        return tuple(self.place(output, result[output.name]) for output in self.outputs if output.values)

    def place(self, output: Output, value: Any) -> int:
        for place, allowed in enumerate(output.values):
            if same(plain(allowed), value):
                return place
        why = f"{value!r} is none of the allowed values, so it has no priority"
        raise self.fault(why, None, column=output.name)

    def aggregate(self, found: list[Result]) -> list[Result]:
        """Return the one number that COLLECT makes of the results."""
        name = self.outputs[0].name
        values = [result[name] for result in found]
        if self.aggregation == "COUNT":
            return [{name: len(values)}]
        if any(kind(value) != "number" for value in values):
            raise self.fault(f"{self.aggregation} needs numbers", None, column=name)
        if not values:
            return []
        try:
            return [{name: checked(AGGREGATES[self.aggregation](values))}]
        except (ValueError, ArithmeticError) as error:
            raise self.fault(str(error), None, column=name) from None

    def conflict(self, held: Sequence[Rule], why: str, more: str = "") -> EvaluationError:
        """Return the error that names the rules that hold together."""
        return EvaluationError(
            f"The decision {self.id} is not clear: {why}, but {names(held)} do{more}.",
            code="decision_conflict",
            decision=self.id,
            rules=[rule.id for rule in held],
        )

    def fault(
        self, why: str, cause: EvaluationError | None, *, rule: Rule | None = None, column: str = ""
    ) -> EvaluationError:
        """Return the error that names decision, rule and column."""
        places = [rule_name(rule.id, rule.number)] if rule and rule.number else []
        places += [f"column {column}"] if column else []
        where = ", ".join([f"The decision {self.id}", *places])
        details = {**(cause.params if cause else {}), "decision": self.id, "rule": rule.id if rule else ""}
        return EvaluationError(
            f"{where}: {why}", code=cause.code if cause else "decision", **details, column=column
        )


def rule_name(key: str, number: int) -> str:
    """Return how messages name a rule: by its row, and by its id where it has one of its own."""
    return f"rule {number}" if key in ("", f"rule {number}") else f"rule {number} ({key})"


def names(rules: Sequence[Rule]) -> str:
    """Return the rules in words, a few of them where they are many."""
    shown = [rule_name(rule.id, rule.number) for rule in rules[:MOST_NAMED]]
    more = [f"{len(rules) - MOST_NAMED} more"] if len(rules) > MOST_NAMED else []
    *before, last = [*shown, *more]
    return f"{', '.join(before)} and {last}" if before else last
