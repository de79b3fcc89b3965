"""Tokens: splits, joins, loops. Each test is named after what the library does wrong."""

from __future__ import annotations

import pytest

from tests.workflows.engine.diagrams import (
    Story,
    TestHost,
    conditional,
    flows,
    nodes,
    script,
    service,
    sub,
    timer,
    user,
)
from workflows.engine import EngineFault

LOOP = (
    nodes("startEvent", "s")
    + nodes("exclusiveGateway", "again", "more")
    + user("a")
    + user("b")
    + nodes("endEvent", "e")
)


def rework(gateway: str, extra: str = "") -> str:
    """Return two branches between a split and a join of one kind, inside a loop."""
    conditions = " | ${true}" if gateway == "inclusiveGateway" else ""
    return (
        LOOP
        + nodes(gateway, "split", "join")
        + extra
        + flows(
            "s > again > split",
            f"split > a{conditions}",
            f"split > b{conditions}",
            "a > join",
            "b > join",
            "join > more",
        )
        + flows("more > again | ${repeat}", "more > e | ${not repeat}")
    )


@pytest.mark.parametrize("gateway", ["parallelGateway", "inclusiveGateway"])
@pytest.mark.parametrize("first", ["ab", "ba"])
@pytest.mark.parametrize("second", ["ab", "ba"])
def test_join_in_a_loop_fires_early(gateway: str, first: str, second: str) -> None:
    story = Story.begin(rework(gateway), {"repeat": True})
    for turn, order in enumerate((first, second)):
        story.set(repeat=turn == 0)
        assert story.open == ["a", "b"]
        story.complete(order[0])
        assert story.open == [order[1]], "the join must wait for the other branch"
        story.complete(order[1])
    assert story.outcome == "completed"
    assert story.entered().count("e") == 1


def test_inclusive_join_in_a_loop_waits_for_chosen_branches_only() -> None:
    body = (
        LOOP
        + nodes("inclusiveGateway", "split", "join")
        + user("c")
        + flows("s > again > split", "split > a | ${'a' in ways}")
        + flows("split > b | ${'b' in ways}", "split > c | ${'c' in ways}")
        + flows("a > join", "b > join", "c > join", "join > more")
        + flows("more > again | ${repeat}", "more > e | ${not repeat}")
    )
    story = Story.begin(body, {"repeat": True, "ways": ["a", "b"]})
    assert story.open == ["a", "b"]
    story.complete("b", ways=["c"])
    story.complete("a")
    assert story.open == ["c"]
    story.complete("c", repeat=False)
    assert story.outcome == "completed"


def test_inclusive_join_goes_on_when_the_awaited_branch_is_interrupted() -> None:
    body = (
        nodes("startEvent", "s")
        + nodes("inclusiveGateway", "split", "join")
        + user("a")
        + user("b")
        + timer("late", "P1D", on="b")
        + nodes("endEvent", "e", "given_up")
        + flows("s > split", "split > a | ${true}", "split > b | ${true}", "a > join", "b > join", "join > e")
        + flows("late > given_up")
    )
    story = Story.begin(body)
    story.complete("a")
    assert story.ends == []
    story.wait(days=1)
    assert sorted(story.ends) == ["e", "given_up"]
    assert story.outcome == "completed"


def test_inclusive_split_takes_its_default_only_when_nothing_holds() -> None:
    body = (
        nodes("startEvent", "s")
        + '<inclusiveGateway id="x" default="x_c"/>'
        + nodes("endEvent", "a", "b", "c")
        + flows("s > x", "x > a | ${n > 1}", "x > b | ${n > 2}", "x > c")
    )
    assert Story.begin(body, {"n": 3}).ends == ["a", "b"]
    assert Story.begin(body, {"n": 2}).ends == ["a"]
    assert Story.begin(body, {"n": 1}).ends == ["c"]


def test_excess_token_is_lost_at_a_parallel_join() -> None:
    body = (
        nodes("startEvent", "s")
        + nodes("parallelGateway", "split", "join")
        + nodes("exclusiveGateway", "merge")
        + user("a")
        + user("b")
        + user("c")
        + user("d")
        + nodes("endEvent", "e")
        + flows("s > split", "split > a > merge", "split > b > merge", "merge > join")
        + flows("split > c > d > join", "join > e")
    )
    story = Story.begin(body)
    story.complete("a")
    story.complete("b")
    story.complete("c")
    story.complete("d")
    # One token of the pair is joined; the other still waits, so the run is not over.
    assert story.ends == ["e"]
    assert story.outcome == "running"


def test_task_with_two_inputs_runs_once_for_each_token() -> None:
    body = (
        nodes("startEvent", "s")
        + nodes("parallelGateway", "split")
        + user("a")
        + user("b")
        + user("c")
        + nodes("endEvent", "e")
        + flows("s > split", "split > a > c", "split > b > c", "c > e")
    )
    story = Story.begin(body)
    story.complete("a")
    story.complete("b")
    assert story.open == ["c", "c"]
    story.complete("c")
    assert story.outcome == "running"
    story.complete("c")
    assert story.ends == ["e", "e"]
    assert story.outcome == "completed"


