"""Transactions: success, cancellation with all undone, hazard (BPMN 2.0, 13.4.2)."""

from __future__ import annotations

import pytest

from tests.workflows.engine.diagrams import (
    Story,
    boundary,
    flows,
    nodes,
    on_event,
    several,
    sub,
    user,
)
from tests.workflows.engine.test_compensation import ERROR, EXTRA, MESSAGE, begin, log, undone

CANCEL = "<cancelEventDefinition/>"
UNDO = f'<endEvent id="undo">{CANCEL}</endEvent>'


def around(inner: str, loop: str = "") -> str:
    """Return a process with the transaction `box`: its ways out lead to open tasks."""
    return (
        nodes("startEvent", "s")
        + sub("box", loop + inner, tag="transaction")
        + boundary("cancelled", "box", CANCEL)
        + boundary("failed", "box", ERROR)
        + user("ok")
        + user("on_cancel")
        + user("on_error")
        + flows("s > box > ok", "cancelled > on_cancel", "failed > on_error")
    )


STEPS = nodes("startEvent", "is") + log("x") + undone("x") + log("y") + undone("y", user("undo_y"))


def test_a_cancel_end_undoes_everything_before_the_boundary_event_is_left() -> None:
    story = begin(around(STEPS + user("open") + UNDO + flows("is > x > y > undo", "is > open")))
    assert story.open == ["undo_y"]
    assert [s.node_id for s in story.steps if s.what == "cancelled"] == ["open"]
    story.complete("undo_y")
    assert story.open == ["on_cancel"]
    assert story.variables["log"] == ["x", "y", "undo_x"]
    assert story.ends == ["undo"]
    left = [(s.node_id, s.what) for s in story.steps]
    assert left.index(("undo_x", "left")) < left.index(("cancelled", "entered"))
    assert ("box", "cancelled") in left


def test_success_undoes_nothing_and_a_later_throw_still_can() -> None:
    inner = nodes("startEvent", "is") + log("x") + undone("x") + flows("is > x")
    body = nodes("startEvent", "s") + sub("box", inner, tag="transaction") + user("ok")
    body += '<endEvent id="back"><compensateEventDefinition/></endEvent>' + flows("s > box > ok > back")
    story = begin(body)
    assert story.variables["log"] == ["x"]
    story.complete("ok")
    assert story.variables["log"] == ["x", "undo_x"]


def test_a_hazard_leaves_by_the_error_boundary_and_undoes_nothing() -> None:
    bad = f'<endEvent id="bad">{ERROR}</endEvent>'
    story = begin(around(STEPS + bad + flows("is > x > y > bad")))
    assert story.open == ["on_error"]
    assert story.variables["log"] == ["x", "y"]


def test_cancel_inside_a_nested_subprocess_undoes_what_is_done_in_both() -> None:
    nested = sub(
        "nested",
        nodes("startEvent", "ns")
        + log("n")
        + undone("n")
        + user("wait")
        + UNDO
        + flows("ns > n > wait > undo"),
    )
    inner = nodes("startEvent", "is") + log("x") + undone("x") + nested + flows("is > x > nested")
    story = begin(around(inner))
    story.complete("wait")
    assert story.variables["log"] == ["x", "n", "undo_n", "undo_x"]
    assert story.open == ["on_cancel"]


def test_the_inner_of_two_transactions_is_cancelled_alone() -> None:
    nested = sub("nested", nodes("startEvent", "ns") + UNDO + flows("ns > undo"), tag="transaction")
    inner = nodes("startEvent", "is") + log("x") + undone("x") + nested + boundary("out", "nested", CANCEL)
    story = begin(around(inner + user("further") + flows("is > x > nested", "out > further")))
    assert story.open == ["further"]
    assert story.variables["log"] == ["x"]


def test_a_completed_inner_transaction_is_undone_by_the_outer() -> None:
    nested = sub(
        "nested", nodes("startEvent", "ns") + log("n") + undone("n") + flows("ns > n"), tag="transaction"
    )
    story = begin(around(nodes("startEvent", "is") + nested + UNDO + flows("is > nested > undo")))
    assert story.variables["log"] == ["n", "undo_n"]
    assert story.open == ["on_cancel"]


def test_cancel_out_of_an_event_subprocess() -> None:
    handler = on_event("h", MESSAGE, UNDO + flows("h_s > undo"), cancel=False)
    story = begin(
        around(nodes("startEvent", "is") + log("x") + undone("x") + user("w") + flows("is > x > w") + handler)
    )
    assert story.deliver("recall")
    assert story.variables["log"] == ["x", "undo_x"]
    assert story.open == ["on_cancel"]
    assert story.run.subscriptions == []


@pytest.mark.parametrize("sequential", ["true", "false"])
def test_several_instances_are_one_transaction(sequential: str) -> None:
    loop = several(
        **{"camunda:collection": "${parts}", "camunda:elementVariable": "part", "isSequential": sequential}
    )
    inner = (
        nodes("startEvent", "is")
        + log("x", "part")
        + undone("x", log("undo_x", "'no ' + part"))
        + user("w")
        + '<exclusiveGateway id="g" default="g_fine"/>'
        + nodes("endEvent", "fine")
        + UNDO
        + flows("is > x > w > g", "g > undo | ${bad}", "g > fine")
    )
    story = Story.begin(around(inner, loop), {"log": [], "parts": ["a", "b", "c"]}, extra=EXTRA)
    story.complete("w", bad=False)
    story.complete("w", bad=True)
    assert story.open == ["on_cancel"]
    done = {"true": ["a", "b", "no b", "no a"], "false": ["a", "b", "c", "no c", "no b", "no a"]}
    assert story.variables["log"] == done[sequential]


def test_an_error_of_a_handler_is_a_hazard() -> None:
    bad = f'<endEvent id="bad">{ERROR}</endEvent>'
    handler = sub("undo_x", nodes("startEvent", "us") + bad + flows("us > bad"))
    inner = nodes("startEvent", "is") + log("x") + undone("x", handler) + UNDO + flows("is > x > undo")
    assert begin(around(inner)).open == ["on_error"]


def test_without_a_cancel_boundary_the_transaction_just_ends() -> None:
    inner = nodes("startEvent", "is") + log("x") + undone("x") + UNDO + flows("is > x > undo")
    body = (
        nodes("startEvent", "s") + sub("box", inner, tag="transaction") + user("ok") + flows("s > box > ok")
    )
    story = begin(body)
    assert story.variables["log"] == ["x", "undo_x"]
    assert story.open == ["ok"]
