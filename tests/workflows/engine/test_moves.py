"""Sending an open task back: where it may go, and what becomes of all else in the scope."""

from __future__ import annotations

import pytest

from tests.workflows.engine.coverage.events import undo
from tests.workflows.engine.diagrams import Story, boundary, counted, flows, nodes, sub, timer, user
from workflows.errors import Conflict, InvalidInput, NotFound

ENDS = nodes("startEvent", "s") + nodes("endEvent", "e")
LINE = ENDS + user("a") + user("b") + timer("late", "PT1H", on="b") + flows("s > a > b > e", "late > e")


def back(story: Story, name: str, to: str) -> None:
    run = story.reload()
    task = next(task for task in run.open_tasks if task.node.id == name)
    run.send_back(task.id, to)
    story.steps += run.steps


def test_an_earlier_step_is_done_again() -> None:
    story = Story.begin(LINE)
    story.complete("a")
    back(story, "b", "a")
    assert story.open == ["a"]
    assert story.run.due_timers == []
    assert ("b", "cancelled") in [(step.node_id, step.what) for step in story.steps]
    story.complete("a")
    assert [due.node_id for due in story.run.due_timers] == ["late"]
    story.complete("b")
    assert story.outcome == "completed"


def test_a_branch_goes_back_and_the_join_still_waits_for_it() -> None:
    fork = ENDS + nodes("parallelGateway", "g", "j") + user("a") + user("b") + user("c") + user("d")
    story = Story.begin(fork + flows("s > g > a > b > j > d > e", "g > c > j"))
    story.complete("a")
    story.complete("c")
    back(story, "b", "a")
    assert story.open == ["a"]
    story.complete("a")
    story.complete("b")
    assert story.open == ["d"]


def test_one_instance_takes_the_whole_activity_along() -> None:
    body = ENDS + user("a") + user("b", counted("3")) + flows("s > a > b > e")
    story = Story.begin(body)
    story.complete("a")
    story.complete("b")
    back(story, "b", "a")
    assert story.open == ["a"]
    story.complete("a")
    assert story.open == ["b", "b", "b"]


def test_only_the_steps_of_its_own_scope_are_a_way_back() -> None:
    inside = (
        nodes("startEvent", "bs") + user("b") + user("c") + nodes("endEvent", "be") + flows("bs > b > c > be")
    )
    story = Story.begin(ENDS + user("a") + sub("box", inside) + flows("s > a > box > e"))
    story.complete("a")
    for other in ("a", "box", "bs", "nowhere"):
        with pytest.raises(InvalidInput, match="there are: b, c"):
            back(story, "b", other)
    story.complete("b")
    back(story, "c", "b")
    assert story.open == ["b"]


def test_who_undoes_is_no_way_back_and_has_none() -> None:
    throw = '<intermediateThrowEvent id="t"><compensateEventDefinition/></intermediateThrowEvent>'
    story = Story.begin(ENDS + user("a") + undo("h", "a") + throw + flows("s > a > t > e"))
    with pytest.raises(InvalidInput, match="there are: a"):
        back(story, "a", "h")
    story.complete("a")
    with pytest.raises(InvalidInput, match="there are: none"):
        back(story, "h", "a")


def test_a_deadline_that_is_over_goes_first() -> None:
    story = Story.begin(
        ENDS
        + user("a")
        + boundary("x", "a", "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>")
        + flows("s > a > e", "x > e")
    )
    (task,) = story.run.open_tasks
    story.host.move(hours=2)
    run = story.reload()
    with pytest.raises(Conflict):
        run.send_back(task.id, "a")
    with pytest.raises(NotFound):
        story.reload().send_back("unknown", "a")
