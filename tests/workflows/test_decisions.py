"""Decisions: cells, hit policies, requirements, and what is refused."""

from __future__ import annotations

import contextlib
import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workflows.tables import definitions, entry, needs, one, table
from workflows import decisions
from workflows.decisions import read
from workflows.decisions.cells import read_test
from workflows.errors import InvalidInput
from workflows.expressions import EvaluationError


def refused(xml):
    found, findings = read(xml)
    assert any(finding.severity == "error" for finding in findings)
    return found, " ".join(finding.message for finding in findings)


@pytest.mark.parametrize(
    ("cell", "passing", "failing"),
    [
        ("-", [1, None, "x"], []),
        ("", [1, None, "x"], []),
        ("5", [5, 5.0], [6, "5", None, True]),
        ("-5", [-5], [5]),
        ('"a"', ["a"], ["b", None, 1]),
        ('"a", "b"', ["a", "b"], ["c"]),
        ("true", [True], [False, 1]),
        ("null", [None], [0, ""]),
        ("< 5", [4], [5, None]),
        ("<= 5, > 9", [5, 10], [6, None]),
        (">= limit", [7], [6]),
        ("= 5", [5], [4]),
        ("!= 5", [4, None], [5]),
        ("[1..5]", [1, 3, 5], [0, 6, None]),
        ("(1..5]", [2, 5], [1]),
        ("]1..5[", [2, 4], [1, 5]),
        ("[1.5..2)", [1.5, 1.9], [2]),
        ('["a".."c"]', ["b"], ["d"]),
        ("[1..2], [5..6]", [1, 6], [3]),
        ("not(5)", [4, None], [5]),
        ("not(5, 6)", [4], [5, 6]),
        ("not([1..5], 9)", [6], [3, 9, None]),
        ("? > 3", [4], [3]),
        ("? > 3 and ? < limit", [4, 6], [7]),
        ("not(? > 3)", [3], [4]),
        ('contains(?, "x")', ["axb"], ["b"]),
        ('["a", "b"]', ["a"], ["c"]),
        ("limit", [7], [8]),
        ("(1 + 2) * 2", [6], [5]),
        ('date("2026-01-01")', [], ["2026-01-01"]),
    ],
)
def test_cells(cell, passing, failing):
    test = read_test(cell)
    for value, right in [*((v, True) for v in passing), *((v, False) for v in failing)]:
        found = test is None or test.evaluate({"?": value, "limit": 7}) is True
        assert found is right, value


@pytest.mark.parametrize(
    "cell", ["[1..5", "1 2", "<", "not(5", "5,", "(1..", "[..5]", "__import__('os')", "a == '", "- 5 -"]
)
def test_bad_cells_are_refused(cell):
    with pytest.raises(InvalidInput):
        read_test(cell)


def test_dates_of_json_are_compared_as_dates():
    decision = one(
        ['>= date("2026-01-01")', '"new"'], ['< date("2026-01-01")', '"old"'], inputs=[("on", "date")]
    )
    assert decision.decide({"on": "2026-03-09"}) == [{"to": "new"}]
    assert decision.decide({"on": "2025-03-09"}) == [{"to": "old"}]
    assert decision.decide({"on": None}) == []


def test_moments_are_compared_as_moments():
    decision = one(["< now()", '"past"'], inputs=[("at", "dateTime")])
    functions = {"now": lambda: datetime(2026, 1, 1, tzinfo=UTC)}
    assert decision.decide({"at": "2026-01-01T07:59:00+08:00"}, functions) == [{"to": "past"}]
    assert decision.calls == {"now"}
    assert decision.names == {"at"}


def test_inputs_may_be_juel_and_outputs_expressions():
    decision = one(
        ["[0..10)", "amount * 2", '${office == "A" ? "x" : "y"}'],
        inputs=[("${clue.amount}", "number")],
        outputs=[("double", "number"), ("who", "string")],
    )
    variables = {"clue": {"amount": 5}, "amount": 5, "office": "A"}
    assert decision.decide(variables) == [{"double": 10, "who": "x"}]


