"""Conditions that overlap or leave a gap, each with an example; and conditions that hang together."""

from __future__ import annotations

import pytest

from tests.workflows.engine.diagrams import file_of, flows, nodes, user
from workflows.engine import compile_definition, soundness

ENDS = nodes("startEvent", "s") + nodes("endEvent", "e")


def of_gateway(*conditions: str, default: str = "") -> set[tuple[str | None, str, str]]:
    """Return element, rule and example of the warnings on an exclusive gateway with these conditions."""
    chosen = f' default="{default}"' if default else ""
    body = ENDS + f'<exclusiveGateway id="x"{chosen}/>' + flows("s > x")
    for number, condition in enumerate(conditions):
        body += nodes("task", f"t{number}") + flows(f"x > t{number} | {condition}", f"t{number} > e")
    if default:
        body += nodes("task", "t") + flows("x > t > e")
    found = soundness.check(compile_definition(file_of(body), "p"))
    assert {f.severity for f in found} <= {"warning"}
    return {
        (f.element, f.rule, f.message.partition("with ")[2].partition(", and there")[0].partition(";")[0])
        for f in found
    }


@pytest.mark.parametrize(
    "conditions",
    [
        ("amount > 100", "amount <= 100"),
        ("a == 'x' and not b", "a != 'x' or b"),
        ("approved", "not approved"),
        ("kind in ['a', 'b']", "not (kind in ['a', 'b'])"),
        ("order.total >= 5", "order.total < 5"),
        ("a < b", "a >= b"),
        ("empty x", "not empty x"),
        ("now() > due", "now() <= due"),
    ],
)
def test_conditions_that_exclude_each_other_and_leave_nothing_out_are_right(
    conditions: tuple[str, str],
) -> None:
    assert of_gateway(*conditions) == set()


@pytest.mark.parametrize(
    ("conditions", "example"),
    [
        (("amount > 100", "amount > 1000"), "amount = 1001"),
        (("kind in ['a', 'b']", "kind == 'b'"), "kind = 'b'"),
        (("a > 1", "b > 1"), "a = 2, b = 2"),
        (("order.urgent", "order.total > 9"), "order.urgent = true, order.total = 10"),
    ],
)
def test_conditions_that_overlap_are_told_with_an_example(conditions: tuple[str, str], example: str) -> None:
    assert of_gateway(*conditions, default="x_t") == {("x", "overlap", example)}


@pytest.mark.parametrize(
    ("conditions", "example"),
    [
        (("amount > 100", "amount < 100"), "amount = 100"),
        (("amount > 100", "amount < 50"), "amount = 50"),
        (("kind == 'a'", "kind == 'b'"), "kind = 'other'"),
        (("ok == true", "ok == false"), "ok = null"),
        (("n > 1", "n == 0"), "n = -1"),
    ],
)
def test_a_gap_is_told_with_an_example_unless_there_is_a_default(
    conditions: tuple[str, str], example: str
) -> None:
    assert of_gateway(*conditions) == {("x", "gap", example)}
    assert of_gateway(*conditions, default="x_t") == set()


def test_a_gap_after_an_activity_is_told_too() -> None:
    body = ENDS + user("a") + nodes("endEvent", "e2") + flows("s > a", "a > e | ok", "a > e2 | ok && more")
    found = soundness.check(compile_definition(file_of(body), "p"))
    assert [(f.element, f.rule) for f in found] == [("a", "gap")]


def parts(second: str) -> str:
    """Return a fork for parts of a matter whose two ways meet again where `second` holds."""
    return (
        ENDS
        + nodes("inclusiveGateway", "f")
        + '<exclusiveGateway id="x" default="x_e2"/>'
        + user("ours")
        + user("theirs")
        + nodes("endEvent", "e2")
        + flows("s > f", "f > ours | whose != 'theirs'", "f > theirs | whose != 'ours'")
        + flows("ours > e", "theirs > x > e2", f"x > ours | {second}")
    )


def test_tokens_that_conditions_keep_apart_do_not_meet() -> None:
    """What was decided once stays: the way back is for matters of which no part is ours already."""
    definition = compile_definition(file_of(parts("given_back and whose == 'theirs'")), "p")
    assert soundness.check(definition) == []


def test_tokens_that_no_condition_keeps_apart_meet() -> None:
    definition = compile_definition(file_of(parts("given_back")), "p")
    assert [(f.element, f.rule) for f in soundness.check(definition)] == [("ours", "lack_of_synchronisation")]


def test_a_choice_is_tried_by_a_bounded_number_of_values() -> None:
    many = " and ".join(f"v{n} in [1, 2, 3, 4, 5]" for n in range(12))
    budget = soundness.Budget(assignments=100)
    body = ENDS + nodes("exclusiveGateway", "x") + nodes("endEvent", "e2")
    body += flows("s > x", f"x > e | {many}", f"x > e2 | not ({many})")
    assert soundness.check(compile_definition(file_of(body), "p"), budget) == []
    assert budget.assignments <= 0
