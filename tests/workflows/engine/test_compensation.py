"""Compensation: what was completed is undone, the last first, each once."""

from __future__ import annotations

import orjson
import pytest

from tests.workflows.engine.diagrams import (
    Story,
    TestHost,
    boundary,
    counted,
    file_of,
    flows,
    nodes,
    on_event,
    script,
    several,
    sub,
    user,
)
from workflows.engine import BpmnError, read

EXTRA = '<message id="M" name="recall"/><error id="E1" errorCode="E1"/>'
MESSAGE = '<messageEventDefinition messageRef="M"/>'
ERROR = '<errorEventDefinition errorRef="E1"/>'


def log(name: str, note: str = "") -> str:
    """Return a script task that appends its name to `log`."""
    return script(name, f"log = log + [{note or repr(name)}]")


def undoing(name: str, inner: str, **attributes: str) -> str:
    """Return an activity marked as a compensation handler."""
    return inner.replace(f'id="{name}"', f'id="{name}" isForCompensation="true"', 1)


def undone(host: str, handler: str = "") -> str:
    """Return the compensation boundary event of `host` with its handler `undo_host` (a script, or the given)."""
    name = f"undo_{host}"
    drawn = undoing(name, handler or log(name))
    event = boundary(f"c_{host}", host, "<compensateEventDefinition/>")
    return event + drawn + f'<association id="as_{host}" sourceRef="c_{host}" targetRef="{name}"/>'


def thrown(name: str, activity: str = "", *, end: bool = False, wait: bool = True) -> str:
    """Return a compensation throw or end event."""
    reference = f' activityRef="{activity}"' if activity else ""
    waiting = "" if wait else ' waitForCompletion="false"'
    tag = "endEvent" if end else "intermediateThrowEvent"
    return f'<{tag} id="{name}"><compensateEventDefinition{reference}{waiting}/></{tag}>'


def begin(body: str, host: TestHost | None = None) -> Story:
    return Story.begin(body, {"log": []}, extra=EXTRA, host=host)


TWO = nodes("startEvent", "s") + log("a") + undone("a") + log("b") + undone("b")


def test_handlers_run_in_reverse_order_of_completion() -> None:
    story = begin(TWO + thrown("back") + log("after") + flows("s > a > b > back > after"))
    assert story.variables["log"] == ["a", "b", "undo_b", "undo_a", "after"]
    assert story.outcome == "completed"
    assert [s.node_id for s in story.steps if s.what == "cancelled"] == []


def test_a_compensation_end_event() -> None:
    story = begin(TWO + thrown("back", end=True) + flows("s > a > b > back"))
    assert story.variables["log"] == ["a", "b", "undo_b", "undo_a"]
    assert (story.outcome, story.ends) == ("completed", ["back"])


def test_only_the_activity_named_is_compensated_and_only_once() -> None:
    story = begin(
        TWO + thrown("one", "a") + thrown("all") + thrown("none") + flows("s > a > b > one > all > none")
    )
    assert story.variables["log"] == ["a", "b", "undo_a", "undo_b"]


def test_references_may_be_qualified() -> None:
    body = TWO + thrown("one", "a") + flows("s > a > b > one")
    declared = 'xmlns:tns="http://duban.test"'
    for attribute in ("activityRef", "attachedToRef"):
        body = body.replace(f'{attribute}="', f'{declared} {attribute}="tns:')
    body = body.replace('sourceRef="c_', f'{declared} sourceRef="tns:c_')
    story = begin(body.replace('targetRef="undo_', 'targetRef="tns:undo_'))
    assert story.variables["log"] == ["a", "b", "undo_a"]


def test_what_is_not_completed_is_not_compensated() -> None:
    body = (
        nodes("startEvent", "s")
        + nodes("parallelGateway", "fork")
        + log("a")
        + undone("a")
        + user("open")
        + undone("open")
        + log("never")
        + undone("never")
        + thrown("back", end=True)
        + flows("s > fork > a > back", "fork > open > never")
    )
    story = begin(body)
    assert story.variables["log"] == ["a", "undo_a"]
    assert story.open == ["open"]


def test_a_handler_alone_is_no_start_and_no_part_of_the_flow() -> None:
    story = begin(log("a") + undone("a") + nodes("endEvent", "e") + flows("a > e"))
    assert story.variables["log"] == ["a"]
    assert story.outcome == "completed"


