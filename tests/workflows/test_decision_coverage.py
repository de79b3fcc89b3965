"""Gaps and overlaps of decision tables, held to trying every input of a small domain."""

from __future__ import annotations

import itertools
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workflows.tables import definitions, entry, needs, one, table
from workflows import decisions
from workflows.decisions import coverage


def told(decision, rule=None):
    found = list(decisions.findings(decision))
    assert {finding.severity for finding in found} <= {"warning"}
    return [finding for finding in found if rule in (None, finding.rule)]


def messages(decision, rule="uncovered"):
    return [finding.message.removeprefix("The table t: ") for finding in told(decision, rule)]


def of_type(kind, *cells, policy="UNIQUE", values=""):
    allowed = [entry("inputValues", values)] if values else []
    return one(*([cell, '"x"'] for cell in cells), inputs=[("x", kind, *allowed)], policy=policy)


@pytest.mark.parametrize(
    ("decision", "gaps"),
    [
        (of_type("number", "< 5", "(5..10]"), ["x = 5 or > 10"]),
        (of_type("integer", "< 5", "> 6"), ["x in [5..6]"]),
        (of_type("integer", "<= 5", ">= 6"), []),
        (of_type("number", "<= 5", ">= 6"), ["x in (5..6)"]),
        (of_type("number", "[0..10)", values="[0..100]"), ["x in [10..100]"]),
        (of_type("string", '"a"', '"b"'), ["x = anything else"]),
        (of_type("string", '"a"', values='"a","b","c"'), ['x = "b" or = "c"']),
        (of_type("string", '"a","b"', 'not("a","b")'), []),
        (of_type("string", '< "m"', '> "m"'), ['x = "m"']),
        (of_type("boolean", "true"), ["x = false"]),
        (of_type("boolean", "true", "not(true)"), []),
        (of_type("date", '< date("2026-01-01")', '> date("2026-01-02")'), ["x in [2026-01-01..2026-01-02]"]),
        (of_type("date", '<= date("2026-01-01")', '>= date("2026-01-02")'), []),
        (of_type("dateTime", '< date and time("2026-01-01T08:00:00")'), ["x >= 2026-01-01T08:00:00+08:00"]),
        (of_type("dayTimeDuration", '<= duration("P3D")'), ["x > P3D"]),
        (of_type("string", '"a"', "null", 'not("a", null)'), []),
        (of_type("string", "null"), ["x = anything else"]),
        (of_type("", "? > 3 and ? < 5", "[5..9]"), ["x <= 3 or > 9"]),
        (of_type("", '"a"', '["b", "c"]'), ["x = anything else"]),
        (of_type("", "1 + 1", "not(2 * 1)"), []),
        (one(inputs=[("x", "")]), []),  # nobody draws a table without rules by mistake
    ],
)  # fmt: skip
def test_what_no_rule_covers_is_told(decision, gaps):
    assert messages(decision) == [f"no rule covers {gap}." for gap in gaps]


def test_gaps_of_several_inputs_name_what_matters():
    decision = one(
        ['"x"', "<= 100", '"1"'], ['"y"', "-", '"2"'],
        inputs=[("category", "string", entry("inputValues", '"x","y"')), ("amount", "number")],
    )  # fmt: skip
    assert messages(decision) == ['no rule covers category = "x", amount > 100.']


@pytest.mark.parametrize(
    ("policy", "extra"), [("COLLECT", ""), ("RULE ORDER", ""), ("COLLECT", 'aggregation="COUNT"')]
)
def test_where_any_number_of_rules_may_hold_none_may(policy, extra):
    assert (
        told(one(["1", "2"], inputs=[("n", "number")], outputs=[("m", "number")], policy=policy, extra=extra))
        == []
    )


def test_a_default_closes_every_gap():
    default = entry("defaultOutputEntry", '"else"')
    assert told(one(['"a"', '"one"'], outputs=[("to", "string", default)])) == []


def test_overlaps_name_both_rules_and_an_example():
    decision = of_type("number", "< 5", "[5..10]", "[8..20)", "> 20, 9", "= 20")
    found = told(decision, "rules_overlap")
    assert [(finding.element, finding.path) for finding in found] == [
        ("r3", ("r2", "r3")), ("r4", ("r2", "r4")), ("r4", ("r3", "r4"))
    ]  # fmt: skip
    assert found[0].message == (
        "The table t: rules 2 and 3 hold together and only one may (UNIQUE): x in [8..10]."
    )


def test_rules_that_hold_together_must_agree_under_any():
    rules = (["< 5", '"a"'], ["< 3", '"a"'], ["< 2", '"b"'], ["-", "way"])
    found = told(one(*rules, inputs=[("n", "number")], policy="ANY"), "rules_overlap")
    assert [finding.path for finding in found] == [("r1", "r3"), ("r2", "r3")]


def test_a_rule_behind_one_that_always_holds_is_never_reached():
    found = told(of_type("number", "< 5", "[1..3]", "< limit", "3", policy="FIRST"))
    assert [(finding.rule, finding.element, finding.path) for finding in found][:2] == [
        ("rule_unreachable", "r2", ("r1", "r2")), ("rule_unreachable", "r4", ("r1", "r4"))
    ]  # fmt: skip


