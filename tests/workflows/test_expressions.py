"""The expression language: what it says, what it refuses, and that it always ends."""

from __future__ import annotations

import contextlib
import math
import operator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflows.calendar import Limit, WorkDays, due
from workflows.errors import DubanError, InvalidInput
from workflows.expressions import (
    BUILTINS,
    EvaluationError,
    MissingVariable,
    assignments,
    compile_expression,
    evaluate,
    feel,
    plain,
    template,
    truth,
)
from workflows.expressions.values import MAX_STEPS

VARIABLES = {
    "a": "x",
    "b": False,
    "office": "JD1",
    "n": 3,
    "nothing": None,
    "blank": "",
    "clue": {"way": "talk", "subjects": [{"rank": 4}, {"rank": 7}]},
    "list": [1, 2, 3],
    "金额": 12.5,
}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("${a == 'x' && !b}", True),
        ("#{a eq 'x' and not b}", True),
        ("a ne 'x' or b", False),
        ("n ge 3 && n le 3 && n lt 4 && n gt 2", True),
        ('a == "x" || missing', True),  # the second part is not needed
        ("1 + 2 * 3 - 4 / 2", 5),
        ("10 - 3 - 2", 5),
        ("(1 + 2) * 3", 9),
        ("7 mod 4 + 8 div 2", 7),
        ("-n + 5", 2),
        ("2 - -1", 3),
        ("'a' + 'b'", "ab"),
        ("[1] + [2, 3]", [1, 2, 3]),
        ("{a: 1, 'b c': [true, null]}", {"a": 1, "b c": [True, None]}),
        ("clue.subjects[1].rank", 7),
        ("clue['way']", "talk"),
        ("b ? 1 : n == 3 ? 2 : 4", 2),
        ("1 if b else 2", 2),
        ("not a == 'y'", True),
        ("!b == true", True),
        ("'x' in ['x', 'y']", True),
        ("'z' not in ['x', 'y']", True),
        ("'way' in clue", True),
        ("'J' in office", True),
        ("empty blank and empty nothing and empty missing and empty missing.member and empty []", True),
        ("not empty a", True),
        ("empty n", False),
        ("get(clue, 'none', 5)", 5),
        ("get(missing, 'none')", None),
        ("coalesce(missing, nothing, 4)", 4),
        ("金额 > 12", True),
        ("1 == true", False),
        ("1 == 1.0", True),
        ("0 == null", False),
        ("[1, {a: 2}] == [1, {a: 2}]", True),
        ("[1] == [true]", False),
        ("nothing == null", True),
        ("head@${office}", "head@JD1"),
        ("${office}-${n}", "JD1-3"),
        ("a == '${y}'", False),
        ("'it\\'s' + \"\\u4e2d\\n\"", "it's中\n"),
        ("list.contains(2) and list.size() == 3 and a.equals('x') and blank.isEmpty()", True),
        ("office.startsWith('J') and office.toLowerCase() == 'jd1'", True),
        ("execution.getVariable('n') + 1", 4),
        ("len(list) + min(list) + max(1, 9) + sum(list)", 19),
        ("round(2.5) + round(-2.5) + abs(-3)", 3),
        ("round(2.345, 2)", 2.35),
        ("number('12') + number('-0.5')", 11.5),
        ("string(1.5) + string(true) + string(null)", "1.5true"),
        ("join(['a', 1], '-')", "a-1"),
        ("bool('true') and contains('abc', 'b') and starts_with('abc', 'a') and ends_with('abc', 'c')", True),
        ("date('2026-01-31') < date('2026-02-01')", True),
        ("add_months(date('2026-01-31'), 1) == date('2026-02-28')", True),
        ("days_between('2026-01-01', '2026-02-01')", 31),
        (
            "datetime('2026-01-01T00:00:00+08:00') + duration('PT1H') == datetime('2025-12-31T17:00:00Z')",
            True,
        ),
        ("date('2025-12-31T17:00:00Z') == date('2026-01-01')", True),  # the office's day
        ("[1, 2,][1]", 2),
    ],
)
def test_value(source, value):
    result = evaluate(source, VARIABLES)
    assert result == value
    assert type(result) is type(value) or isinstance(value, (int, float))