def test_several_flows_out_of_a_task_are_refused() -> None:
    body = (
        nodes("startEvent", "s")
        + user("a")
        + nodes("endEvent", "x", "y", "z")
        + flows("s > a", "a > x", "a > y | ${n > 1}", "a > z | ${n > 5}")
    )
    story = Story.begin(body, {"n": 3})
    story.complete("a")
    assert story.ends == ["x", "y"]


def test_default_flow_out_of_a_task() -> None:
    body = (
        nodes("startEvent", "s")
        + '<task id="a" default="a_z"/>'
        + nodes("endEvent", "y", "z")
        + flows("s > a", "a > y | ${n > 1}", "a > z")
    )
    assert Story.begin(body, {"n": 3}).ends == ["y"]
    assert Story.begin(body, {"n": 1}).ends == ["z"]


def test_several_flows_out_of_start_and_boundary_events() -> None:
    body = (
        nodes("startEvent", "s")
        + user("a")
        + user("b")
        + timer("t", "PT1H", on="a")
        + nodes("endEvent", "e", "f", "g")
        + flows("s > a > e", "s > b > e", "t > f", "t > g")
    )
    story = Story.begin(body)
    assert story.open == ["a", "b"]
    story.wait(hours=1)
    assert story.ends == ["f", "g"]
    assert story.open == ["b"]


def test_conditions_on_the_flows_of_a_task_are_followed() -> None:
    body = nodes("startEvent", "s") + user("a") + nodes("endEvent", "e", "f")
    body += flows("s > a", "a > e | ${ok}", "a > f | ${ok == 'no'}")
    story = Story.begin(body)
    story.complete("a", ok=True)
    assert story.ends == ["e"]
    story = Story.begin(body)
    with pytest.raises(EngineFault) as failed:
        story.complete("a", ok=False)
    assert failed.value.element == "a"


def test_choice_without_any_way_names_the_gateway() -> None:
    body = (
        nodes("startEvent", "s")
        + nodes("exclusiveGateway", "x")
        + nodes("endEvent", "a", "b")
        + flows("s > x", "x > a | ${n == 1}", "x > b | ${n == 2}")
    )
    with pytest.raises(EngineFault) as failed:
        Story.begin(body, {"n": 3})
    assert failed.value.element == "x"
    assert failed.value.code == "no_flow"


def test_depth_of_1000_hides_tasks_and_state_grows_with_every_turn() -> None:
    body = (
        nodes("startEvent", "s")
        + nodes("exclusiveGateway", "again", "more")
        + user("a")
        + nodes("endEvent", "e")
        + flows("s > again > a > more", "more > again | ${repeat}", "more > e | ${not repeat}")
    )
    story = Story.begin(body, {"repeat": True})
    story.complete("a")  # what has been done is remembered, once
    size = len(story.run.dump())
    for _ in range(1_200):
        story.complete("a")
    assert story.open == ["a"]
    assert len(story.run.dump()) == size
    story.complete("a", repeat=False)
    assert story.outcome == "completed"


def test_endless_script_loop_completes_after_1000_steps() -> None:
    body = (
        nodes("startEvent", "s")
        + nodes("exclusiveGateway", "again")
        + script("count", "n = n + 1")
        + flows("s > again > count > again")
    )
    with pytest.raises(EngineFault) as failed:
        Story.begin(body, {"n": 0})
    assert failed.value.code == "budget"
    assert failed.value.element in {"again", "count"}


def test_cycle_without_a_gateway_overflows_the_stack() -> None:
    body = nodes("startEvent", "s") + user("a") + user("b") + flows("s > a > b > a")
    story = Story.begin(body)
    for name in "ab" * 5:
        story.complete(name)
    assert story.open == ["a"]


def test_cycle_off_a_parallel_split_overflows_the_stack() -> None:
    body = (
        nodes("startEvent", "s")
        + nodes("parallelGateway", "split")
        + nodes("exclusiveGateway", "merge")
        + user("a")
        + nodes("endEvent", "e")
        + flows("s > merge > split > a > merge", "split > e")
    )
    story = Story.begin(body)
    story.complete("a")
    assert story.open == ["a"]
    assert story.ends == ["e", "e"]


def test_chain_of_500_tasks_overflows_the_parser() -> None:
    names = [f"t{n}" for n in range(1_500)]
    body = nodes("startEvent", "s") + nodes("task", *names) + flows(" > ".join(["s", *names]))
    assert Story.begin(body).outcome == "completed"


def test_missing_end_event_is_fine() -> None:
    assert Story.begin(nodes("startEvent", "s") + nodes("task", "a") + flows("s > a")).outcome == "completed"