def test_results_are_json():
    decision = one(
        ["-", 'date("2026-01-01")', "", '{a: [1, date("2026-01-02")]}'],
        outputs=[("d", "date"), ("n", "string"), ("m", "")],
    )
    found = decision.decide({"way": "x"})
    assert found == [{"d": "2026-01-01", "n": None, "m": {"a": [1, "2026-01-02"]}}]
    assert json.loads(json.dumps(found)) == found


RULES = (['"a", "b"', '"one"'], ['"b", "c"', '"two"'], ['"c"', '"two"'])
PRIORITIES = ('<outputValues><text>"two", "one"</text></outputValues>',)


@pytest.mark.parametrize(
    ("policy", "way", "results"),
    [
        ("UNIQUE", "a", ["one"]),
        ("UNIQUE", "z", []),
        ("FIRST", "b", ["one"]),
        ("ANY", "c", ["two"]),
        ("PRIORITY", "b", ["two"]),
        ("RULE ORDER", "b", ["one", "two"]),
        ("OUTPUT ORDER", "b", ["two", "one"]),
        ("COLLECT", "b", ["one", "two"]),
        ("COLLECT", "z", []),
    ],
)
def test_hit_policies(policy, way, results):
    decision = one(*RULES, policy=policy, outputs=[("to", "string", *PRIORITIES)])
    assert decision.hit_policy == policy
    assert decision.decide({"way": way}) == [{"to": result} for result in results]


@pytest.mark.parametrize(("policy", "way"), [("UNIQUE", "b"), ("ANY", "b"), ("UNIQUE", "c")])
def test_rules_that_must_not_hold_together_are_named(policy, way):
    with pytest.raises(EvaluationError) as caught:
        one(*RULES, policy=policy).decide({"way": way})
    assert caught.value.code == "decision_conflict"
    assert caught.value.params["rules"] == (["r1", "r2"] if way == "b" else ["r2", "r3"])
    assert "r2" in caught.value.message


@pytest.mark.parametrize(
    ("aggregation", "results"),
    [("SUM", [{"n": 6}]), ("MIN", [{"n": 1}]), ("MAX", [{"n": 3}]), ("COUNT", [{"n": 3}])],
)
def test_collect_can_aggregate(aggregation, results):
    decision = one(
        ["-", "1"], ["-", "2"], ["-", "3"], ['"none"', "9"],
        outputs=[("n", "number")], policy="COLLECT", extra=f'aggregation="{aggregation}"',
    )  # fmt: skip
    assert decision.decide({"way": "x"}) == results


@pytest.mark.parametrize(
    ("extra", "results"),
    [("", [{"n": 7}]), ('aggregation="SUM"', [{"n": 7}]), ('aggregation="COUNT"', [{"n": 0}])],
)
def test_a_default_holds_for_collected_results_too(extra, results):
    outputs = [("n", "number", entry("defaultOutputEntry", "7"))]
    decision = one(['"a"', "1"], outputs=outputs, policy="COLLECT", extra=extra)
    assert decision.decide({"way": "b"}) == results


def test_how_a_decision_was_taken_can_be_told():
    decision = one(*RULES, policy="RULE ORDER", inputs=[("way", "string")])
    taken, *below = decision.take({"way": "b"})
    assert (taken.inputs, [rule.number for rule in taken.held], below) == (("b",), [1, 2], [])
    assert [(rule.id, result) for rule, result in taken.given] == [
        ("r1", {"to": "one"}),
        ("r2", {"to": "two"}),
    ]


def test_aggregates_of_nothing():
    def of(aggregation):
        extra = f'aggregation="{aggregation}"'
        decision = one(['"x"', "1"], outputs=[("n", "number")], policy="COLLECT", extra=extra)
        return decision.decide({"way": "y"})

    assert (of("SUM"), of("COUNT")) == ([], [{"n": 0}])


def test_defaults_hold_where_no_rule_does():
    default = entry("defaultOutputEntry", '"else"')
    decision = one(['"a"', '"one"'], outputs=[("to", "string", default)])
    assert decision.decide({"way": "b"}) == [{"to": "else"}]
    assert decision.decide({"way": "a"}) == [{"to": "one"}]