@pytest.mark.parametrize(
    ("source", "position", "advice"),
    [
        ("a = 1", 3, "write == to compare"),
        ("a.__class__", 3, "underscore"),
        ("__import__('os')", 1, "underscore"),
        ("().x", 2, "a value is due"),
        ("a &", 3, "&&"),
        ("'open", 1, "not closed"),
        ("“x”", 1, "straight"),
        ("1 < 2 < 3", 7, "`and`"),
        ("a ? 1", 6, ": is due"),
        ("1 if a", 7, "else is due"),
        ("f(1 2)", 5, ", is due"),
        ("{a: 1, a: 2}", 9, "stands twice"),
        ("{a 1}", 4, ": is due"),
        ("a[1", 4, "] is due"),
        ("a.size(", 8, "a value is due"),
        ("a.execute('rm')", 16, "no method execute"),
        ("'\\x41'", 1, "no escape"),
        ("'\\u0000'", 1, "NUL"),
        ("1" * 40, 1, "too large"),
        ("1e999", 1, "too large"),
        ("a instanceof b", 3, "types cannot be asked for"),
        ("lambda: 1", 7, "nothing more is due"),
        ("[x for x in y]", 4, ", is due"),
        ("${", 3, "a value is due"),
        ("${}", 3, "between the braces"),
        ("${a", 4, "} is due"),
        ("", 1, "a value is due"),
        ("and", 1, "a value is due"),
        ("a + " * 600 + "a", 2001, "at most 2000"),
        ("(" * 120 + "1" + ")" * 120, 101, "nested"),
        ("a" + ".b" * 60, 1, "nested"),
        ("a\ud800", 2, "surrogates"),
    ],
)
def test_refusal_names_position_and_remedy(source, position, advice):
    with pytest.raises(InvalidInput) as caught:
        compile_expression(source)
    assert caught.value.code == "expression"
    assert caught.value.params["position"] == position
    assert advice in caught.value.message


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("missing > 1", "missing is missing"),
        ("clue.none", "clue.none is missing"),
        ("list[3]", "list[3] is missing"),
        ("list[-1]", "missing"),
        ("nothing.x", "nothing.x is missing"),
        ("a.upper", "no entry"),
        ("a > 1", "no order"),
        ("b > true", "no order"),
        ("list < [4]", "no order"),
        ("n and true", "true or false"),
        ("a ? 1 : 2", "true or false"),
        ("n + 'x'", "string("),
        ("1 / 0", "division by zero"),
        ("1e300 * 1e300", "too large"),
        ("999999999999999999999999999999 * 10", "too large"),
        ("1 in 2", "right of `in`"),
        ("launch(1)", "no function launch"),
        ("len(1)", "a text or list or map is due"),
        ("len()", "not how it is called"),
        ("duration('P1M')", "add_months"),
        ("date('2026-02-30')", "date()"),
        ("max([])", "empty"),
        ("-a", "negated"),
        ("x${list}", "cannot stand in a text"),
        ("date('9999-12-31') + duration('P1D')", "out of range"),
        ("date('2026-01-01') + duration('PT1H')", "whole days"),
    ],
)
def test_evaluation_error_names_the_reason(source, why):
    with pytest.raises(EvaluationError) as caught:
        evaluate(source, VARIABLES)
    assert why in caught.value.message
    assert source in caught.value.message


def test_missing_variable_is_named():
    with pytest.raises(MissingVariable) as caught:
        evaluate("clue.none", VARIABLES)
    assert caught.value.params["name"] == "clue.none"


def test_names_and_calls_are_known_before_evaluation():
    expression = compile_expression("${limit('T11') > due and clue.way == a}")
    assert expression.names == {"due", "clue", "a"}
    assert expression.calls == {"limit"}