def test_a_test_that_nothing_passes_is_told():
    decision = of_type("string", '"a"', '"c"', '"b"', values='"a","b"')
    assert [(finding.element, finding.message) for finding in told(decision)] == [
        ("r2", "The table t, rule 2, column x: no value passes the test.")
    ]
    assert [finding.rule for finding in told(of_type("number", "-", "[5..1]", policy="FIRST"))] == [
        "rule_never"
    ]


def test_columns_that_ask_the_same_are_one_input():
    rules = (["< 5", "-", '"a"'], ["-", ">= 5", '"b"'])
    assert told(one(*rules, inputs=[("n", "number"), ("n", "number")])) == []


def test_what_a_required_decision_gives_is_all_that_there_is():
    size = table(
        ["< 10", '"small"'],
        [">= 10", '"big"'],
        key="s",
        inputs=[("n", "number")],
        outputs=[("size", "string")],
    )
    cases = {
        '"big"': 'no rule covers size = "small".',
        '"big", "small"': "",
        '"huge"': "no rule covers anything.",
    }
    for cell, wanted in cases.items():
        above = table([cell, '"x"'], inputs=[("size", "string")], more=needs("s"))
        (decision, _), _ = decisions.read(definitions(above, size))
        assert "".join(messages(decision)) == wanted


def test_what_only_a_run_knows_is_said_and_not_guessed():
    decision = of_type("number", "< limit", ">= limit")
    assert messages(decision, "not_looked_at") == [
        "whether a rule covers all inputs only a run knows, by rule 1, column x (< limit)."
    ]
    assert [finding.rule for finding in told(decision)] == ["not_looked_at"]
    # Another rule covers all of it, or a gap is sure whatever the variable is.
    assert told(of_type("number", "< limit", "-", policy="FIRST")) == []
    mixed = one(["true", "< limit", '"a"'], inputs=[("b", "boolean"), ("n", "number")])
    assert messages(mixed) == ["no rule covers b = false."]


def test_a_table_too_large_is_not_looked_at_to_the_end():
    cells = [",".join(f"{n}" for n in range(place, place + 300)) for place in range(0, 12_000, 300)]
    found = told(of_type("number", *cells), "not_looked_at")
    assert [finding.message for finding in found] == [
        "The table t is too large to be looked at to the end: there may be more gaps and overlaps."
    ]


OWN = sorted((Path(__file__).parents[2] / "bpmn").rglob("*.dmn"))


@pytest.mark.parametrize("file", OWN, ids=lambda file: file.stem)
def test_our_own_tables_leave_nothing_open(file):
    # Where no rule of colours holds, a step has none.
    shown = {"uncovered"} if file.parent.name == "colours" or file.stem == "colours" else set()
    tables, findings = decisions.read(file.read_bytes())
    assert findings == []
    assert {finding.rule for one in tables for finding in decisions.findings(one, {"now"})} <= shown


def test_many_findings_are_cut_short():
    decision = of_type("number", *["-"] * 10)
    found = told(decision, "rules_overlap")
    assert len(found) == coverage.MOST + 1
    assert found[-1].message == "The table t: There are more such rules."


# --- every input of a small domain, judged by Python


DAYS = [date(2026, 1, 1) + timedelta(n) for n in range(6)]


def text_cells():
    some = st.lists(st.sampled_from("abc"), min_size=1, max_size=2, unique=True)
    written = some.map(lambda chosen: (",".join(f'"{one}"' for one in chosen), lambda value: value in chosen))
    return written | written.map(lambda cell: (f"not({cell[0]})", lambda value: not cell[1](value)))


def ordered_cells(values, write):
    def comparison(sign, bound):
        tests = {
            "<": lambda value: value < bound, "<=": lambda value: value <= bound,
            ">": lambda value: value > bound, ">=": lambda value: value >= bound, "": lambda value: value == bound,
        }  # fmt: skip
        return f"{sign} {write(bound)}", tests[sign]

    def interval(opening, closing, bounds):
        low, high = sorted(bounds)
        return (
            f"{opening}{write(low)}..{write(high)}{closing}",
            lambda value: (
                (value >= low if opening == "[" else value > low)
                and (value <= high if closing == "]" else value < high)
            ),
        )

    bound = st.sampled_from(values)
    signed = st.builds(comparison, st.sampled_from(["<", "<=", ">", ">=", ""]), bound)
    ranged = st.builds(interval, st.sampled_from("[("), st.sampled_from("])"), st.tuples(bound, bound))
    simple = signed | ranged
    two = st.tuples(simple, simple).map(
        lambda pair: (f"{pair[0][0]}, {pair[1][0]}", lambda value: pair[0][1](value) or pair[1][1](value))
    )
    return simple | two | simple.map(lambda cell: (f"not({cell[0]})", lambda value: not cell[1](value)))


