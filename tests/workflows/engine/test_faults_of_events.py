"""Timers, messages, signals, conditions, errors. Each test is named after what the library does wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.workflows.engine.diagrams import (
    START,
    Story,
    TestHost,
    boundary,
    flows,
    nodes,
    script,
    service,
    sub,
    timer,
    user,
)
from workflows.engine import BpmnError, EngineFault

ERRORS = '<error id="E1" errorCode="E1"/><error id="E2" errorCode="E2"/>'
MESSAGES = '<message id="M" name="report"/><message id="N" name="recall"/><signal id="S" name="stop"/>'


def catch(name: str, inner: str) -> str:
    return f'<intermediateCatchEvent id="{name}">{inner}</intermediateCatchEvent>'


def message(reference: str) -> str:
    return f'<messageEventDefinition messageRef="{reference}"/>'


def error(reference: str = "") -> str:
    return f'<errorEventDefinition errorRef="{reference}"/>' if reference else "<errorEventDefinition/>"


# -- timers -------------------------------------------------------------------------------------------


def test_unquoted_durations_are_a_name_error() -> None:
    story = Story.begin(nodes("startEvent", "s") + timer("t", "PT1H") + flows("s > t"))
    assert [due.due_at for due in story.run.due_timers] == [START + timedelta(hours=1)]


def test_due_time_survives_reload_and_fires_at_the_instant() -> None:
    story = Story.begin(nodes("startEvent", "s") + timer("t", "P1M") + flows("s > t"))
    story.wait(days=1)
    (due,) = story.reload().due_timers
    assert due.due_at == datetime(2026, 11, 8, 1, 0, tzinfo=UTC)
    story.host.instant = due.due_at - timedelta(microseconds=1)
    story.drain()
    assert story.outcome == "running"
    story.host.instant = due.due_at
    story.drain()
    assert story.outcome == "completed"


def test_naive_dates_take_the_servers_zone() -> None:
    body = nodes("startEvent", "s") + timer("t", "2026-10-09T09:00:00", kind="timeDate") + flows("s > t")
    assert Story.begin(body).run.due_timers[0].due_at == datetime(2026, 10, 9, 1, 0, tzinfo=UTC)
    body = nodes("startEvent", "s") + timer("t", "2026-10-09", kind="timeDate") + flows("s > t")
    assert Story.begin(body).run.due_timers[0].due_at == datetime(2026, 10, 8, 16, 0, tzinfo=UTC)


def test_timer_from_an_expression() -> None:
    body = nodes("startEvent", "s") + timer("t", "${pause}") + flows("s > t")
    assert Story.begin(body, {"pause": "PT90M"}).run.due_timers[0].due_at == START + timedelta(minutes=90)
    host = TestHost(functions={"limit": lambda name: START + timedelta(days=30)})
    body = nodes("startEvent", "s") + timer("t", "${limit('T11')}", kind="timeDate") + flows("s > t")
    assert Story.begin(body, host=host).run.due_timers[0].due_at == START + timedelta(days=30)


def test_bad_timer_expression_raises_out_of_the_previous_task_and_strands_the_run() -> None:
    body = nodes("startEvent", "s") + user("a") + timer("t", "${pause}") + flows("s > a > t")
    story = Story.begin(body)
    before = story.run.dump()
    run = story.reload()
    (task,) = run.open_tasks
    with pytest.raises(EngineFault) as failed:
        run.complete(task.id, {"pause": "soon"})
    assert failed.value.element == "t"
    with pytest.raises(EngineFault):
        run.dump()
    with pytest.raises(EngineFault):
        run.drain()
    # What was stored before is untouched: the task can be done again.
    assert story.definition.id == "p"
    again = type(run).restore(story.definition, before, story.host)
    again.complete(task.id, {"pause": "PT1H"})
    assert [due.node_id for due in again.due_timers] == ["t"]


def test_two_timers_on_one_event_gateway_share_one_due_time() -> None:
    body = (
        nodes("startEvent", "s")
        + nodes("eventBasedGateway", "g")
        + timer("long", "PT5H")
        + timer("short", "PT1H")
        + nodes("endEvent", "e_long", "e_short")
        + flows("s > g", "g > long > e_long", "g > short > e_short")
    )
    story = Story.begin(body)
    assert [(due.node_id, due.due_at - START) for due in story.run.due_timers] == [
        ("short", timedelta(hours=1)),
        ("long", timedelta(hours=5)),
    ]
    story.wait(hours=1)
    assert story.ends == ["e_short"]
    assert story.outcome == "completed"
    assert story.travelled() == ["s_g", "g_short", "short_e_short"]
    assert [s.node_id for s in story.steps if s.what == "cancelled"] == []


def test_event_gateway_between_a_message_and_a_timer() -> None:
    body = (
        nodes("startEvent", "s")
        + nodes("eventBasedGateway", "g")
        + timer("late", "P3D")
        + catch("came", message("M"))
        + nodes("endEvent", "e_late", "e_came")
        + flows("s > g", "g > late > e_late", "g > came > e_came")
    )
    story = Story.begin(body, extra=MESSAGES)
    assert [(s.kind, s.name, s.node_id) for s in story.run.subscriptions] == [("message", "report", "came")]
    assert not story.deliver("recall")
    assert story.deliver("report", grade=5)
    assert story.ends == ["e_came"]
    assert story.variables == {"grade": 5}
    story = Story.begin(body, extra=MESSAGES)
    story.wait(days=3)
    assert story.ends == ["e_late"]
    assert not story.deliver("report")


@pytest.mark.parametrize(("text", "times"), [("R3/PT1H", 3), ("R1/PT1H", 1), ("R/PT1H", 9)])
def test_cycle_timer_fires_as_often_as_it_says(text: str, times: int) -> None:
    host = TestHost()
    body = (
        nodes("startEvent", "s")
        + user("a")
        + timer("again", text, on="a", cancel=False, kind="timeCycle")
        + service("remind", "remind")
        + flows("s > a", "again > remind")
    )
    story = Story.begin(body, host=host)
    for _ in range(9):
        story.wait(hours=1)
    assert len(host.called) == times
    assert story.open == ["a"]


def test_overdue_cycle_storms_after_an_outage() -> None:
    host = TestHost()
    body = (
        nodes("startEvent", "s")
        + user("a")
        + timer("again", "R/PT1H", on="a", cancel=False, kind="timeCycle")
        + service("remind", "remind")
        + flows("s > a", "again > remind")
    )
    story = Story.begin(body, host=host)
    story.wait(hours=100, minutes=30)
    story.drain()
    assert len(host.called) == 1
    # The schedule stands: the next turn is at the full hour, not an hour after the outage.
    assert story.reload().due_timers[0].due_at == START + timedelta(hours=101)


def test_due_timers_fire_in_order_of_due_time() -> None:
    host = TestHost()
    body = (
        nodes("startEvent", "s")
        + user("a")
        + timer("third", "PT3H", on="a", cancel=False)
        + timer("first", "PT1H", on="a", cancel=False)
        + timer("second", "PT2H", on="a")
        + service("one", "one")
        + service("two", "two")
        + service("three", "three")
        + flows("s > a", "first > one", "second > two", "third > three")
    )
    story = Story.begin(body, host=host)
    story.wait(hours=10)
    # The second interrupts the task, so that the third has nothing to sit on any more.
    assert [name for name, _ in host.called] == ["one", "two"]
    assert story.outcome == "completed"


def test_timer_of_no_length_fires_in_the_same_drain() -> None:
    body = nodes("startEvent", "s") + timer("t", "PT0S") + nodes("endEvent", "e") + flows("s > t > e")
    assert Story.begin(body).ends == ["e"]


# -- messages, signals, conditions --------------------------------------------------------------------


def test_receive_task_without_message_does_not_wait() -> None:
    body = (
        nodes("startEvent", "s")
        + '<receiveTask id="wait" name="reply"/>'
        + nodes("endEvent", "e")
        + flows("s > wait > e")
    )
    story = Story.begin(body)
    assert story.outcome == "running"
    assert story.deliver("reply", text="ok")
    assert story.variables == {"text": "ok"}
    assert story.outcome == "completed"


def test_non_interrupting_message_boundary_fires_once() -> None:
    host = TestHost()
    body = (
        nodes("startEvent", "s")
        + user("a")
        + boundary("hint", "a", message("M"), cancel=False)
        + service("note", "note")
        + flows("s > a", "hint > note")
    )
    story = Story.begin(body, host=host, extra=MESSAGES)
    assert [story.deliver("report") for _ in range(3)] == [True, True, True]
    assert len(host.called) == 3
    assert story.open == ["a"]


def test_message_goes_to_one_waiting_event_only() -> None:
    body = (
        nodes("startEvent", "s")
        + nodes("parallelGateway", "split")
        + catch("one", message("M"))
        + catch("two", message("M"))
        + nodes("endEvent", "e1", "e2")
        + flows("s > split", "split > one > e1", "split > two > e2")
    )
    story = Story.begin(body, extra=MESSAGES)
    story.deliver("report")
    assert story.ends == ["e1"]
    story.deliver("report")
    assert story.ends == ["e1", "e2"]


def test_signal_end_event_is_read_as_a_plain_end() -> None:
    thrown = '<endEvent id="thrown"><signalEventDefinition signalRef="S"/></endEvent>'
    body = (
        nodes("startEvent", "s")
        + nodes("parallelGateway", "split")
        + user("a")
        + boundary("stopped", "a", '<signalEventDefinition signalRef="S"/>')
        + user("b")
        + thrown
        + nodes("endEvent", "e")
        + flows("s > split", "split > a", "split > b > thrown", "stopped > e")
    )
    story = Story.begin(body, extra=MESSAGES)
    story.complete("b")
    assert sorted(story.ends) == ["e", "thrown"]
    assert story.outcome == "completed"
    assert [(s.kind, s.name) for s in story.sent] == [("signal", "stop")]


def test_signal_reaches_all_that_wait() -> None:
    signal = '<signalEventDefinition signalRef="S"/>'
    body = (
        nodes("startEvent", "s")
        + nodes("parallelGateway", "split")
        + catch("one", signal)
        + catch("two", signal)
        + nodes("endEvent", "e")
        + flows("s > split", "split > one > e", "split > two > e")
    )
    story = Story.begin(body, extra=MESSAGES)
    assert story.signal("stop", why="law")
    assert story.ends == ["e", "e"]
    assert not story.signal("stop")


def test_message_thrown_within_the_run_reaches_its_own_waiting_event() -> None:
    body = (
        nodes("startEvent", "s")
        + nodes("parallelGateway", "split")
        + f'<intermediateThrowEvent id="throw">{message("M")}</intermediateThrowEvent>'
        + catch("came", message("M"))
        + '<sendTask id="send" messageRef="N"/>'
        + nodes("endEvent", "e", "f")
        + flows("s > split", "split > throw > send > e", "split > came > f")
    )
    story = Story.begin(body, extra=MESSAGES)
    assert sorted(story.ends) == ["e", "f"]
    assert [(s.kind, s.name, s.node_id) for s in story.sent] == [("message", "recall", "send")]


def test_conditional_event_is_checked_only_when_some_task_completes_and_missing_variables_raise() -> None:
    body = (
        nodes("startEvent", "s")
        + user("a")
        + boundary(
            "grown",
            "a",
            "<conditionalEventDefinition><condition>${n > 3}</condition></conditionalEventDefinition>",
        )
        + nodes("endEvent", "e", "f")
        + flows("s > a > e", "grown > f")
    )
    story = Story.begin(body)
    assert [(s.kind, s.node_id) for s in story.run.subscriptions] == [("conditional", "grown")]
    story.set(n=3)
    assert story.open == ["a"]
    story.set(n=4)
    assert story.ends == ["f"]


def test_non_interrupting_condition_fires_each_time_it_becomes_true() -> None:
    host = TestHost()
    condition = "<conditionalEventDefinition><condition>${n > 3}</condition></conditionalEventDefinition>"
    body = nodes("startEvent", "s") + user("a") + boundary("grown", "a", condition, cancel=False)
    body += service("note", "note") + flows("s > a", "grown > note")
    story = Story.begin(body, {"n": 0}, host=host)
    for n in (4, 5, 1, 9):
        story.set(n=n)
    assert len(host.called) == 2


def test_event_definition_by_reference_is_skipped() -> None:
    shared = '<timerEventDefinition id="soon"><timeDuration>PT1H</timeDuration></timerEventDefinition>'
    body = (
        nodes("startEvent", "s")
        + catch("t", "<eventDefinitionRef>soon</eventDefinitionRef>")
        + nodes("endEvent", "e")
        + flows("s > t > e")
    )
    story = Story.begin(body, extra=shared)
    assert story.outcome == "running"
    story.wait(hours=1)
    assert story.ends == ["e"]


def test_link_events_end_their_path() -> None:
    body = (
        nodes("startEvent", "s")
        + '<intermediateThrowEvent id="out"><linkEventDefinition name="L"/></intermediateThrowEvent>'
        + '<intermediateCatchEvent id="in"><linkEventDefinition name="L"/></intermediateCatchEvent>'
        + nodes("endEvent", "e")
        + flows("s > out", "in > e")
    )
    assert Story.begin(body).ends == ["e"]


# -- errors, escalations, ends ------------------------------------------------------------------------


def failing(name: str, code: str) -> str:
    end = f'<endEvent id="{name}_fail">{error(code)}</endEvent>'
    return sub(
        name,
        nodes("startEvent", f"{name}_s"),
        user(f"{name}_u"),
        end,
        flows(f"{name}_s > {name}_u > {name}_fail"),
    )


def test_error_hits_a_parallel_sibling() -> None:
    body = (
        nodes("startEvent", "s")
        + nodes("parallelGateway", "split")
        + failing("A", "E1")
        + failing("B", "E1")
        + boundary("onA", "A", error("E1"))
        + boundary("onB", "B", error("E1"))
        + nodes("endEvent", "eA", "eB")
        + flows("s > split", "split > A", "split > B", "onA > eA", "onB > eB")
    )
    story = Story.begin(body, extra=ERRORS)
    story.complete("A_u")
    assert story.ends == ["A_fail", "eA"]
    assert story.open == ["B_u"]
    story.complete("B_u")
    assert story.ends == ["A_fail", "eA", "B_fail", "eB"]


def test_error_takes_the_exact_code_before_the_catch_all_and_goes_outwards() -> None:
    outer = sub(
        "out",
        nodes("startEvent", "os"),
        failing("A", "E1"),
        boundary("wrong", "A", error("E2")),
        flows("os > A"),
    )
    body = (
        nodes("startEvent", "s")
        + outer
        + boundary("any", "out", error())
        + boundary("exact", "out", error("E1"))
        + nodes("endEvent", "e_any", "e_exact")
        + flows("s > out", "any > e_any", "exact > e_exact")
    )
    story = Story.begin(body, extra=ERRORS)
    story.complete("A_u")
    assert story.ends == ["A_fail", "e_exact"]
    assert story.outcome == "completed"


def test_uncaught_error_is_ignored_and_the_flow_goes_on() -> None:
    body = nodes("startEvent", "s") + failing("A", "E1") + user("after") + user("beside")
    body += flows("s > A > after", "s > beside")
    story = Story.begin(body, extra=ERRORS)
    story.complete("A_u")
    assert story.outcome == "completed"
    assert story.ends == ["A_fail"]
    assert "after" not in story.entered()


def test_operations_error_never_reaches_an_error_boundary() -> None:
    def refuse(arguments: object, variables: object) -> None:
        raise BpmnError("E1", "not ours")

    body = (
        nodes("startEvent", "s")
        + service("call", "call")
        + '<boundaryEvent id="caught" attachedToRef="call"><errorEventDefinition errorRef="E1"'
        + ' camunda:errorCodeVariable="code" camunda:errorMessageVariable="text"/></boundaryEvent>'
        + nodes("endEvent", "e", "f")
        + flows("s > call > e", "caught > f")
    )
    story = Story.begin(body, host=TestHost(operations={"call": refuse}), extra=ERRORS)
    assert story.ends == ["f"]
    assert story.variables == {"code": "E1", "text": "not ours"}


def test_uncaught_error_of_an_operation_fails_the_run() -> None:
    def refuse(arguments: object, variables: object) -> None:
        raise BpmnError("E9", "no")

    body = nodes("startEvent", "s") + service("call", "call") + flows("s > call")
    with pytest.raises(EngineFault) as failed:
        Story.begin(body, host=TestHost(operations={"call": refuse}))
    assert failed.value.element == "call"
    assert "E9" in failed.value.message


def test_exception_in_a_service_surfaces_as_name_error() -> None:
    def broken(arguments: object, variables: object) -> None:
        raise KeyError("register")

    body = nodes("startEvent", "s") + service("call", "clues.register") + flows("s > call")
    with pytest.raises(EngineFault, match=r"clues\.register.*KeyError.*register") as failed:
        Story.begin(body, host=TestHost(operations={"clues.register": broken}))
    assert failed.value.element == "call"
    assert isinstance(failed.value.__cause__, KeyError)


def test_escalation_goes_on_beside_or_interrupts() -> None:
    raised = '<intermediateThrowEvent id="up"><escalationEventDefinition escalationRef="X"/>'
    raised += "</intermediateThrowEvent>"
    inner = nodes("startEvent", "is") + raised + user("inner") + flows("is > up > inner")
    caught = '<escalationEventDefinition escalationRef="X"/>'
    extra = '<escalation id="X" escalationCode="X"/>'
    for cancel, still_open in ((False, ["inner", "tell"]), (True, ["tell"])):
        body = nodes("startEvent", "s") + sub("box", inner) + boundary("heard", "box", caught, cancel=cancel)
        body += user("tell") + flows("s > box", "heard > tell")
        assert Story.begin(body, extra=extra).open == still_open


def test_terminate_ends_its_own_scope_only() -> None:
    inner = (
        nodes("startEvent", "is")
        + nodes("parallelGateway", "fork")
        + user("a")
        + user("b")
        + '<endEvent id="stop"><terminateEventDefinition/></endEvent>'
        + flows("is > fork", "fork > a > stop", "fork > b")
    )
    body = nodes("startEvent", "s") + sub("box", inner) + user("after") + user("beside")
    body += flows("s > box > after", "s > beside")
    story = Story.begin(body)
    story.complete("a")
    assert story.open == ["after", "beside"]
    assert ("b", "cancelled") in [(s.node_id, s.what) for s in story.steps]


def test_cancel_end_event_leaves_a_transaction() -> None:
    inner = (
        nodes("startEvent", "is")
        + user("a")
        + '<endEvent id="undo"><cancelEventDefinition/></endEvent>'
        + flows("is > a > undo")
    )
    body = nodes("startEvent", "s") + sub("box", inner, tag="transaction")
    body += boundary("undone", "box", "<cancelEventDefinition/>") + nodes("endEvent", "e", "f")
    story = Story.begin(body + flows("s > box > e", "undone > f"))
    story.complete("a")
    assert story.ends == ["undo", "f"]


def test_cancelling_misses_tasks_inside_subprocesses() -> None:
    inner = nodes("startEvent", "is") + user("a") + timer("t", "P1D", on="a") + flows("is > a")
    body = nodes("startEvent", "s") + sub("box", inner) + flows("s > box")
    story = Story.begin(body)
    run = story.reload()
    run.cancel()
    assert run.outcome == "cancelled"
    assert run.due_timers == []
    assert [(s.node_id, s.what) for s in run.steps] == [("a", "cancelled"), ("box", "cancelled")]


def test_a_cancelled_run_can_be_stored_and_loaded() -> None:
    story = Story.begin(nodes("startEvent", "s") + user("a") + flows("s > a"))
    story.run.cancel()
    assert story.outcome == "cancelled"
    assert story.open == []


def test_external_task_cannot_be_stored() -> None:
    body = (
        nodes("startEvent", "s")
        + '<serviceTask id="ext" camunda:type="external" camunda:topic="print"/>'
        + nodes("endEvent", "e")
        + flows("s > ext > e")
    )
    story = Story.begin(body)
    (task,) = story.reload().external_tasks
    assert task.node.attributes["topic"] == "print"
    assert story.open == []
    run = story.reload()
    run.complete(task.id, {"printed": True})
    assert run.outcome == "completed"
    assert run.variables == {"printed": True}


def test_condition_of_a_script_sees_what_a_parallel_branch_wrote() -> None:
    body = (
        nodes("startEvent", "s")
        + nodes("parallelGateway", "split", "join")
        + script("one", "seen = ['a']")
        + script("two", "seen = seen + ['b']")
        + flows("s > split", "split > one > join", "split > two > join")
    )
    assert Story.begin(body).variables == {"seen": ["a", "b"]}