def test_functions_of_the_host_stand_beside_the_built_in_ones():
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    assert evaluate("now() + duration('P1D')", {}, {"now": lambda: moment}) == moment + timedelta(days=1)
    assert evaluate("len('ab')", {}, {"now": lambda: moment}) == 2


def test_failures_of_the_host_pass_unchanged():
    def refuse():
        raise DubanError("no such limit")

    with pytest.raises(DubanError, match="no such limit"):
        evaluate("limit()", {}, {"limit": refuse})


def test_a_deadline_counts_as_its_instant():
    start = datetime(2026, 2, 10, tzinfo=UTC)
    end = due(Limit("T06", 1, 15, "working_days"), start, WorkDays.official(), ZoneInfo("Asia/Shanghai"))
    functions = {"limit": lambda rule: end, "now": lambda: start}
    assert evaluate("${limit('T06')}", {}, functions) is end
    assert evaluate("limit('T06') > now() and limit('T06') == limit('T06')", {}, functions) is True
    assert evaluate("limit('T06') - duration('P1D')", {}, functions) == end.at - timedelta(days=1)
    assert evaluate("date(limit('T06'))", {}, functions) == date(2026, 3, 9)
    assert evaluate("datetime(limit('T06'))", {}, functions) == end.at
    assert plain([end]) == ["2026-03-09T16:00:00+00:00"]


def test_a_function_cannot_bring_in_foreign_values():
    with pytest.raises(EvaluationError, match="none of the language's"):
        evaluate("leak()", {}, {"leak": lambda: object()})


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("plain text", "plain text"),
        ("", ""),
        ("n > 2", "n > 2"),
        ("${n}", 3),
        (" ${n} ", 3),
        ("${{a: {b: 1}}}", {"a": {"b": 1}}),
        ("${'}'}", "}"),
        ("a ${n} b #{office}", "a 3 b JD1"),
        ("\\${n}", "${n}"),
        ("price: 5$ {x}", "price: 5$ {x}"),
    ],
)
def test_template(source, value):
    assert template(source).evaluate(VARIABLES) == value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('= way = "talk"', True),
        ('= way != "talk" or n > 2', True),
        ("n > none", None),
        ("not(n > none)", None),
        ("n > none or true", True),
        ("n > none and false", False),
        ("if n > 2 then 1 else 2", 1),
        ('list contains(["talk"], way) and starts with(way, "t") and string length(way) = 4', True),
        ('upper case(way) = "TALK"', True),
        ('date("2026-01-02") > date("2026-01-01")', True),
        ('date and time("2026-01-02T00:00:00Z") = datetime("2026-01-02T00:00:00Z")', True),
    ],
)
def test_feel(source, value):
    assert feel(source).evaluate({"way": "talk", "n": 3, "none": None}) is value


def test_script_is_a_list_of_assignments():
    script = "total = n + 1\n\n# a remark\n  way = 'talk';\nready = a == 'x'"
    assert [(name, e.evaluate(VARIABLES)) for name, e in assignments(script)] == [
        ("total", 4),
        ("way", "talk"),
        ("ready", True),
    ]


@pytest.mark.parametrize(
    "script",
    ["import os", "a.b = 1", "_x = 1", "x == 1", "true = 1", "x = ", "x = a\nfor i in x: y = 1", "x\n= 1"],
)
def test_other_scripts_are_refused_with_the_line(script):
    with pytest.raises(InvalidInput, match=r"Script line [12]"):
        assignments(script)


def test_values_that_double_with_each_line_are_stopped():
    value = [1]
    for _ in range(18):
        value = evaluate("[a, a]", {"a": value})
    with pytest.raises(EvaluationError, match="holds over"):
        evaluate("[a, a]", {"a": value})


def test_search_in_long_lists_is_bounded():
    with pytest.raises(EvaluationError, match=f"{MAX_STEPS} steps"):
        evaluate("'x' in long", {"long": ["y"] * (MAX_STEPS + 1)})
    with pytest.raises(EvaluationError, match=f"{MAX_STEPS} steps"):
        evaluate("+".join(["len(long)"] * 60), {"long": ["y"] * MAX_STEPS})