def test_a_throw_waits_for_handlers_that_people_do() -> None:
    body = (
        nodes("startEvent", "s")
        + log("a")
        + undone("a", user("undo_a"))
        + log("b")
        + undone("b", user("undo_b"))
        + thrown("back")
        + user("after")
        + flows("s > a > b > back > after")
    )
    story = begin(body)
    assert story.open == ["undo_b"]
    story.complete("undo_b")
    assert story.open == ["undo_a"]
    story.complete("undo_a")
    assert story.open == ["after"]


def test_without_waiting_the_throw_goes_on_at_once() -> None:
    body = (
        nodes("startEvent", "s")
        + log("a")
        + undone("a", user("undo_a"))
        + thrown("back", wait=False)
        + nodes("endEvent", "e")
        + flows("s > a > back > e")
    )
    story = begin(body)
    assert story.open == ["undo_a"]
    assert story.ends == ["e"]
    assert story.outcome == "running"
    story.complete("undo_a")
    assert story.outcome == "completed"


def test_handlers_that_nobody_waits_for_do_not_hold_up_an_inclusive_join() -> None:
    body = (
        nodes("startEvent", "s")
        + nodes("inclusiveGateway", "fork", "join")
        + log("a")
        + undone("a", user("undo_a"))
        + thrown("back", wait=False)
        + user("b")
        + user("after")
        + flows("s > fork > a > back > join > after", "fork > b > join")
    )
    story = begin(body)
    story.complete("b")
    assert story.open == ["after", "undo_a"]


@pytest.mark.parametrize("sequential", ["true", "false"])
def test_every_instance_is_compensated_with_what_it_was_for(sequential: str) -> None:
    loop = several(
        **{"camunda:collection": "${cities}", "camunda:elementVariable": "city", "isSequential": sequential}
    )
    body = (
        nodes("startEvent", "s")
        + user("a", loop)
        + undone("a", log("undo_a", "city"))
        + thrown("back", "a")
        + flows("s > a > back")
    )
    story = Story.begin(body, {"log": [], "cities": ["Xi'an", "Wuhan"]}, extra=EXTRA)
    story.complete("a")
    story.complete("a")
    assert story.variables["log"] == ["Wuhan", "Xi'an"]


def test_every_turn_of_a_loop_is_compensated() -> None:
    loop = '<standardLoopCharacteristics loopMaximum="3"/>'
    body = nodes("startEvent", "s") + user("a", loop) + undone("a") + thrown("back") + flows("s > a > back")
    story = begin(body)
    for _ in range(3):
        story.complete("a")
    assert story.variables["log"] == ["undo_a"] * 3


def test_every_turn_of_a_drawn_loop_is_compensated() -> None:
    body = (
        nodes("startEvent", "s")
        + nodes("exclusiveGateway", "merge")
        + user("a")
        + undone("a")
        + '<exclusiveGateway id="choice" default="choice_back"/>'
        + thrown("back")
        + flows("s > merge > a > choice", "choice > merge | ${again}", "choice > back")
    )
    story = begin(body)
    story.complete("a", again=True)
    story.complete("a", again=False)
    assert story.variables["log"] == ["undo_a"] * 2


@pytest.mark.parametrize(
    "handler",
    [
        sub("undo_a", nodes("startEvent", "us") + user("v") + log("ul") + flows("us > v > ul")),
        '<callActivity id="undo_a" calledElement="q"/>',
        user("undo_a", counted("2")),
    ],
)
def test_a_subprocess_a_call_or_several_instances_as_handler(handler: str) -> None:
    called = f'<process id="q" isExecutable="false">{nodes("startEvent", "qs")}{user("u")}{flows("qs > u")}</process>'
    body = nodes("startEvent", "s") + log("a") + undone("a", handler) + thrown("back") + user("after")
    story = Story.begin(body + flows("s > a > back > after"), {"log": []}, extra=EXTRA + called)
    while "after" not in story.open:
        (first, *_) = story.open
        assert first in ("u", "v", "undo_a")
        story.complete(first)
    assert story.outcome == "running"


def test_many_handlers_that_are_done_at_once() -> None:
    done = script("a", "x = 1").replace("</scriptTask>", f"{counted('1000')}</scriptTask>")
    body = nodes("startEvent", "s") + done + undone("a", sub("undo_a")) + thrown("back") + user("after")
    story = begin(body + flows("s > a > back > after"))
    assert story.open == ["after"]
    assert story.entered().count("undo_a") == 1000


