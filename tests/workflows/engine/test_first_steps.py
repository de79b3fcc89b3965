"""The spine: start to end through every ordinary element."""

from __future__ import annotations

import pytest

from tests.workflows.engine.diagrams import (
    Story,
    TestHost,
    flows,
    nodes,
    rule,
    script,
    service,
    sub,
    timer,
    user,
)
from workflows.errors import Conflict, NotFound


def test_a_line_runs_from_start_to_end() -> None:
    host = TestHost(
        operations={"clues.register": lambda arguments, _: {"clue_no": 7}}, decisions={"way": [{"to": "B"}]}
    )
    body = (
        nodes("startEvent", "s")
        + user("ask")
        + service("register", "clues.register")
        + rule("rule", "way", resultVariable="to", mapDecisionResult="singleEntry")
        + script("sum", "total = clue_no * 2\nlabel = 'no ' + string(total)")
        + nodes("exclusiveGateway", "x")
        + nodes("endEvent", "low", "high")
        + flows("s > ask > register > rule > sum > x", "x > low | ${total < 10}", "x > high | ${total >= 10}")
    )
    story = Story.begin(body, {"who": "me"}, host=host)
    assert story.open == ["ask"]
    story.complete("ask", answer="yes")
    assert story.outcome == "completed"
    assert story.ends == ["high"]
    assert story.variables == {
        "who": "me",
        "answer": "yes",
        "clue_no": 7,
        "to": "B",
        "total": 14,
        "label": "no 14",
    }
    assert story.entered() == ["s", "ask", "register", "rule", "sum", "x", "high"]
    assert story.travelled() == ["s_ask", "ask_register", "register_rule", "rule_sum", "sum_x", "x_high"]


def test_parallel_branches_join() -> None:
    body = (
        nodes("startEvent", "s")
        + nodes("parallelGateway", "split", "join")
        + user("a")
        + user("b")
        + nodes("endEvent", "e")
        + flows("s > split > a > join > e", "split > b > join")
    )
    story = Story.begin(body)
    assert story.open == ["a", "b"]
    story.complete("b", b=1)
    assert story.open == ["a"]
    story.complete("a", a=1)
    assert story.outcome == "completed"
    assert story.variables == {"a": 1, "b": 1}
    assert story.entered().count("e") == 1


def test_a_boundary_timer_takes_the_step_away() -> None:
    body = (
        nodes("startEvent", "s")
        + user("work")
        + timer("late", "P1D", on="work")
        + user("escalated")
        + nodes("endEvent", "e", "e2")
        + flows("s > work > e", "late > escalated > e2")
    )
    story = Story.begin(body)
    (due,) = story.run.due_timers
    task = story.run.open_tasks[0]
    assert (due.node_id, due.task_id) == ("late", task.id)
    story.wait(hours=23, minutes=59, seconds=59)
    assert story.open == ["work"]
    story.host.move(seconds=1)
    run = story.reload()
    with pytest.raises(Conflict):
        run.complete(task.id, {})
    assert [t.node.id for t in run.open_tasks] == ["escalated"]
    with pytest.raises(NotFound):
        run.complete(task.id, {})
    assert ("work", "cancelled") in [(s.node_id, s.what) for s in run.steps]


def test_a_non_interrupting_timer_goes_beside() -> None:
    body = (
        nodes("startEvent", "s")
        + user("work")
        + timer("warn", "PT1H", on="work", cancel=False)
        + service("remind", "remind")
        + nodes("endEvent", "e", "e2")
        + flows("s > work > e", "warn > remind > e2")
    )
    story = Story.begin(body)
    story.wait(hours=5)
    story.wait(hours=5)
    assert story.open == ["work"]
    assert [name for name, _ in story.host.called] == ["remind"]
    story.complete("work")
    assert story.outcome == "completed"


def test_an_intermediate_timer_waits() -> None:
    body = nodes("startEvent", "s") + timer("pause", "P2D") + nodes("endEvent", "e") + flows("s > pause > e")
    story = Story.begin(body)
    assert story.outcome == "running"
    story.wait(days=2)
    assert story.outcome == "completed"


def test_an_embedded_subprocess_holds_its_steps() -> None:
    body = (
        nodes("startEvent", "s")
        + sub(
            "sub", nodes("startEvent", "is"), user("inner"), nodes("endEvent", "ie"), flows("is > inner > ie")
        )
        + timer("late", "P3D", on="sub")
        + nodes("endEvent", "e", "e2")
        + flows("s > sub > e", "late > e2")
    )
    story = Story.begin(body)
    assert story.open == ["inner"]
    story.complete("inner")
    assert story.ends == ["ie", "e"]
    story = Story.begin(body)
    story.wait(days=3)
    assert story.ends == ["e2"]
    assert [s.node_id for s in story.steps if s.what == "cancelled"] == ["inner", "sub"]


def test_a_run_keeps_what_it_promises_about_tasks() -> None:
    body = nodes("startEvent", "s") + user("a") + nodes("endEvent", "e") + flows("s > a > e")
    story = Story.begin(body)
    (task,) = story.run.open_tasks
    assert task.node.attributes["candidateGroups"] == "clerk"
    assert task.created_at == story.host.now()
    assert story.run.evaluate("${1 + 1}", task) == 2
    story.run.cancel()
    assert story.run.outcome == "cancelled"
    assert story.run.open_tasks == []