def test_decisions_stand_on_others():
    xml = definitions(
        table(
            ["true", "1"],
            ["false", "2"],
            inputs=[("big", "boolean")],
            outputs=[("level", "number")],
            key="level",
            more=needs("size"),
        ),
        table(
            ["> 100", "true"],
            ["<= 100", "false"],
            inputs=[("amount", "number")],
            outputs=[("big", "boolean")],
            key="size",
        ),
        f'<decision id="double" name="D"><variable name="twice"/>{needs("level", "size")}'
        "<literalExpression><text>level * 2 + amount</text></literalExpression></decision>",
    )
    found, findings = read(xml)
    assert findings == []
    level, size, double = found
    assert level.decide({"amount": 500}) == [{"level": 1}]
    assert size.decide({"amount": 5}) == [{"big": False}]
    assert double.decide({"amount": 5}) == [{"twice": 9}]
    assert double.names == {"amount"}


def test_several_results_become_lists_for_the_decision_above():
    xml = definitions(
        table(["-", '"a"'], ["-", '"b"'], policy="COLLECT", outputs=[("groups", "string")], key="g"),
        f'<decision id="n" name="n">{needs("g")}'
        "<literalExpression><text>len(groups)</text></literalExpression></decision>",
    )
    assert read(xml)[0][1].decide({"way": "x"}) == [{"n": 2}]


def layers(depth, width):
    """Decisions in layers, each needing all of the layer below."""

    def one_of(layer, place):
        below = [f"d{layer + 1}_{n}" for n in range(width)] if layer + 1 < depth else []
        return (
            f'<decision id="d{layer}_{place}" name="x"><variable name="v{layer}_{place}"/>{needs(*below)}'
            "<literalExpression><text>base + 1</text></literalExpression></decision>"
        )

    return definitions(*(one_of(layer, place) for layer in range(depth) for place in range(width)))


def test_many_paths_to_one_decision_cost_no_more_than_one():
    found, findings = read(layers(20, 3))
    assert findings == []
    assert found[0].decide({"base": 1}) == [{"v0_0": 2}]
    assert (found[0].names, found[0].calls) == ({"base"}, set())


def test_a_long_chain_of_decisions_is_refused():
    _, told = refused(layers(2000, 1))
    assert "more than 20 others in a row" in told


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "The decision t, column way: The expression `way` has no value: way is missing"),
        ({"way": 5}, "column way: a text is due (string), not a number"),
    ],
)
def test_a_wrong_input_is_named(variables, words):
    with pytest.raises(EvaluationError) as caught:
        one(['"a"', '"x"']).decide(variables)
    assert words in caught.value.message
    assert caught.value.params["column"] == "way"


def test_a_wrong_cell_is_named():
    decision = one(["< bound", "amount / 0"], inputs=[("amount", "")], outputs=[("n", "number")])
    with pytest.raises(EvaluationError, match=r"rule 1 \(r1\), column n: .* division by zero"):
        decision.decide({"amount": 1, "bound": 2})
    with pytest.raises(EvaluationError, match=r"rule 1 \(r1\), column amount: .* no order"):
        decision.decide({"amount": "1", "bound": 2})


