"""A decision and how it is taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workflows.decisions.cells import INPUT
from workflows.expressions import BUILTINS, EvaluationError, Expression, plain
from workflows.expressions.functions import duration, to_date, to_datetime
from workflows.expressions.values import checked, equal, kind

Functions = Mapping[str, Callable[..., Any]]
Result = dict[str, Any]

#: What a typeRef means among the kinds of our values; other typeRefs mean anything.
TYPES: Mapping[str, str] = {
    "string": "text",
    "boolean": "true/false",
    "integer": "number",
    "long": "number",
    "double": "number",
    "number": "number",
    "date": "date",
    "dateTime": "instant",
    "date and time": "instant",
    "dayTimeDuration": "duration",
    "days and time duration": "duration",
}
#: JSON has no dates: a text becomes one where the typeRef asks for it.
READ: Mapping[str, Callable[[Any], Any]] = {"date": to_date, "instant": to_datetime, "duration": duration}
AGGREGATES: Mapping[str, Callable[[list[Any]], Any]] = {"SUM": sum, "MIN": min, "MAX": max}
SINGLE = frozenset({"UNIQUE", "FIRST", "ANY", "PRIORITY"})


@dataclass(frozen=True)
class Input:
    """A column of tests over one expression."""

    id: str
    label: str
    expression: Expression
    type: str


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
        cells = [cell for rule in self.rules for cell in (*rule.tests, *rule.results)]
        ends = [self.literal, *(output.default for output in self.outputs)]
        return tuple(e for e in (*(part.expression for part in self.inputs), *cells, *ends) if e is not None)

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
        return self._decide(dict(variables), functions, {})

    def _decide(self, variables: dict[str, Any], functions: Functions, taken: dict[str, Any]) -> list[Result]:
        scope = dict(variables)
        for needed in self.required:
            if needed.id not in taken:
                taken[needed.id] = needed.as_variables(needed._decide(variables, functions, taken))
            scope.update(taken[needed.id])
        if self.literal:
            result = self.outputs[0]
            return [{result.name: self.output(result, self.literal, scope, functions, self.id)}]
        hits = self.hits(scope, functions)
        found = self.settle(hits, lambda rule: self.results(rule, scope, functions))
        return found or self.defaults(scope, functions)

    def as_variables(self, results: list[Result]) -> Result:
        """Return the results as variables for a decision that needs them: lists where several may be."""
        single = self.hit_policy in SINGLE or self.aggregation or self.literal
        if single:
            return results[0] if results else {output.name: None for output in self.outputs}
        return {output.name: [result[output.name] for result in results] for output in self.outputs}

    def hits(self, variables: dict[str, Any], functions: Functions) -> list[Rule]:
        """Return the rules whose tests all pass."""
        scopes = [{**variables, INPUT: self.given(column, variables, functions)} for column in self.inputs]
        return [rule for rule in self.rules if self.passes(rule, scopes, functions)]

    def given(self, column: Input, variables: dict[str, Any], functions: Functions) -> Any:
        """Return the value of an input, of the type that its column declares."""
        try:
            return typed(column.expression.evaluate(variables, functions), column.type)
        except EvaluationError as error:
            raise self.fault(error.message, error, column=column.label) from None
        except (ValueError, ArithmeticError) as error:
            raise self.fault(str(error), None, column=column.label) from None

    def passes(self, rule: Rule, scopes: list[dict[str, Any]], functions: Functions) -> bool:
        """Return whether every test of a rule passes."""
        for test, scope, column in zip(rule.tests, scopes, self.inputs, strict=True):
            if test is None:
                continue
            try:
                passed = test.evaluate(scope, functions)
            except EvaluationError as error:
                raise self.fault(error.message, error, rule=rule.id, column=column.label) from None
            if passed is not True:
                return False
        return True

    def results(self, rule: Rule, variables: dict[str, Any], functions: Functions) -> Result:
        """Return the outputs of a rule."""
        pairs = zip(self.outputs, rule.results, strict=True)
        return {out.name: self.output(out, cell, variables, functions, rule.id) for out, cell in pairs}

    def output(
        self, out: Output, cell: Expression | None, variables: dict[str, Any], functions: Functions, rule: str
    ) -> Any:
        """Return one output, of the type that its column declares, as JSON."""
        if cell is None:
            return None
        try:
            return plain(typed(cell.evaluate(variables, functions), out.type))
        except EvaluationError as error:
            raise self.fault(error.message, error, rule=rule, column=out.name) from None
        except (ValueError, ArithmeticError) as error:
            raise self.fault(str(error), None, rule=rule, column=out.name) from None

    def defaults(self, variables: dict[str, Any], functions: Functions) -> list[Result]:
        """Return the default outputs, if no rule holds and some are given."""
        if self.hit_policy not in SINGLE or not any(out.default for out in self.outputs):
            return []
        rule = Rule("default", (), tuple(out.default for out in self.outputs))
        return [self.results(rule, variables, functions)]

    def settle(self, hits: list[Rule], results: Callable[[Rule], Result]) -> list[Result]:
        """Return the results of the rules that hold, as the hit policy says."""
        if self.hit_policy == "FIRST":
            return [results(rule) for rule in hits[:1]]
        if self.hit_policy == "UNIQUE" and len(hits) > 1:
            raise self.conflict(hits, "only one rule may hold (UNIQUE)")
        found = [results(rule) for rule in hits]
        if self.hit_policy == "ANY":
            if any(not same(found[0], other) for other in found[1:]):
                raise self.conflict(hits, "rules that hold together must agree (ANY)")
            return found[:1]
        if self.hit_policy in ("PRIORITY", "OUTPUT ORDER"):
            found = sorted(found, key=self.weight)
            return found[:1] if self.hit_policy == "PRIORITY" else found
        return self.aggregate(found) if self.aggregation else found

    def weight(self, result: Result) -> tuple[int, ...]:
        """Return how far from the front of the allowed values a result is, output by output."""
        return tuple(self.place(output, result[output.name]) for output in self.outputs if output.values)

    def place(self, output: Output, value: Any) -> int:
        for place, allowed in enumerate(output.values):
            if same(allowed, value):
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

    def conflict(self, hits: list[Rule], why: str) -> EvaluationError:
        """Return the error that names the rules that hold together."""
        rules = [rule.id for rule in hits]
        return EvaluationError(
            f"The decision {self.id} is not clear: {why}, but {', '.join(rules)} do.",
            code="decision_conflict",
            decision=self.id,
            rules=rules,
        )

    def fault(
        self, why: str, cause: EvaluationError | None, *, rule: str = "", column: str = ""
    ) -> EvaluationError:
        """Return the error that names decision, rule and column."""
        places = [f"rule {rule}"] if rule else []
        places += [f"column {column}"] if column else []
        where = ", ".join([f"The decision {self.id}", *places])
        details = {**(cause.params if cause else {}), "decision": self.id, "rule": rule, "column": column}
        return EvaluationError(f"{where}: {why}", code=cause.code if cause else "decision", **details)


def typed(value: Any, type_ref: str) -> Any:
    """Return the value as the declared type has it; ValueError if it is of another."""
    wanted = TYPES.get(type_ref)
    if wanted is None or value is None:
        return value
    if wanted in READ and kind(value) == "text":
        return READ[wanted](value)
    if kind(value) != wanted:
        raise ValueError(f"a {wanted} is due ({type_ref}), not a {kind(value)}")
    if type_ref in ("integer", "long") and value != int(value):
        raise ValueError(f"a whole number is due ({type_ref}), not {value}")
    return value


def same(left: Any, right: Any) -> bool:
    """Return whether two results are equal."""
    return equal(left, right, lambda steps: None)