TRUTHS = st.sampled_from([("true", lambda value: value), ("false", lambda value: not value)])
DASH = st.just(("-", lambda value: True))
COLUMNS = (
    ("c", "string", ["a", "b", "c", "zz"], text_cells()),
    ("n", "number", [half / 2 for half in range(-2, 12)], ordered_cells([0, 1, 2, 4, 5], str)),
    ("b", "boolean", [True, False], TRUTHS),
    ("d", "date", DAYS, ordered_cells(DAYS[1:5], lambda day: f'date("{day}")')),
)
ROW = st.tuples(*(DASH | cells for *_, cells in COLUMNS))
DOMAIN = list(itertools.product(*(values for _, _, values, _ in COLUMNS)))


def meant(words, named):
    """The inputs that an example names, read back by Python; `named` are the texts that cells name."""
    conditions = []
    for part in words.split(", "):
        label, _, alternatives = part.partition(" ")
        place = "cnbd".index(label)
        conditions.append((place, [alternative(one, place, named) for one in alternatives.split(" or ")]))
    return lambda inputs: all(any(test(inputs[place]) for test in tests) for place, tests in conditions)


def alternative(words, place, named):
    def value(written):
        return (
            date.fromisoformat(written)
            if place == 3
            else float(written)
            if place == 1
            else written.strip('"')
        )

    if words == "= anything else":
        return lambda given: given not in named
    if words in ("= true", "= false"):
        return lambda given: given is (words == "= true")
    if interval := re.fullmatch(r"in ([\[(])(.*)\.\.(.*)([\])])", words):
        opening, low, high, closing = interval.groups()
        return lambda given: (
            (given >= value(low) if opening == "[" else given > value(low))
            and (given <= value(high) if closing == "]" else given < value(high))
        )
    sign, bound = words.split(" ")
    tests = {
        "=": lambda given: given == value(bound), "<": lambda given: given < value(bound),
        "<=": lambda given: given <= value(bound), ">": lambda given: given > value(bound),
        ">=": lambda given: given >= value(bound),
    }  # fmt: skip
    return tests[sign]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(ordered_cells([0, 1, 1.5, 2, 4], str), min_size=1, max_size=4),
    st.none() | ordered_cells([0, 2, 3.5], str),
)
def test_whole_numbers_and_allowed_values_bound_what_is_looked_for(cells, allowed):
    values = entry("inputValues", allowed[0]) if allowed else ""
    there = [number for number in range(-3, 9) if not allowed or allowed[1](number)]
    decision = one(*([cell, '"x"'] for cell, _ in cells), inputs=[("n", "integer", values)])
    holding = {number: [n for n, (_, test) in enumerate(cells) if test(number)] for number in there}
    if there:
        examples = [
            meant(f"n {gap.partition(' n ')[2][:-1]}", set()) for gap in messages(decision) if " n " in gap
        ]
        everything = "no rule covers anything." in messages(decision)
        uncovered = {number for number, held in holding.items() if not held}
        shown = {number for number in there if any(example((None, number)) for example in examples)}
        assert (set(there) if everything else shown) == uncovered
        pairs = {pair for held in holding.values() for pair in itertools.combinations(held, 2)}
        assert len([one for one in told(decision, "rules_overlap") if one.path]) == min(
            len(pairs), coverage.MOST
        )


@settings(max_examples=120, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=5), st.integers(0, len(DOMAIN) - 1))
def test_gaps_and_overlaps_are_those_of_trying_every_input(rows, start):
    inputs = [(label, kind) for label, kind, *_ in COLUMNS]
    cells = [[*(cell for cell, _ in row), str(number)] for number, row in enumerate(rows)]
    holding = {
        values: [n for n, row in enumerate(rows) if all(t(v) for (_, t), v in zip(row, values, strict=True))]
        for values in DOMAIN
    }
    decision = one(*cells, inputs=inputs, outputs=[("rule", "number")])

    collecting = one(*cells, inputs=inputs, outputs=[("rule", "number")], policy="COLLECT")
    for values in DOMAIN[start::67]:
        variables = dict(zip("cnbd", (*values[:3], values[3].isoformat()), strict=True))
        assert [result["rule"] for result in collecting.decide(variables)] == holding[values]

    pairs = {pair for held in holding.values() for pair in itertools.combinations(held, 2)}
    overlaps = told(decision, "rules_overlap")
    named = {tuple(int(rule[1:]) - 1 for rule in finding.path) for finding in overlaps if finding.path}
    assert named <= pairs
    assert len(named) == min(len(pairs), coverage.MOST)

    gaps = [words.removeprefix("no rule covers ").removesuffix(".") for words in messages(decision)]
    uncovered = {given for given, held in holding.items() if not held}
    if any("…" in words or "more inputs" in words or words == "anything" for words in gaps):
        assert uncovered
        return
    named = set(re.findall('"(.)"', " ".join(row[0][0] for row in rows)))
    examples = [meant(words, named) for words in gaps]
    assert {given for given in DOMAIN if any(example(given) for example in examples)} == uncovered