def test_results_become_json():
    value = [datetime(2026, 1, 2, tzinfo=UTC), {"d": date(2026, 1, 2)}, timedelta(days=1, hours=2), 1]
    assert plain(value) == ["2026-01-02T00:00:00+00:00", {"d": "2026-01-02"}, "P1DT2H", 1]


def test_conditions_are_strict():
    assert truth(None) is False
    assert truth(True) is True
    with pytest.raises(EvaluationError):
        truth("false")


# fmt: off
FRAGMENTS = [
    "a", "b", "clue.way", "list[0]", "missing", "n", "1", "2.5", "'x'", '"y"', "true", "null", "[", "]",
    "{", "}", "(", ")", ".", ",", ":", "?", "+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||",
    "!", "and", "or", "not", "in", "empty", "if", "else", "eq", "div", "mod", "${", "#{", "@", "=", "_",
    "__class__", "len(list)", "get(clue, 'way')", "contains(list, 1)", "sum(list)", "date('2026-01-31')",
    "duration('P1D')", "add_months('2026-01-31', n)", "number(a)", "round(2.5, n)", "999999999999999999",
    "\\",
]
# fmt: on
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["2026-01-31", "P1D", "12"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)
SOURCES = st.text(max_size=60) | st.lists(st.sampled_from(FRAGMENTS), max_size=25).map(" ".join)
SCOPES = st.fixed_dictionaries(dict.fromkeys(("a", "b", "clue", "list", "n"), JSON))


@settings(max_examples=600, deadline=None)
@given(SOURCES, SCOPES, st.sampled_from([compile_expression, template, feel]))
def test_every_source_compiles_or_is_refused_and_every_evaluation_ends(source, variables, read):
    try:
        expression = read(source)
    except InvalidInput:
        return
    with contextlib.suppress(EvaluationError):
        plain(expression.evaluate(variables))


SIGNS = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


@st.composite
def conditions(draw, n, depth=3):
    """A condition over `n` with the answer that Python's own operators give."""
    if depth == 0:
        sign, number = draw(st.sampled_from(list(SIGNS))), draw(st.integers(0, 9))
        return f"{number} {sign} n", SIGNS[sign](number, n)
    left, yes = draw(conditions(n, depth=depth - 1))
    right, also = draw(conditions(n, depth=depth - 1))
    return draw(
        st.sampled_from(
            [
                (f"({left}) and ({right})", yes and also),
                (f"({left}) || ({right})", yes or also),
                (f"not ({left})", not yes),
                (f"!({left}) && ({right})", not yes and also),
                (f"({right}) ? ({left}) : false", yes if also else False),
                (f"({left}) if ({right}) else true", yes if also else True),
            ]
        )
    )


@settings(max_examples=200, deadline=None)
@given(st.data(), st.integers(0, 9))
def test_conditions_mean_what_python_says(data, n):
    source, answer = data.draw(conditions(n))
    assert evaluate(source, {"n": n}) is answer


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.integers(-99, 99), min_size=1, max_size=4), min_size=1, max_size=6))
def test_products_bind_tighter_than_sums(terms):
    source = " + ".join(" * ".join(map(str, factors)) for factors in terms)
    assert evaluate(source, {}) == sum(math.prod(factors) for factors in terms)


def test_built_in_functions_meet_hostile_arguments_calmly():
    hostile = [
        None,
        True,
        -1,
        10**40,
        1e308,
        "",
        "9" * 5000,
        "P" * 50,
        [],
        [[]],
        {},
        [1e308, 1e308],
        date(1, 1, 1),
    ]
    for name, function in BUILTINS.items():
        for arguments in [(), *((h,) for h in hostile), *((h, g) for h in hostile for g in hostile)]:
            source = f"{name}({', '.join('xy'[: len(arguments)])})"
            try:
                evaluate(source, dict(zip("xy", arguments, strict=False)))
            except EvaluationError:
                continue
            assert callable(function)
