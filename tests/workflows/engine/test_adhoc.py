"""Ad-hoc subprocesses: orderings, completion condition, cancelling the rest, inner flows."""

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
    timer,
    user,
)
from workflows.engine import EngineFault, read


def adhoc(*inner: str, condition: str = "", **attributes: str) -> str:
    """Return a process around the ad-hoc subprocess `h`."""
    given = " ".join(f'{key}="{value}"' for key, value in attributes.items())
    escaped = condition.replace("<", "&lt;").replace(">", "&gt;")
    tried = f"<completionCondition>{escaped}</completionCondition>" if condition else ""
    box = f'<adHocSubProcess id="h" {given}>{"".join(inner)}{tried}</adHocSubProcess>'
    return nodes("startEvent", "s") + box + nodes("endEvent", "e") + flows("s > h > e")


THREE = user("a") + user("b") + user("c")


def test_everything_enabled_starts_at_once_and_is_done_once() -> None:
    story = Story.begin(adhoc(THREE))
    for name, left in (("b", ["a", "c"]), ("c", ["a"]), ("a", [])):
        story.complete(name)
        assert story.open == left
    assert (story.ends, story.outcome) == (["e"], "completed")


def test_sequential_activities_go_one_at_a_time_in_the_order_of_the_file() -> None:
    story = Story.begin(adhoc(THREE, ordering="Sequential"))
    for name in "abc":
        assert story.open == [name]
        story.complete(name)
    assert story.outcome == "completed"


@pytest.mark.parametrize("ordering", ["Parallel", "Sequential"])
def test_the_condition_is_tried_after_every_activity_and_cancels_the_rest(ordering: str) -> None:
    story = Story.begin(adhoc(THREE, condition="${enough}", ordering=ordering), {"enough": False})
    story.complete("a")
    assert story.outcome == "running"
    story.complete("b", enough=True)
    assert (story.open, story.outcome) == ([], "completed")
    cancelled = [s.node_id for s in story.steps if s.what == "cancelled"]
    assert cancelled == (["c"] if ordering == "Parallel" else [])


def test_the_rest_is_awaited_where_it_is_not_cancelled() -> None:
    inner = THREE + user("after") + flows("b > after")
    story = Story.begin(
        adhoc(inner, condition="nrOfCompletedInstances >= 1", cancelRemainingInstances="false")
    )
    story.complete("a")
    assert story.open == ["b", "c"]
    story.complete("b")
    story.complete("c")
    assert ("after" in story.entered(), story.outcome) == (False, "completed")


def test_everything_is_enabled_again_while_the_condition_does_not_hold() -> None:
    story = Story.begin(adhoc(user("a"), script("count", "n = n + 1"), condition="${n >= 3}"), {"n": 0})
    assert story.open == ["a"]
    story.complete("a")
    assert (story.open, story.variables) == (["a"], {"n": 2})
    story.complete("a")
    assert (story.outcome, story.variables) == ("completed", {"n": 3})


def test_a_sequence_is_enabled_again_in_its_order() -> None:
    inner = script("count", "n = n + 1") + user("a")
    story = Story.begin(adhoc(inner, condition="${n == 3}", ordering="Sequential"), {"n": 0})
    story.complete("a")
    story.complete("a")
    assert story.entered() == ["s", "h", "count", "a", "count", "a", "count", "e"]


def test_a_condition_that_never_holds_is_a_fault_and_no_endless_loop() -> None:
    with pytest.raises(EngineFault) as fault:
        Story.begin(adhoc(script("count", "n = 1"), condition="${false}"))
    assert (fault.value.code, fault.value.element) == ("budget", "count")


@pytest.mark.parametrize("ordering", ["Parallel", "Sequential"])
def test_flows_inside_are_followed(ordering: str) -> None:
    inner = user("a") + user("b") + user("c") + flows("a > b")
    story = Story.begin(adhoc(inner, ordering=ordering))
    assert story.open == (["a"] if ordering == "Sequential" else ["a", "c"])
    story.complete("a")
    assert story.open == (["b"] if ordering == "Sequential" else ["b", "c"])
    story.complete("b")
    story.complete("c")
    assert story.outcome == "completed"


def test_gateways_inside_are_no_activities_to_count() -> None:
    inner = user("a") + '<exclusiveGateway id="x" default="x_b"/>' + user("b") + user("c")
    inner += flows("a > x > b", "x > c | ${other}")
    story = Story.begin(adhoc(inner, condition="nrOfCompletedInstances == 2"), {"other": False})
    story.complete("a")
    assert story.open == ["b"]
    story.complete("b")
    assert story.outcome == "completed"


def test_a_boundary_event_takes_an_ad_hoc_subprocess_away() -> None:
    body = adhoc(THREE, ordering="Sequential") + timer("late", "PT1H", on="h") + nodes("endEvent", "le")
    story = Story.begin(body + flows("late > le"))
    story.complete("a")
    story.wait(hours=1)
    assert (story.ends, story.outcome) == (["le"], "completed")


def test_an_interrupted_activity_inside_goes_its_other_way() -> None:
    inner = user("a") + boundary("out", "a", '<messageEventDefinition messageRef="M"/>') + user("b")
    story = Story.begin(adhoc(inner + flows("out > b")), extra='<message id="M" name="m"/>')
    story.deliver("m")
    assert story.open == ["b"]
    story.complete("b")
    assert story.outcome == "completed"


@pytest.mark.parametrize("order", ["true", "false"])
def test_an_ad_hoc_subprocess_repeats(order: str) -> None:
    story = Story.begin(adhoc(user("a") + user("b"), counted("2", isSequential=order), ordering="Sequential"))
    while story.open:
        story.complete(story.open[0])
    assert (sorted(story.entered().count(name) for name in ("a", "b")), story.outcome) == (
        [2, 2],
        "completed",
    )


def test_a_repeated_activity_inside_counts_once() -> None:
    story = Story.begin(adhoc(user("a", counted("2")) + user("b"), condition="nrOfCompletedInstances == 1"))
    story.complete("a")
    assert story.open == ["a", "b"]
    story.complete("a")
    assert story.outcome == "completed"


def test_subprocesses_inside_hold_their_own_steps() -> None:
    inner = sub("box", nodes("startEvent", "is"), user("deep"), flows("is > deep")) + user("b")
    story = Story.begin(adhoc(inner, condition="nrOfCompletedInstances == 1"))
    story.complete("deep")
    assert story.outcome == "completed"


def test_an_unknown_ordering_is_said_at_reading() -> None:
    assert ("h", "ad_hoc") in {(f.element, f.rule) for f in read(file_of(adhoc(THREE, ordering="Random")))[1]}