R = '<inputExpression expressionLanguage="R"'


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        (b"", "not well-formed"),
        (b"<x/>", "not DMN"),
        (b'<!DOCTYPE d [<!ENTITY a "b">]><d>&a;</d>', "DOCTYPE"),
        (definitions(), "no decision"),
        (definitions('<decision name="x"/>'), "needs an id"),
        (definitions('<decision id="x"/>'), "made by nothing"),
        (definitions('<decision id="x"><context/></decision>'), "made by context"),
        (definitions('<decision id="x"><literalExpression/></decision>'), "empty expression"),
        (definitions(table(), table()), "id of its own"),
        (definitions(table(['"a"'])), "rule 1 (r1) has 1 tests and 0 results"),
        (definitions(table(["5", '"x"'])), "rule 1 (r1), column way: 5 is never a string"),
        (definitions(table(['"a"', "5"])), "rule 1 (r1), column to: a text is due"),
        (definitions(table(['"2026-01-01"', '"x"'], inputs=[("d", "date")])), 'write date("2026-01-31")'),
        (definitions(table(["[1..", '"x"'])), "rule 1 (r1), column way: The expression"),
        (definitions(table(["-", "__import__('os')"])), "underscore"),
        (definitions(table(["-", '"x"'], policy="RANDOM")), "table t: there is no hit policy 'RANDOM'; there are"),
        (definitions(table(["-", '"x"'], policy="PRIORITY")), "needs the allowed values"),
        (definitions(table(["-", "1"], extra='aggregation="SUM"')), "SUM goes with the hit policy COLLECT only, not"),
        (definitions(table(["-", "1"], policy="COLLECT", extra='aggregation="MEDIAN"')), "no aggregation 'MEDIAN'"),
        (definitions(table(["-", "1", "2"], policy="COLLECT", extra='aggregation="SUM"',
                           outputs=[("a", "number"), ("b", "number")])), "needs a single output, not 2"),
        (definitions(table(["-"], outputs=())), "has no output"),
        (definitions(table(["-", '"x"', '"y"'], outputs=[("a", ""), ("a", "")])), "name of its own"),
        (definitions(table(["-", '"x"'], more=needs("gone"))), "'#gone', which is not in this file"),
        (definitions(table(["-", '"x"'], more=needs("t"))), "needs itself"),
        (definitions(table(["-", '"x"'], inputs=[("", "")])), "empty input expression"),
        (definitions(table(["-", '"x"']).replace("<inputExpression", R)),
         "only FEEL and JUEL"),
        (definitions(table(["-", '"x"']).replace("<decisionTable", "<knowledgeRequirement/><decisionTable")),
         "knowledge model"),
    ],
)  # fmt: skip
def test_what_cannot_be_decided_right_is_refused(xml, words):
    found, told = refused(xml)
    assert words in told
    assert found == [] or found[0].id == "t"  # a second decision of the same id


NUMBERS = [("n", "number")]
WEIGHED = [("to", "string", '<outputValues><text>"two", "one"</text></outputValues>')]


@pytest.mark.parametrize(
    ("decision", "element", "words"),
    [
        (one(["-", '"x"'], policy="PRIORITY", outputs=WEIGHED), "r1",
         'The table t, rule 1 (r1), column to: "x" is not among the allowed values of the column, so PRIORITY'),
        (one(["-", ""], policy="OUTPUT ORDER", outputs=WEIGHED), "r1", "column to: nothing is not among"),
        (one(["-", '"a"'], policy="PRIORITY",
             outputs=[("to", "", '<outputValues><text>"a", "a"</text></outputValues>')]), "o0", "stands twice"),
        (one(["-", "amount"], policy="COLLECT", extra='aggregation="SUM"'), "o0",
         "The table t, column to: SUM needs a column of numbers, not string"),
        (one(["-", "1"], ["-", ""], policy="COLLECT", extra='aggregation="MAX"', outputs=NUMBERS), "r2",
         "rule 2 (r2), column n: MAX needs a number, not nothing"),
        (one(["-", '"x"'], policy="COLLECT", extra='aggregation="MIN"', outputs=[("n", "")]), "r1",
         'MIN needs a number, not "x"'),
        (one(["matches(?, \"x\")", '"x"']), "r1", "rule 1 (r1), column way: there is no matches(); there are abs"),
        (one(["-", "today()"]), "r1", "column to: there is no today()"),
        (one(['< date("2026-02-30")', '"x"'], inputs=[("d", "date")]), "r1", "rule 1 (r1), column d: The expression"),
        (one(['< date and time("2026-01-01T08:00:00")', '"x"'], inputs=[("d", "date")]), "r1",
         'is of the kind instant, never a date; write date("2026-01-31"), or give the column another type'),
        (one(['< duration("P1Y")', '"x"'], inputs=[("d", "dayTimeDuration")]), "r1", "use add_months"),
        (one(['"a" or "b"', '"x"']), "r1", "A condition must be true or false, not a text"),
        (one(["-", '"x"'], inputs=[("at", "time")]), "i0", "column at: there is no type time; ask a dateTime"),
    ],
)  # fmt: skip
def test_what_would_fail_at_run_time_is_refused_at_the_gate(decision, element, words):
    found = [finding for finding in decisions.findings(decision) if finding.severity == "error"]
    assert [finding.element for finding in found] == [element]
    assert words in found[0].message


