"""Event subprocesses: every trigger, interrupting or beside, at every level."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.workflows.engine.diagrams import (
    START,
    Story,
    TestHost,
    boundary,
    conditional,
    counted,
    file_of,
    flows,
    nodes,
    on_event,
    script,
    service,
    sub,
    user,
)
from workflows.engine import BpmnError, read

EXTRA = (
    '<message id="M" name="recall"/><message id="N" name="report"/><signal id="S" name="stop"/>'
    '<error id="E1" errorCode="E1"/><error id="E2" errorCode="E2"/>'
    '<escalation id="X1" escalationCode="X1"/>'
)
MESSAGE = '<messageEventDefinition messageRef="M"/>'
REPORT = '<messageEventDefinition messageRef="N"/>'
SIGNAL = '<signalEventDefinition signalRef="S"/>'
HOUR = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
HOURLY = "<timerEventDefinition><timeCycle>R3/PT1H</timeCycle></timerEventDefinition>"
ERROR = '<errorEventDefinition errorRef="E1"/>'
ANY_ERROR = "<errorEventDefinition/>"
ESCALATION = '<escalationEventDefinition escalationRef="X1"/>'

MAIN = nodes("startEvent", "s") + user("a") + nodes("endEvent", "e") + flows("s > a > e")


def handling(name: str, trigger: str, *, cancel: bool = True) -> str:
    """Return an event subprocess `name` with the one user task `name`_do."""
    inner = user(f"{name}_do") + nodes("endEvent", f"{name}_e")
    return on_event(name, trigger, inner + flows(f"{name}_s > {name}_do > {name}_e"), cancel=cancel)


def happen(story: Story, trigger: str) -> None:
    if trigger == MESSAGE:
        assert story.deliver("recall", why="new evidence")
    elif trigger == SIGNAL:
        assert story.signal("stop")
    elif trigger == HOUR:
        story.wait(hours=1)
    else:
        story.set(grave=True)


EXTERNAL = pytest.mark.parametrize("trigger", [MESSAGE, SIGNAL, HOUR, conditional("${grave}")])


@EXTERNAL
def test_an_interrupting_event_subprocess_cancels_all_else_in_its_scope(trigger: str) -> None:
    body = MAIN + handling("h", trigger) + handling("other", REPORT)
    story = Story.begin(body, extra=EXTRA)
    assert story.open == ["a"]
    happen(story, trigger)
    assert story.open == ["h_do"]
    assert [s.node_id for s in story.steps if s.what == "cancelled"] == ["a"]
    # The subscriptions of the other event subprocess, and its own, are gone.
    assert story.run.subscriptions == []
    assert story.run.due_timers == []
    story.complete("h_do")
    assert story.outcome == "completed"
    assert story.ends == ["h_e"]
    assert story.entered() == ["s", "a", "h", "h_s", "h_do", "h_e"]


@EXTERNAL
def test_a_non_interrupting_event_subprocess_runs_beside_and_keeps_its_scope_open(trigger: str) -> None:
    story = Story.begin(MAIN + handling("h", trigger, cancel=False), extra=EXTRA)
    happen(story, trigger)
    assert story.open == ["a", "h_do"]
    story.complete("a")
    assert story.outcome == "running"
    story.complete("h_do")
    assert story.outcome == "completed"
    assert not [s for s in story.steps if s.what == "cancelled"]


@EXTERNAL
def test_an_armed_event_subprocess_never_keeps_its_scope_open(trigger: str) -> None:
    story = Story.begin(MAIN + handling("h", trigger, cancel=False), extra=EXTRA)
    assert len(story.run.subscriptions) + len(story.run.due_timers) == 1
    story.complete("a")
    assert story.outcome == "completed"
    assert story.run.subscriptions == []
    assert story.run.due_timers == []


def test_a_non_interrupting_event_subprocess_runs_several_times_at_once() -> None:
    story = Story.begin(MAIN + handling("h", MESSAGE, cancel=False), extra=EXTRA)
    for number in range(3):
        assert story.deliver("recall", last=number)
    assert story.open == ["a", "h_do", "h_do", "h_do"]
    assert story.variables == {"last": 2}
    story.complete("a")
    for _ in range(3):
        assert story.outcome == "running"
        story.complete("h_do")
    assert story.outcome == "completed"


def test_a_cycle_starts_an_event_subprocess_as_often_as_it_says() -> None:
    story = Story.begin(MAIN + handling("h", HOURLY, cancel=False), extra=EXTRA)
    (due,) = story.run.due_timers
    assert (due.node_id, due.due_at) == ("h_s", START + timedelta(hours=1))
    for _ in range(5):
        story.wait(hours=1)
    assert story.open == ["a", "h_do", "h_do", "h_do"]
    assert story.run.due_timers == []


def test_a_condition_starts_again_only_when_it_has_become_false_between() -> None:
    story = Story.begin(MAIN + handling("h", conditional("${grave}"), cancel=False), {"grave": True})
    assert story.open == ["a", "h_do"]
    story.set(grave=True, other=1)
    assert story.open == ["a", "h_do"]
    story.set(grave=False)
    story.set(grave=True)
    assert story.open == ["a", "h_do", "h_do"]


@pytest.mark.parametrize("tag", ["subProcess", "transaction"])
def test_inside_a_subprocess_only_that_scope_is_interrupted(tag: str) -> None:
    inner = nodes("startEvent", "is") + user("b") + flows("is > b") + handling("h", MESSAGE)
    body = (
        nodes("startEvent", "s")
        + nodes("parallelGateway", "fork")
        + sub("work", inner, tag=tag)
        + user("a", "")
        + user("after")
        + flows("s > fork > work > after", "fork > a")
    )
    story = Story.begin(body, extra=EXTRA)
    assert story.open == ["a", "b"]
    happen(story, MESSAGE)
    assert story.open == ["a", "h_do"]
    story.complete("h_do")
    # The subprocess goes on by its normal outgoing flow.
    assert story.open == ["a", "after"]
    assert not story.deliver("recall")
    assert ("work", "left") in [(s.node_id, s.what) for s in story.steps]


def test_every_instance_of_a_subprocess_arms_its_own() -> None:
    inner = nodes("startEvent", "is") + user("b") + flows("is > b") + handling("h", MESSAGE)
    body = nodes("startEvent", "s") + sub("work", counted("3") + inner) + user("after")
    story = Story.begin(body + flows("s > work > after"), extra=EXTRA)
    assert len(story.run.subscriptions) == 3
    happen(story, MESSAGE)
    assert story.open == ["b", "b", "h_do"]
    story.complete("h_do")
    story.complete("b")
    happen(story, MESSAGE)
    story.complete("h_do")
    assert story.open == ["after"]


def test_a_called_process_arms_its_own() -> None:
    called = (
        f'<process id="q" isExecutable="false">{nodes("startEvent", "qs")}{user("b")}'
        f"{flows('qs > b')}{handling('h', MESSAGE)}</process>"
    )
    body = nodes("startEvent", "s") + '<callActivity id="c" calledElement="q"/>' + user("after")
    story = Story.begin(body + flows("s > c > after"), extra=EXTRA + called)
    happen(story, MESSAGE)
    assert story.open == ["h_do"]
    story.complete("h_do")
    assert story.open == ["after"]


def test_what_a_called_process_has_armed_is_gone_with_it() -> None:
    called = (
        f'<process id="q" isExecutable="false">{nodes("startEvent", "qs")}{user("b")}'
        f"{flows('qs > b')}{handling('h', MESSAGE)}{handling('k', HOUR)}</process>"
    )
    body = nodes("startEvent", "s") + '<callActivity id="c" calledElement="q"/>' + user("after")
    story = Story.begin(body + flows("s > c > after"), extra=EXTRA + called)
    assert (len(story.run.subscriptions), len(story.run.due_timers)) == (1, 1)
    story.complete("b")
    assert story.open == ["after"]
    assert (story.run.subscriptions, story.run.due_timers) == ([], [])


def test_nested_event_subprocesses() -> None:
    inner = (
        user("h_do")
        + flows("h_s > h_do")
        + handling("deep", SIGNAL)
        + handling("aside", REPORT, cancel=False)
    )
    story = Story.begin(MAIN + on_event("h", MESSAGE, inner, cancel=False), extra=EXTRA)
    assert not story.signal("stop")
    happen(story, MESSAGE)
    assert story.deliver("report")
    assert story.open == ["a", "aside_do", "h_do"]
    assert story.signal("stop")
    assert story.open == ["a", "deep_do"]
    story.complete("deep_do")
    assert story.open == ["a"]
    assert not story.signal("stop")


def test_it_sees_and_writes_the_variables_of_its_scope() -> None:
    inner = script("note", "told = why\nlevel = level + 1") + flows("h_s > note")
    story = Story.begin(MAIN + on_event("h", MESSAGE, inner, cancel=False), {"level": 1}, extra=EXTRA)
    happen(story, MESSAGE)
    happen(story, MESSAGE)
    assert story.variables == {"level": 3, "why": "new evidence", "told": "new evidence"}
    assert story.open == ["a"]


# -- errors and escalations ---------------------------------------------------------------------------


def failing(code: str) -> TestHost:
    def fail(arguments: object, variables: object) -> None:
        raise BpmnError(code, "no such person")

    return TestHost(operations={"fail": fail})


def test_an_error_is_caught_by_the_event_subprocess_before_the_boundary_event() -> None:
    inner = nodes("startEvent", "is") + service("act", "fail") + flows("is > act") + handling("h", ERROR)
    body = (
        nodes("startEvent", "s")
        + sub("work", inner)
        + boundary("on_work", "work", ERROR)
        + user("outside")
        + user("after")
        + flows("s > work > after", "on_work > outside")
    )
    story = Story.begin(body, extra=EXTRA, host=failing("E1"))
    assert story.open == ["h_do"]
    story.complete("h_do")
    assert story.open == ["after"]
    story = Story.begin(body.replace('errorRef="E1"', 'errorRef="E2"', 1), extra=EXTRA, host=failing("E1"))
    assert story.open == ["outside"]


def test_an_exact_code_comes_before_any_code_and_tells_its_variables() -> None:
    told = '<errorEventDefinition errorRef="E1" camunda:errorCodeVariable="code" camunda:errorMessageVariable="text"/>'
    main = nodes("startEvent", "s") + service("act", "fail") + flows("s > act")
    body = main + handling("any", ANY_ERROR) + handling("exact", told)
    story = Story.begin(body, extra=EXTRA, host=failing("E1"))
    assert story.open == ["exact_do"]
    assert story.variables == {"code": "E1", "text": "no such person"}
    assert Story.begin(body, extra=EXTRA, host=failing("E9")).open == ["any_do"]


def test_an_error_end_event_cancels_the_branches_beside_it() -> None:
    body = (
        nodes("startEvent", "s")
        + nodes("parallelGateway", "fork")
        + user("a")
        + user("b")
        + f'<endEvent id="bad">{ERROR}</endEvent>'
        + flows("s > fork > a > bad", "fork > b")
        + handling("h", ERROR)
    )
    story = Story.begin(body, extra=EXTRA)
    story.complete("a")
    assert story.open == ["h_do"]
    assert [s.node_id for s in story.steps if s.what == "cancelled"] == ["b"]


def test_an_error_thrown_inside_its_handler_goes_further_out() -> None:
    again = f'<endEvent id="again">{ERROR}</endEvent>'
    inner = (
        nodes("startEvent", "is")
        + user("b")
        + f'<endEvent id="bad">{ERROR}</endEvent>'
        + flows("is > b > bad")
        + on_event("h", ERROR, user("h_do") + again + flows("h_s > h_do > again"))
    )
    body = nodes("startEvent", "s") + sub("work", inner) + boundary("on_work", "work", ERROR) + user("out")
    story = Story.begin(body + flows("s > work", "on_work > out"), extra=EXTRA)
    story.complete("b")
    assert story.open == ["h_do"]
    story.complete("h_do")
    assert story.open == ["out"]
    assert story.entered().count("h") == 1


def test_an_error_out_of_a_non_interrupting_one_is_caught_by_another_of_the_scope() -> None:
    bad = f'<endEvent id="bad">{ERROR}</endEvent>'
    body = (
        MAIN
        + on_event("h", MESSAGE, user("h_do") + bad + flows("h_s > h_do > bad"), cancel=False)
        + handling("rescue", ERROR)
    )
    story = Story.begin(body, extra=EXTRA)
    happen(story, MESSAGE)
    story.complete("h_do")
    assert story.open == ["rescue_do"]


@pytest.mark.parametrize("cancel", [True, False])
def test_an_escalation_is_caught_in_its_scope_and_the_throw_goes_on_if_not_interrupted(cancel: bool) -> None:
    main = (
        nodes("startEvent", "s")
        + user("a")
        + f'<intermediateThrowEvent id="up">{ESCALATION}</intermediateThrowEvent>'
        + user("b")
        + flows("s > a > up > b")
    )
    caught = '<escalationEventDefinition escalationRef="X1" camunda:escalationCodeVariable="code"/>'
    story = Story.begin(main + handling("h", caught, cancel=cancel), extra=EXTRA)
    story.complete("a")
    assert story.open == (["h_do"] if cancel else ["b", "h_do"])
    assert story.variables == {"code": "X1"}


def test_an_escalation_thrown_inside_its_handler_goes_further_out() -> None:
    up = f'<endEvent id="up">{ESCALATION}</endEvent>'
    inner = (
        nodes("startEvent", "is")
        + user("b")
        + f'<endEvent id="first">{ESCALATION}</endEvent>'
        + flows("is > b > first")
        + on_event("h", ESCALATION, user("h_do") + up + flows("h_s > h_do > up"), cancel=False)
    )
    body = nodes("startEvent", "s") + sub("work", inner)
    body += boundary("on_work", "work", ESCALATION, cancel=False) + user("out") + user("after")
    story = Story.begin(body + flows("s > work > after", "on_work > out"), extra=EXTRA)
    story.complete("b")
    assert story.open == ["h_do"]
    story.complete("h_do")
    assert story.open == ["after", "out"]


def test_terminate_inside_an_event_subprocess_ends_only_that() -> None:
    stop = '<endEvent id="stop"><terminateEventDefinition/></endEvent>'
    inner = (
        nodes("parallelGateway", "f") + user("x") + stop + user("y") + flows("h_s > f > x > stop", "f > y")
    )
    story = Story.begin(MAIN + on_event("h", MESSAGE, inner, cancel=False), extra=EXTRA)
    happen(story, MESSAGE)
    assert story.open == ["a", "x", "y"]
    story.complete("x")
    assert story.open == ["a"]


def test_a_terminate_event_ends_running_event_subprocesses_of_its_scope() -> None:
    stop = '<endEvent id="stop"><terminateEventDefinition/></endEvent>'
    main = nodes("startEvent", "s") + user("a") + stop + flows("s > a > stop")
    story = Story.begin(main + handling("h", MESSAGE, cancel=False), extra=EXTRA)
    happen(story, MESSAGE)
    story.complete("a")
    assert story.outcome == "completed"
    assert story.run.subscriptions == []


def test_an_armed_one_does_not_hold_up_an_inclusive_join() -> None:
    body = (
        nodes("startEvent", "s")
        + nodes("inclusiveGateway", "fork", "join")
        + user("a")
        + user("b")
        + user("after")
        + flows("s > fork > a > join > after", "fork > b > join")
        + handling("h", MESSAGE, cancel=False)
    )
    story = Story.begin(body, extra=EXTRA)
    happen(story, MESSAGE)
    story.complete("a")
    assert story.open == ["b", "h_do"]
    story.complete("b")
    assert story.open == ["after", "h_do"]


def test_an_event_subprocess_of_several_instances() -> None:
    bad = f'<endEvent id="bad">{ERROR}</endEvent>'
    several = user("h_do") + bad + flows("h_s > h_do > bad") + counted("2")
    inner = nodes("startEvent", "is") + user("b") + flows("is > b") + handling("k", REPORT)
    box = sub("box", inner + on_event("h", MESSAGE, several, cancel=False))
    body = nodes("startEvent", "s") + box + boundary("on_box", "box", ERROR) + user("out")
    story = Story.begin(body + flows("s > box", "on_box > out"), extra=EXTRA)
    happen(story, MESSAGE)
    assert story.open == ["b", "h_do", "h_do"]
    story.complete("h_do")
    assert story.open == ["out"]


def ad_hoc(more: str, condition: str = "") -> str:
    inner = f"<completionCondition>{condition}</completionCondition>" if condition else ""
    box = f'<adHocSubProcess id="box" ordering="Sequential">{user("x")}{user("y")}{inner}{more}</adHocSubProcess>'
    return nodes("startEvent", "s") + box + user("after") + flows("s > box > after")


@pytest.mark.parametrize("condition", ["", "${enough}"])
def test_an_interrupted_ad_hoc_subprocess_starts_nothing_more(condition: str) -> None:
    story = Story.begin(ad_hoc(handling("h", MESSAGE), condition), {"enough": False}, extra=EXTRA)
    assert story.open == ["x"]
    happen(story, MESSAGE)
    assert story.open == ["h_do"]
    story.complete("h_do")
    assert story.open == ["after"]


def test_beside_an_ad_hoc_subprocess() -> None:
    story = Story.begin(ad_hoc(handling("h", MESSAGE, cancel=False)), extra=EXTRA)
    happen(story, MESSAGE)
    story.complete("x")
    assert story.open == ["h_do"] or story.open == ["h_do", "y"]
    story.complete("h_do")
    assert story.open == ["y"]
    story.complete("y")
    assert story.open == ["after"]


def test_what_has_happened_is_told_apart_from_what_was_disarmed() -> None:
    story = Story.begin(MAIN + handling("h", HOUR) + handling("k", MESSAGE), extra=EXTRA)
    (timer,), (waited,) = story.run.due_timers, story.run.subscriptions
    story.wait(hours=1)
    assert timer.id in story.run.fired
    assert waited.id not in story.run.fired


# -- what is refused ----------------------------------------------------------------------------------


def refused(body: str) -> list[tuple[str | None, str]]:
    findings = read(file_of(body, extra=EXTRA))[1]
    return [(f.element, f.message) for f in findings if f.severity == "error"]


@pytest.mark.parametrize(
    ("handler", "element", "why"),
    [
        (handling("h", ""), "h_s", "without any event"),
        (handling("h", ERROR, cancel=False), "h_s", "always interrupts"),
        (handling("h", "<terminateEventDefinition/>"), "h_s", "cannot be the start of an event subprocess"),
        (handling("h", MESSAGE) + flows("a > h"), "h", "no sequence flow"),
        (handling("h", MESSAGE) + boundary("b", "h", HOUR) + flows("b > e"), "b", "no activity"),
        (on_event("h", MESSAGE, nodes("startEvent", "two")), "h", "exactly one start event"),
    ],
)
def test_refused(handler: str, element: str, why: str) -> None:
    assert [message for where, message in refused(MAIN + handler) if where == element and why in message]


# -- at once ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cancel", [True, False])
def test_a_condition_is_looked_at_before_a_branch_that_waits_for_nothing_runs_past_it(cancel: bool) -> None:
    main = nodes("startEvent", "s") + script("raise", "grave = true") + script("on", "on = true")
    body = main + nodes("endEvent", "e") + flows("s > raise > on > e")
    story = Story.begin(body + handling("h", conditional("${grave}"), cancel=cancel), {"grave": False})
    assert story.open == ["h_do"]
    assert ("on" in story.variables) is not cancel


def test_a_condition_that_holds_at_the_start_is_met_before_the_first_step() -> None:
    body = nodes("startEvent", "s") + script("on", "on = true") + flows("s > on")
    story = Story.begin(body + handling("h", conditional("${grave}")), {"grave": True})
    assert story.open == ["h_do"]
    assert "on" not in story.variables


def test_a_condition_beside_a_subprocess_is_met_while_it_runs() -> None:
    inner = nodes("startEvent", "is") + script("raise", "grave = true") + script("on", "on = true")
    body = nodes("startEvent", "s") + sub("box", inner + flows("is > raise > on"))
    body += boundary("x", "box", conditional("${grave}")) + user("after") + flows("s > box", "x > after")
    story = Story.begin(body, {"grave": False})
    assert story.open == ["after"]
    assert "on" not in story.variables


@pytest.mark.parametrize("cancel", [True, False])
def test_a_message_thrown_reaches_who_waits_before_the_branch_goes_on(cancel: bool) -> None:
    throw = f'<intermediateThrowEvent id="tell">{MESSAGE}</intermediateThrowEvent>'
    body = nodes("startEvent", "s") + throw + script("on", "on = true") + flows("s > tell > on")
    story = Story.begin(body + handling("h", MESSAGE, cancel=cancel), extra=EXTRA)
    assert story.open == ["h_do"]
    assert ("on" in story.variables) is not cancel
    assert story.sent == []


def test_a_message_of_a_send_task_may_end_its_own_scope() -> None:
    body = (
        nodes("startEvent", "s")
        + '<sendTask id="tell" messageRef="M"/>'
        + user("on")
        + flows("s > tell > on")
    )
    story = Story.begin(body + handling("h", MESSAGE), extra=EXTRA)
    assert story.open == ["h_do"]