# -- subprocesses -------------------------------------------------------------------------------------

INNER = nodes("startEvent", "is") + log("x") + undone("x") + log("y") + undone("y") + flows("is > x > y")


def test_a_completed_subprocess_is_compensated_from_inside() -> None:
    body = nodes("startEvent", "s") + log("a") + undone("a") + sub("box", INNER) + log("b") + undone("b")
    story = begin(body + thrown("back") + flows("s > a > box > b > back"))
    assert story.variables["log"] == ["a", "x", "y", "b", "undo_b", "undo_y", "undo_x", "undo_a"]
    story = begin(body + thrown("back", "box") + flows("s > a > box > b > back"))
    assert story.variables["log"] == ["a", "x", "y", "b", "undo_y", "undo_x"]


def test_deep_inside() -> None:
    middle = nodes("startEvent", "ms") + sub("box", INNER) + flows("ms > box")
    body = nodes("startEvent", "s") + sub("outer", middle) + thrown("back", "outer") + user("after")
    story = begin(body + flows("s > outer > back > after"))
    assert story.variables["log"] == ["x", "y", "undo_y", "undo_x"]
    assert story.open == ["after"]
    assert len(story.reload()._instance.tasks) == 2


def test_a_subprocess_with_a_handler_of_its_own_is_undone_by_that() -> None:
    body = (
        nodes("startEvent", "s")
        + sub("box", INNER)
        + undone("box")
        + thrown("back")
        + flows("s > box > back")
    )
    assert begin(body).variables["log"] == ["x", "y", "undo_box"]


def test_the_variables_of_a_subprocess_come_back_as_they_were() -> None:
    loop = several(**{"camunda:collection": "${cities}", "camunda:elementVariable": "city"})
    inner = (
        nodes("startEvent", "is")
        + user("x")
        + undone("x", user("undo_x"))
        + log("set", "city")
        + flows("is > x > set")
    )
    body = nodes("startEvent", "s") + sub("box", loop + inner) + thrown("back") + user("after")
    story = Story.begin(
        body + flows("s > box > back > after"), {"log": [], "cities": ["Xi'an", "Wuhan"]}, extra=EXTRA
    )
    story.complete("x")
    story.complete("x")
    seen = []
    while story.open == ["undo_x"]:
        run = story.reload()
        seen.append(run.seen_by(run.open_tasks[0].id)["city"])
        story.complete("undo_x")
    assert sorted(seen) == ["Wuhan", "Xi'an"]
    assert story.open == ["after"]


def undo_box(inner: str) -> str:
    return on_event("inside", "<compensateEventDefinition/>", inner)


def test_a_compensation_event_subprocess_runs_instead_of_the_inner_handlers() -> None:
    box = sub("box", INNER + undo_box(log("special") + user("check") + flows("inside_s > special > check")))
    story = begin(
        nodes("startEvent", "s") + box + thrown("back") + user("after") + flows("s > box > back > after")
    )
    assert story.variables["log"] == ["x", "y", "special"]
    assert story.open == ["check"]
    story.complete("check")
    assert story.open == ["after"]


def test_a_compensation_event_subprocess_can_compensate_what_is_inside() -> None:
    inner = log("special") + thrown("again") + log("done") + flows("inside_s > special > again > done")
    box = sub("box", INNER + undo_box(inner))
    story = begin(nodes("startEvent", "s") + box + thrown("back", "box") + flows("s > box > back"))
    assert story.variables["log"] == ["x", "y", "special", "undo_y", "undo_x", "done"]


def test_an_interrupted_subprocess_is_not_compensated() -> None:
    inner = nodes("startEvent", "is") + log("x") + undone("x") + user("open") + flows("is > x > open")
    body = nodes("startEvent", "s") + sub("box", inner) + boundary("out", "box", MESSAGE) + thrown("back")
    story = begin(body + flows("s > box", "out > back"))
    assert story.deliver("recall")
    assert story.variables["log"] == ["x"]
    assert story.outcome == "completed"


@pytest.mark.parametrize("cancel", [True, False])
def test_from_inside_an_event_subprocess_the_scope_around_is_compensated(cancel: bool) -> None:
    handler = on_event(
        "h", MESSAGE, thrown("back") + log("after") + flows("h_s > back > after"), cancel=cancel
    )
    body = TWO + user("open") + flows("s > a > b > open") + handler
    story = begin(body)
    assert story.deliver("recall")
    assert story.variables["log"] == ["a", "b", "undo_b", "undo_a", "after"]
    assert story.open == ([] if cancel else ["open"])