def test_functions_of_a_run_are_known_to_the_gate():
    decision = one(["< now()", 'limit("T11")'], inputs=[("at", "dateTime")], outputs=[("due", "dateTime")])

    def rules(known):
        return {finding.rule for finding in decisions.findings(decision, known)}

    assert rules({"now", "limit"}) == {"not_looked_at"}
    assert rules(set()) == {"function", "not_looked_at"}


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("? between 1 and 5", "a range is written [1..5]"),
        ("1..5", "a range is written [1..5]"),
        ("for x in list return x", "there are no loops"),
        ("some x in list satisfies x > 1", "there are no loops, write contains(list, value)"),
        ("function(x) x", "functions cannot be defined"),
        ("? instance of number", "types cannot be asked for"),
        ('@"2026-01-01"', "write date("),
        ("“a”", "quotation marks are straight"),
    ],
)
def test_other_feel_is_refused_with_what_would_be_right(cell, words):
    with pytest.raises(InvalidInput, match=re.escape(words)):
        read_test(cell)


def loads(cells):
    return one(
        *([cell, "1"] for cell in cells), inputs=[("x", "")], outputs=[("n", "number")], policy="COLLECT"
    )


@pytest.mark.parametrize(
    ("cells", "given"),
    [
        (['contains(x, "no")'] * 2000, ["a"] * 10_000),
        (['upper(upper(upper(lower(x)))) = "A"'] * 2000, "a" * 100_000),
    ],
)
def test_a_table_of_costly_cells_ends(cells, given):
    with pytest.raises(EvaluationError, match="all cells together take more than"):
        loads(cells).decide({"x": given})


def test_results_are_not_huge_together():
    decision = one(
        *[["-", "{a: x, b: [x, x]}"]] * 2000, inputs=[("1", "")], outputs=[("n", "")], policy="RULE ORDER"
    )
    with pytest.raises(EvaluationError, match=r"rule 2 .*: all cells together take more than"):
        decision.decide({"x": "a" * 100_000})


@pytest.mark.parametrize(
    "cell",
    [
        "().__class__.__bases__[0]",
        "''.format",
        "__import__('os').system('x')",
        "x.__class__",
        "(" * 200 + "1" + ")" * 200,
        "not(" * 200 + "1" + ")" * 200,
        "[" * 900 + "]" * 900,
        "9" * 1000,
        "1e999",
        '"' + "a" * 3000 + '"',
        ",".join(["1"] * 2000),
        "lambda: 1",
        "[x for x in y]",
        "x := 1",
        "exec('1')",
    ],
)
def test_a_malicious_cell_does_no_harm(cell):
    found, findings = read(
        definitions(table([cell, "1"], ["-", cell], inputs=[("x", "")], outputs=[("n", "")]))
    )
    found_at_gate = [finding for decision in found for finding in decisions.findings(decision)]
    assert any(finding.severity == "error" for finding in (*findings, *found_at_gate))
    for decision in found:
        with pytest.raises(EvaluationError):
            decision.decide({"x": {}, "y": [1]})


def test_all_cells_of_a_file_together_are_bounded():
    _, told = refused(definitions(table(*[[f'"{"a" * 1900}"', "1"]] * 300, outputs=[("n", "number")])))
    assert (
        told
        == "The table t, rule 263 (r263), column way: the cells of a file have 500000 characters at most."
    )


@pytest.mark.parametrize("cell", ["[0..1000000000000000]", "99999999999999999999 * 99999999999999999999 < 1"])
def test_a_huge_range_or_number_is_no_work(cell):
    decision = one([cell, "1"], inputs=[("x", "number")], outputs=[("n", "number")])
    list(decisions.findings(decision))
    with contextlib.suppress(EvaluationError):
        assert decision.decide({"x": 5}) == [{"n": 1}]


def test_a_sound_decision_survives_beside_a_broken_one():
    found, _ = refused(definitions(table(["-", '"x"'], key="good"), table(["-", "("], key="bad")))
    assert [decision.id for decision in found] == ["good"]


def test_what_stands_on_a_broken_decision_is_refused_too():
    found, _ = refused(
        definitions(table(["-", '"x"'], key="top", more=needs("bad")), table(["-", "("], key="bad"))
    )
    assert found == []


