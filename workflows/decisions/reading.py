"""From DMN to decisions; what cannot be decided right is a finding, naming table, rule and column."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TypeVar

from lxml import etree

from workflows.decisions.cells import constants, read_list, read_test, read_value
from workflows.decisions.kinds import TYPES, WRITTEN, typed
from workflows.decisions.table import Decision, Input, Output, Rule, rule_name
from workflows.errors import InvalidInput
from workflows.expressions import BUILTINS, EvaluationError, Expression
from workflows.expressions.values import kind
from workflows.findings import Finding
from workflows.hardening import Unsafe, parse

NAMESPACES = ("http://www.omg.org/spec/DMN/", "https://www.omg.org/spec/DMN/")
ADDRESSES = (*NAMESPACES, "http://www.omg.org/spec/FEEL/")
MAX_RULES = 2_000
MAX_COLUMNS = 50
MAX_CHARACTERS = 500_000  #: of all expressions and cells of a file
MAX_CHAIN = 20  #: decisions that need one another in a row
POLICIES = frozenset({"UNIQUE", "FIRST", "ANY", "PRIORITY", "RULE ORDER", "OUTPUT ORDER", "COLLECT"})
AGGREGATIONS = frozenset({"SUM", "MIN", "MAX", "COUNT"})
NOT_SUPPORTED = frozenset(
    {"context", "invocation", "relation", "list", "functionDefinition", "conditional", "for"}
)

Found = TypeVar("Found")


def read(xml: bytes) -> tuple[list[Decision], list[Finding]]:
    """Return the sound decisions of a file, and the findings about it; never raises for bad content."""
    try:
        root = parse(xml)
    except Unsafe as error:
        return [], [Finding(None, "xml", "error", str(error))]
    name = etree.QName(root)
    if name.localname != "definitions" or not (name.namespace or "").startswith(NAMESPACES):
        return [], [
            Finding(None, "dmn", "error", "The file is not DMN: its root must be DMN's `definitions`.")
        ]
    return Reader().decisions(root)


class Reader:
    """One reading of one file: collects decisions and findings."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.ready: dict[str, Decision | None] = {}
        self.elements: dict[str, etree._Element] = {}
        self.characters = 0

    @property
    def errors(self) -> int:
        """Return how many errors are noted."""
        return sum(finding.severity == "error" for finding in self.findings)

    def wrong(self, element: str | None, rule: str, message: str) -> None:
        """Note an error."""
        self.findings.append(Finding(element, rule, "error", message))

    def decisions(self, root: etree._Element) -> tuple[list[Decision], list[Finding]]:
        """Return all sound decisions and all findings."""
        for element in below(root, "decision"):
            key = element.get("id", "")
            if not key or key in self.elements:
                self.wrong(key or None, "id", f"Each decision needs an id of its own, not {key!r}.")
                continue
            self.elements[key] = element
        if not self.elements:
            self.wrong(None, "dmn", "The file has no decision.")
        found = [self.decision(key, ()) for key in self.elements]
        return [decision for decision in found if decision is not None], self.findings

    def decision(self, key: str, above: tuple[str, ...]) -> Decision | None:
        """Return the decision with those it needs; None, with a finding, if it is not sound."""
        if key in self.ready:
            return self.ready[key]
        before = self.errors
        element = self.elements[key]
        required = self.required(element, key, above)
        decision = self.content(element, key)
        sound = decision is not None and None not in required and self.errors == before
        self.ready[key] = with_required(decision, required) if sound and decision else None
        return self.ready[key]

    def required(self, element: etree._Element, key: str, above: tuple[str, ...]) -> list[Decision | None]:
        """Return the decisions that this one needs."""
        found: list[Decision | None] = []
        if next(below(element, "knowledgeRequirement"), None) is not None:
            self.wrong(
                key, "requirement", f"The decision {key} needs a knowledge model; these are not supported."
            )
        links = list(below(element, "informationRequirement"))
        for needed in (need for link in links for need in below(link, "requiredDecision")):
            target = needed.get("href", "")
            other = target.removeprefix("#")
            if not target.startswith("#") or other not in self.elements:
                self.wrong(
                    key, "requirement", f"The decision {key} needs {target!r}, which is not in this file."
                )
            elif len(above) > MAX_CHAIN:
                self.wrong(
                    key, "requirement", f"The decision {key} stands on more than {MAX_CHAIN} others in a row."
                )
            elif other in (*above, key):
                self.wrong(key, "requirement", f"The decision {key} needs itself, by way of {other}.")
            else:
                found.append(self.decision(other, (*above, key)))
        return found

    def content(self, element: etree._Element, key: str) -> Decision | None:
        """Return the decision of a table or a literal expression."""
        name = element.get("name", "") or key
        table = next(below(element, "decisionTable"), None)
        if table is not None:
            return self.table(table, key, name, result_name(element, key))
        literal = next(below(element, "literalExpression"), None)
        if literal is not None:
            return self.literal(literal, key, name, result_name(element, key))
        kinds = [etree.QName(child).localname for child in element if isinstance(child.tag, str)]
        odd = next((word for word in kinds if word in NOT_SUPPORTED), "nothing")
        message = f"The decision {key} is made by {odd}; a decision table or a literal expression is needed."
        self.wrong(key, "logic", message)
        return None

    def literal(self, element: etree._Element, key: str, name: str, result: str) -> Decision | None:
        """Return a decision that is one expression."""
        expression = self.value(element, key, f"The decision {key}")
        if expression is None:
            self.wrong(key, "expression", f"The decision {key} has an empty expression.")
            return None
        output = Output(element.get("id", ""), result, element.get("typeRef", ""))
        return Decision(key, name, outputs=(output,), literal=expression)

    def table(self, element: etree._Element, key: str, name: str, result: str) -> Decision | None:
        """Return a decision table."""
        policy, aggregation = element.get("hitPolicy", "UNIQUE"), element.get("aggregation", "")
        inputs = [self.input(column, key, place) for place, column in enumerate(below(element, "input"), 1)]
        ends = enumerate(below(element, "output"), 1)
        outputs = [self.output(column, key, place, result) for place, column in ends]
        rows = list(below(element, "rule"))
        if len(rows) > MAX_RULES or len(inputs) + len(outputs) > MAX_COLUMNS:
            self.wrong(
                key, "size", f"The table {key} may have {MAX_RULES} rules and {MAX_COLUMNS} columns at most."
            )
            return None
        self.guard(key, policy, aggregation, outputs)
        columns = [column for column in inputs if column is not None]
        if len(columns) < len(inputs):
            return None
        rules = [self.rule(row, key, place, columns, outputs) for place, row in enumerate(rows, 1)]
        return Decision(key, name, tuple(columns), tuple(outputs), tuple(rules), policy, aggregation)

    def guard(self, key: str, policy: str, aggregation: str, outputs: list[Output]) -> None:
        """Note what makes the whole table unfit."""

        def wrong(why: str) -> None:
            self.wrong(key, "hit_policy", f"The table {key}: {why}.")

        if policy not in POLICIES:
            wrong(f"there is no hit policy {policy!r}; there are {', '.join(sorted(POLICIES))}")
        if aggregation and aggregation not in AGGREGATIONS:
            wrong(f"there is no aggregation {aggregation!r}; there are {', '.join(sorted(AGGREGATIONS))}")
        elif aggregation and policy != "COLLECT":
            wrong(f"{aggregation} goes with the hit policy COLLECT only, not with {policy}")
        elif aggregation and len(outputs) != 1:
            wrong(f"{aggregation} needs a single output, not {len(outputs)}: each needs a table of its own")
        if policy in ("PRIORITY", "OUTPUT ORDER") and not any(output.values for output in outputs):
            wrong(f"{policy} needs the allowed values of an output (outputValues), the weightiest first")
        if not outputs:
            self.wrong(key, "output", f"The table {key} has no output.")
        if len({output.name for output in outputs}) < len(outputs):
            self.wrong(key, "output", f"Each output of {key} needs a name of its own.")

    def input(self, column: etree._Element, key: str, place: int) -> Input | None:
        """Return an input column."""
        head = next(below(column, "inputExpression"), None)
        label = column.get("label") or f"input {place}"
        where = f"The table {key}, column {label}"
        if head is None:
            self.wrong(column.get("id"), "expression", f"{where}, has no input expression.")
            return None
        before = self.errors
        expression = self.value(head, column.get("id"), where)
        if expression is None:
            if self.errors == before:
                self.wrong(column.get("id"), "expression", f"{where}, has an empty input expression.")
            return None
        allowed = self.allowed(column, where)
        return Input(column.get("id", ""), label, expression, head.get("typeRef", ""), allowed)

    def allowed(self, column: etree._Element, where: str) -> Expression | None:
        """Return the test that `inputValues` is; what cannot be read is for modelers only, and noted."""
        for listed in below(column, "inputValues"):
            try:
                return read_test(text_of(listed))
            except InvalidInput as error:
                message = f"{where}: its allowed values are not looked at: {error.message}"
                self.findings.append(Finding(column.get("id"), "input_values", "warning", message))
        return None

    def output(self, column: etree._Element, key: str, place: int, result: str) -> Output:
        """Return an output column."""
        name = column.get("name") or (result if place == 1 else f"output {place}")
        where = f"The table {key}, column {name}"
        values: tuple[object, ...] = ()
        for listed in below(column, "outputValues"):
            options = self.cell(listed, column.get("id"), where, read_list) or []
            values = tuple(self.constant(option, column.get("id"), where) for option in options)
        default = None
        for entry in below(column, "defaultOutputEntry"):
            default = self.value(entry, column.get("id"), where)
        return Output(column.get("id", ""), name, column.get("typeRef", ""), values, default)

    def constant(self, expression: Expression, element: str | None, where: str) -> object:
        """Return the value of an expression over nothing."""
        try:
            return expression.evaluate({})
        except EvaluationError as error:
            self.wrong(element, "value", f"{where}: {error.message}")
            return None

    def rule(
        self, row: etree._Element, table: str, place: int, inputs: list[Input], outputs: list[Output]
    ) -> Rule:
        """Return one row; its number of cells must be the table's."""
        key = row.get("id") or f"rule {place}"
        where = f"The table {table}, {rule_name(key, place)}"
        tests, results = list(below(row, "inputEntry")), list(below(row, "outputEntry"))
        if len(tests) != len(inputs) or len(results) != len(outputs):
            self.wrong(
                key,
                "cells",
                f"{where} has {len(tests)} tests and {len(results)} results; "
                f"the table has {len(inputs)} inputs and {len(outputs)} outputs.",
            )
            return Rule(key, (), ())
        return Rule(
            key,
            tuple(self.test(cell, key, where, column) for cell, column in zip(tests, inputs, strict=True)),
            tuple(
                self.result(cell, key, where, column) for cell, column in zip(results, outputs, strict=True)
            ),
            place,
        )

    def test(self, cell: etree._Element, key: str, where: str, column: Input) -> Expression | None:
        """Return the test of a cell; constants of a type that its column never has are noted."""
        where = f"{where}, column {column.label}"
        if language(cell).lower() == "juel":
            self.wrong(key, "language", f'{where}: tests are written in FEEL, such as "text", < 5 or [1..5].')
            return None
        test = self.cell(cell, key, where, read_test)
        if test is not None:
            self.look(test, key, where, column.type)
        return test

    def look(self, test: Expression, key: str, where: str, type_ref: str) -> None:
        """Note constants that can never match, and bare words that were perhaps meant as texts."""
        wanted = TYPES.get(type_ref)
        for constant in constants(test):
            if wanted and constant is not None and kind(constant) != wanted:
                self.wrong(
                    key, "type", f"{where}: {constant!r} is never a {type_ref}; write {WRITTEN[wanted]}."
                )
        if test.source.isidentifier() and test.source in test.names:
            message = f'{where}: {test.source} is a variable\'s name; a text is written "{test.source}".'
            self.findings.append(Finding(key, "bare_word", "warning", message))

    def result(self, cell: etree._Element, key: str, where: str, column: Output) -> Expression | None:
        """Return the expression of an output cell; what is constant is checked against the type at once."""
        where = f"{where}, column {column.name}"
        found = self.value(cell, key, where)
        if found is None or found.names or not found.calls <= BUILTINS.keys():
            return found
        try:
            typed(found.evaluate({}), column.type)
        except EvaluationError as error:
            self.wrong(key, "value", f"{where}: {error.message}")
        except (ValueError, ArithmeticError) as error:
            self.wrong(key, "type", f"{where}: {error}.")
        return found

    def value(self, element: etree._Element, key: str | None, where: str) -> Expression | None:
        """Return the expression in an element's text; None if it is empty or, with a finding, wrong."""
        return self.cell(element, key, where, partial(read_value, language=language(element)))

    def cell(
        self, element: etree._Element, key: str | None, where: str, reader: Callable[[str], Found | None]
    ) -> Found | None:
        """Return what a reader makes of an element's text; None, with a finding, if it cannot."""
        if not is_ours(language(element)):
            message = f"{where}: the language {language(element)} is not supported, only FEEL and JUEL."
            self.wrong(key, "language", message)
            return None
        text = text_of(element)
        self.characters += len(text)
        if self.characters > MAX_CHARACTERS:
            if self.characters - len(text) <= MAX_CHARACTERS:
                self.wrong(
                    key, "size", f"{where}: the cells of a file have {MAX_CHARACTERS} characters at most."
                )
            return None
        try:
            return reader(text)
        except InvalidInput as error:
            self.wrong(key, "expression", f"{where}: {error.message}")
            return None


def below(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """Yield the children of a DMN name."""
    for child in element:
        if isinstance(child.tag, str):
            found = etree.QName(child)
            if found.localname == name and (found.namespace or "").startswith(NAMESPACES):
                yield child


def text_of(element: etree._Element) -> str:
    """Return the content of the `text` below an element."""
    return next(("".join(map(str, text.itertext())) for text in below(element, "text")), "")


def language(element: etree._Element) -> str:
    """Return the expression language of an element, the file's if it names none."""
    root = element.getroottree().getroot()
    return element.get("expressionLanguage") or root.get("expressionLanguage") or ""


def is_ours(name: str) -> bool:
    """Return whether we read the language: FEEL by name or address, or JUEL."""
    return name.lower() in ("", "feel", "juel") or (name.startswith(ADDRESSES) and "FEEL" in name)


def result_name(element: etree._Element, key: str) -> str:
    """Return the name under which a decision gives its result."""
    return next((name for variable in below(element, "variable") if (name := variable.get("name"))), key)


def with_required(decision: Decision, required: list[Decision | None]) -> Decision:
    """Return the decision with the decisions that it needs."""
    return replace(decision, required=tuple(other for other in required if other is not None))
