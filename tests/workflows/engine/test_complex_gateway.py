"""Complex gateways: activation, reset, conditions of both phases (BPMN 2.0, 13.4.5)."""

from __future__ import annotations

import pytest

from tests.workflows.engine.diagrams import Story, boundary, file_of, flows, nodes, sub, user
from workflows.engine import EngineFault, read


def gateway(name: str, condition: str = "", **attributes: str) -> str:
    written = " ".join(f'{key}="{value}"' for key, value in attributes.items())
    escaped = condition.replace("<", "&lt;").replace(">", "&gt;")
    inner = f"<activationCondition>{escaped}</activationCondition>" if condition else ""
    return f'<complexGateway id="{name}" {written}>{inner}</complexGateway>'


def three(condition: str, behind: str = "g > e") -> str:
    """Return a fork of three tasks that meet at the complex gateway `g`."""
    return (
        nodes("startEvent", "s")
        + nodes("parallelGateway", "fork")
        + user("a")
        + user("b")
        + user("c")
        + gateway("g", condition)
        + nodes("endEvent", "e")
        + flows("s > fork > a > g", "fork > b > g", "fork > c > g", behind)
    )


def test_a_complex_gateway_fires_when_its_condition_holds_and_swallows_the_rest() -> None:
    story = Story.begin(three("activationCount >= 2"))
    story.complete("a")
    assert "e" not in story.ends
    story.complete("c")
    assert (story.ends, story.outcome) == (["e"], "running")
    story.complete("b")
    assert (story.ends, story.outcome) == (["e"], "completed")
    assert story.entered().count("g") == 3
    assert [s.what for s in story.steps if s.node_id == "g"].count("left") == 3


def test_the_first_token_is_enough_for_a_discriminator() -> None:
    story = Story.begin(three("${activationCount >= 1}"))
    for name in "bac":
        story.complete(name)
        assert story.ends == ["e"]
    assert story.outcome == "completed"


def test_a_condition_over_data_is_tried_again_when_data_change() -> None:
    story = Story.begin(three("${go and activationCount >= 1}"), {"go": False})
    story.complete("a")
    assert story.ends == []
    story.set(go=True)
    assert story.ends == ["e"]


def test_the_second_phase_takes_flows_whose_condition_asks_for_it() -> None:
    body = three("activationCount >= 1", "g > e | ${waitingForStart}") + user("late")
    story = Story.begin(body + flows("g > late | ${not waitingForStart}"))
    story.complete("a")
    story.complete("b")
    assert (story.ends, story.open) == (["e"], ["c"])
    story.complete("c")
    assert (story.ends, story.open) == (["e"], ["late"])
    story.complete("late")
    assert story.outcome == "completed"


def test_a_flow_whose_condition_holds_in_both_phases_is_taken_twice() -> None:
    story = Story.begin(three("activationCount >= 1", "g > e | ${yes}"), {"yes": True})
    for name in "abc":
        story.complete(name)
    assert (story.ends, story.outcome) == (["e", "e"], "completed")


def test_a_token_that_cannot_come_any_more_is_not_waited_for() -> None:
    body = three("activationCount >= 1", "g > e") + boundary(
        "gone", "c", '<messageEventDefinition messageRef="M"/>'
    )
    body += nodes("endEvent", "other") + flows("gone > other")
    story = Story.begin(body, extra='<message id="M" name="m"/>')
    story.complete("a")
    story.complete("b")
    assert story.outcome == "running"
    assert story.deliver("m")
    assert (story.ends, story.outcome) == (["e", "other"], "completed")


def loop(condition: str) -> str:
    return (
        nodes("startEvent", "s")
        + nodes("exclusiveGateway", "back")
        + nodes("parallelGateway", "fork")
        + user("a")
        + user("b")
        + gateway("g", condition)
        + user("check")
        + '<exclusiveGateway id="x" default="x_e"/>'
        + nodes("endEvent", "e")
        + flows("s > back > fork > a > g > check > x > e", "fork > b > g", "x > back | ${again}")
    )


def test_a_complex_gateway_in_a_loop_starts_anew_after_its_reset() -> None:
    story = Story.begin(loop("activationCount >= 1"))
    story.complete("a")
    story.complete("b")
    assert story.open == ["check"]
    story.complete("check", again=True)
    assert story.open == ["a", "b"]
    story.complete("b")
    assert story.open == ["a", "check"]
    story.complete("a")
    story.complete("check", again=False)
    assert (story.ends, story.outcome) == (["e"], "completed")


def test_a_token_of_the_next_turn_waits_for_the_reset() -> None:
    story = Story.begin(loop("activationCount >= 1"))
    story.complete("a")
    story.complete("check", again=True)
    assert story.open == ["a", "b", "b"]
    story.complete("a")
    # The first turn's `b` is still expected: the new `a` waits.
    assert story.open == ["b", "b"]
    story.complete("b")
    assert story.open == ["b", "check"]
    story.complete("b")
    story.complete("check", again=False)
    assert story.outcome == "completed"


def test_a_complex_gateway_without_condition_waits_for_all_that_can_come() -> None:
    story = Story.begin(three(""))
    for name in "cab":
        assert story.ends == []
        story.complete(name)
    assert (story.ends, story.outcome) == (["e"], "completed")


def test_a_diverging_complex_gateway_takes_all_that_holds_else_the_default() -> None:
    body = nodes("startEvent", "s") + gateway("g", default="g_z") + user("x") + user("y") + user("z")
    body += flows("s > g", "g > x | ${n > 1}", "g > y | ${n > 2}", "g > z")
    assert Story.begin(body, {"n": 3}).open == ["x", "y"]
    assert Story.begin(body, {"n": 2}).open == ["x"]
    assert Story.begin(body, {"n": 1}).open == ["z"]


def test_no_flow_of_the_first_phase_is_a_fault_with_its_element() -> None:
    story = Story.begin(three("activationCount >= 1", "g > e | ${false}"))
    with pytest.raises(EngineFault) as fault:
        story.complete("a")
    assert fault.value.element == "g"


def test_an_interrupted_scope_takes_the_gateway_s_memory_along() -> None:
    inner = three("activationCount >= 1").replace('"e"', '"ie"').replace("g_e", "g_ie").replace('"s"', '"is"')
    body = nodes("startEvent", "s") + sub("box", inner.replace("s_fork", "is_fork"))
    body += boundary("out", "box", '<messageEventDefinition messageRef="M"/>') + user("after")
    body += flows("s > box", "out > after")
    story = Story.begin(body, extra='<message id="M" name="m"/>')
    story.complete("a")
    story.deliver("m")
    assert story.open == ["after"]
    assert sorted(s.node_id for s in story.steps if s.what == "cancelled") == ["b", "box", "c"]


def test_an_inclusive_join_behind_does_not_wait_for_the_reset() -> None:
    body = (
        nodes("startEvent", "s")
        + nodes("parallelGateway", "fork")
        + user("a")
        + user("b")
        + user("c")
        + gateway("g", "activationCount >= 1")
        + nodes("inclusiveGateway", "join")
        + nodes("endEvent", "e")
        + flows("s > fork > a > g > join > e", "fork > b > g", "fork > c > join")
    )
    story = Story.begin(body)
    story.complete("a")
    story.complete("c")
    story.complete("b")
    assert (story.ends, story.outcome) == (["e"], "completed")


def test_a_bad_activation_condition_is_said_at_reading() -> None:
    _, findings = read(file_of(three("activationCount >=")))
    assert ("g", "expression") in {(f.element, f.rule) for f in findings}