def test_bare_words_are_warned_of():
    found, findings = read(definitions(table(["talk", '"x"'])))
    assert [decision.id for decision in found] == ["t"]
    assert (findings[0].severity, findings[0].element) == ("warning", "r1")
    assert 'a text is written "talk"' in findings[0].message


CELLS = st.sampled_from(
    ["-", '"a"', "< 5", "[1..5]", "not(2)", "? > 1", "null", "x", "(", '"a", "b"', ">= 2, 9"]
) | st.text(
    alphabet=st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"),
    max_size=8,
)
POLICIES = st.sampled_from(["UNIQUE", "FIRST", "ANY", "RULE ORDER", "COLLECT", "PRIORITY"])


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(CELLS, CELLS), max_size=5),
    POLICIES,
    st.none() | st.integers(0, 9) | st.text(max_size=3),
)
def test_any_table_is_refused_or_decides_or_says_why_not(rules, policy, value):
    found, findings = read(
        definitions(table(*rules, policy=policy, inputs=[("way", "")], outputs=[("to", "")]))
    )
    assert found or findings
    for decision in found:
        with contextlib.suppress(EvaluationError):
            assert isinstance(decision.decide({"way": value, "x": 3}), list)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: definitions(text)))
def test_any_bytes_are_read_or_refused(data):
    found, findings = read(data)
    assert found or findings


@settings(max_examples=100, deadline=None)
@given(
    st.integers(-20, 20), st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=6)
)
def test_intervals_agree_with_plain_comparison(value, bounds):
    rules = [[f"[{low}..{high})", str(place)] for place, (low, high) in enumerate(bounds)]
    decision = one(*rules, inputs=[("n", "number")], outputs=[("rule", "number")], policy="COLLECT")
    wanted = [place for place, (low, high) in enumerate(bounds) if low <= value < high]
    assert [row["rule"] for row in decision.decide({"n": value})] == wanted


def test_a_table_of_a_desktop_modeler_is_read():
    """The shape that dmn-js writes: DMN 1.1's addresses, foreign attributes, descriptions, annotations."""
    xml = b"""<?xml version="1.0" encoding="UTF-8"?>
    <definitions xmlns="http://www.omg.org/spec/DMN/20151101/dmn.xsd" id="dish" name="Dish" namespace="n"
        expressionLanguage="http://www.omg.org/spec/FEEL/20140401" exporter="Camunda Modeler"
        xmlns:camunda="http://camunda.org/schema/1.0/dmn" xmlns:biodi="http://bpmn.io/schema/dmn/biodi/1.0">
      <decision id="dish-decision" name="Dish" camunda:historyTimeToLive="P180D">
        <extensionElements><biodi:bounds x="1" y="2" width="3" height="4"/></extensionElements>
        <informationRequirement id="r"><requiredInput href="#guests"/></informationRequirement>
        <decisionTable id="dishTable" preferredOrientation="Rule-as-Row">
          <input id="i1" label="Season" biodi:width="192" camunda:inputVariable="season">
            <inputExpression id="e1" typeRef="string" expressionLanguage="juel">
              <text>season</text>
            </inputExpression>
            <inputValues id="v1"><text>"Winter","Summer"</text></inputValues>
          </input>
          <input id="i2" label="Guests">
            <inputExpression id="e2" typeRef="integer"><text>guestCount</text></inputExpression>
          </input>
          <output id="o1" label="Dish" name="desiredDish" typeRef="string"/>
          <rule id="row-1"><description>d</description>
            <inputEntry id="c1"><text><![CDATA["Winter"]]></text></inputEntry>
            <inputEntry id="c2"><text><![CDATA[<= 8]]></text></inputEntry>
            <outputEntry id="c3"><text>"Roastbeef"</text></outputEntry>
            <annotationEntry><text>why</text></annotationEntry>
          </rule>
        </decisionTable>
      </decision>
      <inputData id="guests" name="Guests"><variable name="guestCount" typeRef="integer"/></inputData>
      <textAnnotation id="t"><text>note</text></textAnnotation>
    </definitions>"""
    found, findings = read(xml)
    assert findings == []
    assert found[0].decide({"season": "Winter", "guestCount": 8}) == [{"desiredDish": "Roastbeef"}]
