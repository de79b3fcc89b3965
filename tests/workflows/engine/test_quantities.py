"""Token cardinality: startQuantity and completionQuantity (BPMN 2.0, 13.3.2)."""

from __future__ import annotations

import pytest

from tests.workflows.engine.diagrams import (
    Story,
    boundary,
    counted,
    file_of,
    flows,
    nodes,
    script,
    sub,
    user,
)
from workflows.engine import read


def quantified(task: str, **quantities: str) -> str:
    written = " ".join(f'{key}="{value}"' for key, value in quantities.items())
    return task.replace(" id=", f" {written} id=", 1)


def merging(needed: str, kind: str = "") -> str:
    """Return three tasks that all lead into `t`, which needs so many tokens."""
    return (
        nodes("startEvent", "s")
        + nodes("parallelGateway", "fork")
        + user("a")
        + user("b")
        + user("c")
        + quantified(kind or user("t"), startQuantity=needed)
        + nodes("endEvent", "e")
        + flows("s > fork > a > t > e", "fork > b > t", "fork > c > t")
    )


def test_an_activity_starts_when_enough_tokens_have_arrived() -> None:
    story = Story.begin(merging("3"))
    story.complete("a")
    story.complete("c")
    assert (story.open, "t" in story.entered()) == (["b"], False)
    story.complete("b")
    assert (story.open, story.entered().count("t")) == (["t"], 1)
    story.complete("t")
    assert (story.ends, story.outcome) == (["e"], "completed")


def test_tokens_beyond_the_number_wait_for_fellows() -> None:
    story = Story.begin(merging("2"))
    for name in "abc":
        story.complete(name)
    story.complete("t")
    assert (story.open, story.ends, story.outcome) == ([], ["e"], "running")


@pytest.mark.parametrize("order", ["true", "false"])
def test_a_repeated_activity_starts_once_for_its_tokens(order: str) -> None:
    story = Story.begin(merging("3", user("t", counted("2", isSequential=order))))
    for name in "abc":
        story.complete(name)
    story.complete("t")
    story.complete("t")
    assert (story.ends, story.outcome) == (["e"], "completed")


def test_a_receive_task_waits_for_tokens_before_messages() -> None:
    story = Story.begin(merging("3", '<receiveTask id="t" name="m"/>'))
    story.complete("a")
    assert not story.deliver("m")
    story.complete("b")
    story.complete("c")
    assert story.deliver("m")
    assert story.outcome == "completed"


def test_gathered_tokens_go_with_their_scope_without_a_step() -> None:
    inner = merging("3").replace('"e"', '"ie"').replace("t_e", "t_ie").replace('"s"', '"is"')
    body = nodes("startEvent", "s") + sub("box", inner.replace("s_fork", "is_fork"))
    body += boundary("out", "box", '<messageEventDefinition messageRef="M"/>') + nodes("endEvent", "e")
    story = Story.begin(body + flows("s > box", "out > e"), extra='<message id="M" name="m"/>')
    story.complete("a")
    story.deliver("m")
    assert (story.outcome, [s.what for s in story.steps if s.node_id == "t"]) == ("completed", [])


def test_so_many_tokens_leave_by_each_flow() -> None:
    body = nodes("startEvent", "s") + quantified(user("t"), completionQuantity="3") + user("u") + user("v")
    story = Story.begin(body + flows("s > t > u", "t > v"))
    story.complete("t")
    assert story.open == ["u"] * 3 + ["v"] * 3
    assert story.travelled().count("t_u") == 3


def test_a_repeated_activity_leaves_its_number_once() -> None:
    task = quantified(
        script("t", "n = n + 1").replace("<script>", counted("2") + "<script>"), completionQuantity="2"
    )
    story = Story.begin(
        nodes("startEvent", "s") + task + nodes("endEvent", "e") + flows("s > t > e"), {"n": 0}
    )
    assert (story.ends, story.variables["n"]) == (["e", "e"], 2)


def test_what_one_leaves_the_next_needs() -> None:
    body = nodes("startEvent", "s") + quantified(user("t"), completionQuantity="4")
    body += quantified(user("u"), startQuantity="2") + nodes("endEvent", "e")
    story = Story.begin(body + flows("s > t > u > e"))
    story.complete("t")
    assert story.open == ["u", "u"]


def test_a_boundary_event_leaves_one_token() -> None:
    body = nodes("startEvent", "s") + quantified(user("t"), completionQuantity="3")
    body += boundary("out", "t", '<messageEventDefinition messageRef="M"/>') + nodes("endEvent", "e", "oe")
    story = Story.begin(body + flows("s > t > e", "out > oe"), extra='<message id="M" name="m"/>')
    story.deliver("m")
    assert story.ends == ["oe"]


@pytest.mark.parametrize("attribute", ["startQuantity", "completionQuantity"])
@pytest.mark.parametrize("written", ["0", "-1", "x", "1001", ""])
def test_a_quantity_that_is_none_is_said_at_reading(attribute: str, written: str) -> None:
    body = nodes("startEvent", "s") + quantified(user("t"), **{attribute: written}) + flows("s > t")
    assert ("t", "quantity") in {(f.element, f.rule) for f in read(file_of(body))[1]}
