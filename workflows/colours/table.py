"""A colour table: what it may ask, what it may say, and on which days a step changes its colour by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from workflows import operations
from workflows.calendar import WorkDays
from workflows.colours.measures import MEASURES, Course
from workflows.decisions import Decision, Rule
from workflows.decisions.cells import constants
from workflows.errors import InvalidInput, NotFound
from workflows.expressions import EvaluationError
from workflows.findings import Finding
from workflows.scale import TimerColour

#: The decision that colours tasks.
TABLE = "timer_colours"
#: What a table may ask besides measures: the step, whether its day was set, how often it was sent back to be done again.
FACTS = frozenset({"stage", "dated", "returned"})
OUTPUTS = frozenset({"colour", "acts", "recipients"})
#: A month table looks so many years ahead and no further.
MOST = 1000

_recipients: frozenset[str] | None = None


def know_recipients(words: frozenset[str] | set[str] | None) -> None:
    """Let the check know which recipients there are; None = any is right."""
    global _recipients
    _recipients = None if words is None else frozenset(words)


@dataclass(frozen=True)
class Situation:
    """A step as a colour table sees it."""

    stage: str
    start: date
    last: date
    dated: bool = False
    returned: int = 0
    stood: tuple[
        tuple[date, date], ...
    ] = ()  #: pauses: the first day of each, and that on which the clock ran again

    def course(self, days: WorkDays) -> Course:
        """Return its time, by a calendar."""
        return Course(self.start, self.last, days, self.stood)


@dataclass(frozen=True)
class Shown:
    """What a table says of a day: the colour, and what is done when the step comes to it."""

    colour: TimerColour
    acts: tuple[str, ...] = ()  #: operations for rungs
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True)
class ColourTable:
    """The decision `timer_colours`, read and found right."""

    decision: Decision

    def on(self, about: Situation, day: date, days: WorkDays) -> Shown | None:
        """Return what the table says of a step on a day; None where no rule holds."""
        course = about.course(days)
        facts: dict[str, Any] = {"stage": about.stage, "dated": about.dated, "returned": about.returned}
        asked = self.decision.names
        known = facts | {name: measure.of(course, day) for name, measure in MEASURES.items() if name in asked}
        results = self.decision.decide(known)
        return _shown(results[0]) if results and results[0].get("colour") else None

    def changes(self, about: Situation, first: date, days: WorkDays) -> Iterator[tuple[date, Shown | None]]:
        """Yield what the table says on the first day, and from then on every day on which it says something else."""
        said = self.on(about, first, days)
        yield first, said
        for day in sorted(day for day in self._days(about, days) if day > first):
            now = self.on(about, day, days)
            if now != said:
                said = now
                yield day, said

    def rules(self) -> Iterator[tuple[Rule, Shown]]:
        """Yield the rules in order, each with what it says."""
        for rule in self.decision.rules:
            yield rule, _shown(self.decision.results(rule, {}, {}))

    def when(self, rule: Rule) -> Iterator[tuple[str, str]]:
        """Yield when a rule holds, column by column: what is asked (a fact or measure) and the test as written."""
        for column, test in zip(self.decision.inputs, rule.tests, strict=True):
            if test is not None:
                yield column.expression.source, test.source

    def _days(self, about: Situation, days: WorkDays) -> set[date]:
        """Return the days on which a comparison with one of the table's numbers may turn."""
        course = about.course(days)
        found: set[date] = set()
        for name, number in self._numbers():
            for day in MEASURES[name].about(course, number):
                found |= {day, day + timedelta(1)}
        return found

    def _numbers(self) -> set[tuple[str, int]]:
        columns = [column.expression.source for column in self.decision.inputs]
        cells = (
            (name, test)
            for rule in self.decision.rules
            for name, test in zip(columns, rule.tests, strict=True)
        )
        return {
            (name, int(number))
            for name, test in cells
            if test is not None and name in MEASURES
            for number in constants(test)
        }


def read(decision: Decision) -> ColourTable:
    """Return the colour table that a decision is; InvalidInput names rule, column and what would be right."""
    for finding in findings(decision):
        raise InvalidInput(finding.message, code="colour_table", rule=finding.element)
    return ColourTable(decision)


def findings(decision: Decision) -> Iterator[Finding]:
    """Yield what is wrong with a decision of this name as a table of colours, each with its rule and column."""
    if decision.literal or decision.required or decision.hit_policy not in ("FIRST", "UNIQUE"):
        yield _wrong(decision.id, "it must be one table by itself whose first or only rule holds")
        return
    for column in decision.inputs:
        if column.expression.source not in FACTS | MEASURES.keys():
            there = ", ".join(sorted(FACTS | MEASURES.keys()))
            yield _wrong(
                column.id, f"column {column.label!r} asks {column.expression.source!r}; there are: {there}"
            )
    names = {column.name for column in decision.outputs}
    if not {"colour"} <= names <= OUTPUTS:
        yield _wrong(
            decision.id, f"the outputs are colour, acts and recipients, not {', '.join(sorted(names))}"
        )
        return
    for rule in decision.rules:
        for name, test in zip((c.expression.source for c in decision.inputs), rule.tests, strict=True):
            if name in MEASURES and test is not None and (why := _not_numbers(test)):
                yield _wrong(rule.id, f"rule {rule.id}, column {name}: {why}")
        yield from _results(decision, rule)


def _results(decision: Decision, rule: Rule) -> Iterator[Finding]:
    try:
        result = decision.results(rule, {}, {})
    except EvaluationError as error:
        yield _wrong(rule.id, error.message)
        return
    for column, why in _wrong_words(result):
        yield _wrong(rule.id, f"rule {rule.id}, column {column}: {why}")


def _wrong_words(result: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    colours = [colour.value for colour in TimerColour]
    if result["colour"] not in colours:
        yield "colour", f"{result['colour']!r} is none of {', '.join(colours)}"
    acts, recipients = _words(result.get("acts")), _words(result.get("recipients"))
    for act in acts:
        if not _is_act(act):
            there = ", ".join(sorted(n for n in operations.names() if operations.use_of(n) == "rung"))
            yield "acts", f"there is no {act!r}; there are: {there}"
    for word in recipients:
        if _recipients is not None and word not in _recipients:
            yield (
                "recipients",
                f"{word!r} is no relation or role; there are: {', '.join(sorted(_recipients))}",
            )
    if acts and not recipients:
        yield "recipients", "an act needs somebody whom it is for"


def _is_act(name: str) -> bool:
    try:
        return operations.use_of(name) == "rung"
    except NotFound:
        return False


def _not_numbers(test: Any) -> str:
    """Return why a test of a measure is not one with numbers alone, nothing if it is."""
    if test.names or test.calls:
        return "it is compared with numbers only"
    numbers = list(constants(test))
    fit = all(isinstance(n, int) and not isinstance(n, bool) and abs(n) <= MOST for n in numbers)
    return "" if numbers and fit else f"it is compared with whole numbers up to {MOST}"


def _shown(result: Mapping[str, Any]) -> Shown:
    acts, recipients = _words(result.get("acts")), _words(result.get("recipients"))
    return Shown(TimerColour(result["colour"]), acts, recipients)


def _words(text: Any) -> tuple[str, ...]:
    return tuple(str(text or "").split())


def _wrong(element: str, why: str) -> Finding:
    return Finding(element, "colours", "error", f"The colour table: {why}.")