def test_sequence_flows_without_id_vanish() -> None:
    body = (
        nodes("startEvent", "s")
        + user("a")
        + '<sequenceFlow sourceRef="s" targetRef="a"/><sequenceFlow sourceRef="a" targetRef="e"/>'
        + '<endEvent id="e"/>'
    )
    story = Story.begin(body)
    story.complete("a")
    assert story.outcome == "completed"
    assert len(story.travelled()) == 2


def test_nodes_without_id_vanish() -> None:
    body = nodes("startEvent", "s") + user("a") + "<boundaryEvent attachedToRef='a'>"
    body += "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>"
    story = Story.begin(body + flows("s > a"))
    story.wait(hours=1)
    assert story.outcome == "completed"


def test_ids_start_and_end_collide_with_internal_names() -> None:
    body = (
        nodes("startEvent", "Start") + user("Root") + nodes("endEvent", "End") + flows("Start > Root > End")
    )
    story = Story.begin(body)
    story.complete("Root")
    assert story.ends == ["End"]


def test_steps_run_although_cancelled_in_the_same_sweep() -> None:
    host = TestHost()
    body = (
        nodes("startEvent", "s")
        + nodes("parallelGateway", "split")
        + '<endEvent id="stop"><terminateEventDefinition/></endEvent>'
        + service("never", "never")
        + flows("s > split", "split > stop", "split > never")
    )
    story = Story.begin(body, host=host)
    assert story.outcome == "completed"
    assert host.called == []


def test_interrupting_event_waits_until_the_subprocess_is_drained() -> None:
    host = TestHost()
    inner = (
        nodes("startEvent", "is")
        + nodes("parallelGateway", "fork")
        + '<endEvent id="fail"><errorEventDefinition errorRef="E"/></endEvent>'
        + service("never", "never")
        + flows("is > fork", "fork > fail", "fork > never")
    )
    caught = (
        '<boundaryEvent id="caught" attachedToRef="box"><errorEventDefinition errorRef="E"/></boundaryEvent>'
    )
    body = nodes("startEvent", "s") + sub("box", inner) + caught + nodes("endEvent", "e", "f")
    body += flows("s > box > e", "caught > f")
    story = Story.begin(body, host=host, extra='<error id="E" errorCode="E"/>')
    assert story.ends == ["fail", "f"]
    assert host.called == []


def test_scope_ends_only_when_no_token_is_left_in_it() -> None:
    inner = (
        nodes("startEvent", "is")
        + nodes("parallelGateway", "fork")
        + user("a")
        + user("b")
        + nodes("endEvent", "ie", "if")
        + flows("is > fork", "fork > a > ie", "fork > b > if")
    )
    body = nodes("startEvent", "s") + sub("box", inner) + user("after") + flows("s > box > after")
    story = Story.begin(body)
    story.complete("a")
    assert story.open == ["b"]
    story.complete("b")
    assert story.open == ["after"]


def test_implicit_start_and_empty_subprocess() -> None:
    body = sub("box") + user("a") + sub("two", user("x") + user("y")) + flows("box > a > two")
    story = Story.begin(body)
    story.complete("a")
    assert story.open == ["x", "y"]


@pytest.mark.parametrize("turning", ["PT0S", "condition"])
def test_events_that_fire_at_once_in_a_circle_never_end(turning: str) -> None:
    event = timer("turn", "PT0S")
    if turning == "condition":
        event = f'<intermediateCatchEvent id="turn">{conditional("${true}")}</intermediateCatchEvent>'
    with pytest.raises(EngineFault) as failed:
        Story.begin(nodes("startEvent", "s") + event + flows("s > turn > turn"))
    assert (failed.value.element, failed.value.code) == ("turn", "budget")


def test_expressions_that_eat_time_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.engine.instance.MAX_SECONDS", 0.05)
    heavy = "\n".join(f"x = sum(list) + {n}" for n in range(200))
    body = nodes("startEvent", "s") + nodes("exclusiveGateway", "again") + script("burn", heavy)
    with pytest.raises(EngineFault) as failed:
        Story.begin(body + flows("s > again > burn > again"), {"list": [1] * 1_000})
    assert failed.value.code == "budget"


def test_nesting_is_bounded_before_the_stack_is() -> None:
    inner = user("a") + nodes("startEvent", "deep") + flows("deep > a")
    for level in range(90):
        inner = nodes("startEvent", f"s{level}") + sub(f"b{level}", inner) + flows(f"s{level} > b{level}")
    with pytest.raises(EngineFault) as failed:
        Story.begin(inner)
    assert failed.value.code == "depth"


def test_tokens_cannot_pile_up_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.engine.instance.MAX_TOKENS", 50)
    body = (
        nodes("startEvent", "s") + nodes("exclusiveGateway", "m") + nodes("parallelGateway", "f") + user("a")
    )
    with pytest.raises(EngineFault) as failed:
        Story.begin(body + flows("s > m > f", "f > m", "f > a"))
    assert failed.value.code == "budget"