def test_from_an_error_handler_the_scope_is_compensated() -> None:
    bad = f'<endEvent id="bad">{ERROR}</endEvent>'
    handler = on_event("h", ERROR, thrown("back") + flows("h_s > back"))
    box = sub("box", INNER + flows("y > bad") + bad + handler)
    story = begin(nodes("startEvent", "s") + box + user("after") + flows("s > box > after"))
    assert story.variables["log"] == ["x", "y", "undo_y", "undo_x"]
    assert story.open == ["after"]


def test_an_error_of_a_handler_goes_to_the_scope_of_the_throw() -> None:
    def refuse(arguments: object, variables: object) -> None:
        raise BpmnError("E1")

    handler = '<serviceTask id="undo_a" camunda:delegateExpression="${refuse}"/>'
    inner = (
        nodes("startEvent", "is") + log("a") + undone("a", handler) + thrown("back") + flows("is > a > back")
    )
    body = nodes("startEvent", "s") + sub("box", inner) + boundary("out", "box", ERROR) + user("rescue")
    story = begin(body + flows("s > box", "out > rescue"), TestHost(operations={"refuse": refuse}))
    assert story.open == ["rescue"]


def test_what_was_done_in_an_ad_hoc_subprocess_is_undone() -> None:
    inner = log("x") + undone("x") + log("y") + undone("y")
    box = f'<adHocSubProcess id="box" ordering="Sequential">{inner}</adHocSubProcess>'
    body = nodes("startEvent", "s") + box + thrown("back") + user("after") + flows("s > box > back > after")
    story = begin(body)
    assert story.variables["log"] == ["x", "y", "undo_y", "undo_x"]
    assert story.open == ["after"]


def test_a_compensation_event_is_reached_with_its_activity() -> None:
    body = TWO + thrown("back", end=True) + flows("s > a > b > back")
    assert not [f for f in read(file_of(body, extra=EXTRA))[1] if f.rule == "unreachable"]


# -- what is kept -------------------------------------------------------------------------------------


def kept(story: Story) -> list[object]:
    """Return what the tokens of the stored state hold for compensation."""
    rows = orjson.loads(story.run.dump())["tokens"]
    return [
        cell["completed"] for row in rows for cell in row if isinstance(cell, dict) and "completed" in cell
    ]


def test_nothing_is_kept_where_nothing_can_be_undone() -> None:
    inner = nodes("startEvent", "is") + log("x") + flows("is > x")
    body = nodes("startEvent", "s") + sub("box", inner) + user("open") + flows("s > box > open")
    assert kept(begin(body)) == []


def test_records_are_used_up_and_freed_with_their_scope() -> None:
    story = begin(TWO + user("mid") + thrown("back") + user("open") + flows("s > a > b > mid > back > open"))
    assert len(kept(story)) == 1
    story.complete("mid")
    assert kept(story) == []
    inner = INNER + user("open") + flows("y > open")
    body = nodes("startEvent", "s") + sub("box", inner) + boundary("out", "box", MESSAGE) + user("end")
    story = begin(body + flows("s > box", "out > end"))
    assert len(kept(story)) == 1
    assert story.deliver("recall")
    assert kept(story) == []


# -- what is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "element", "why"),
    [
        (TWO + thrown("t", "nobody") + flows("s > a > b > t"), "t", "no activity of the scope"),
        (TWO + flows("s > a > b", "b > undo_b"), "undo_b", "association only"),
        (
            nodes("startEvent", "s")
            + user("a")
            + boundary("c", "a", "<compensateEventDefinition/>")
            + flows("s > a"),
            "c",
            "association",
        ),
        (TWO + boundary("c", "a", "<compensateEventDefinition/>") + flows("s > a > b"), "c", "already"),
        (
            nodes("startEvent", "s") + sub("box", INNER + undo_box("")) + undone("box") + flows("s > box"),
            "inside",
            "already",
        ),
        (
            nodes("startEvent", "s")
            + '<endEvent id="x"><cancelEventDefinition/></endEvent>'
            + flows("s > x"),
            "x",
            "inside a transaction",
        ),
    ],
)
def test_refused(body: str, element: str, why: str) -> None:
    errors = [f for f in read(file_of(body, extra=EXTRA))[1] if f.severity == "error"]
    assert [f for f in errors if f.element == element and why in f.message], errors
