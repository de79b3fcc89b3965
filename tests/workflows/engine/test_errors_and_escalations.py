"""Errors and escalations: who catches them, with which code, and what becomes of those nobody catches."""

from __future__ import annotations

import pytest

from tests.workflows.engine.diagrams import (
    Story,
    TestHost,
    boundary,
    counted,
    flows,
    nodes,
    on_event,
    rule,
    script,
    service,
    sub,
    user,
)
from workflows.engine import BpmnError, EngineFault

EXTRA = (
    '<error id="E1" errorCode="E1"/><error id="E2" errorCode="E2"/><error id="X" errorCode="expression"/>'
    '<escalation id="U1" escalationCode="U1"/><escalation id="U2" escalationCode="U2"/>'
)
ERROR = '<errorEventDefinition errorRef="E1"/>'
OTHER_ERROR = '<errorEventDefinition errorRef="E2"/>'
ANY_ERROR = "<errorEventDefinition/>"
UP = '<escalationEventDefinition escalationRef="U1"/>'
OTHER_UP = '<escalationEventDefinition escalationRef="U2"/>'
ANY_UP = '<escalationEventDefinition camunda:escalationCodeVariable="code"/>'


def end(name: str, inner: str) -> str:
    return f'<endEvent id="{name}">{inner}</endEvent>'


def called(body: str) -> str:
    """Return a second process q, to be called."""
    return f'{EXTRA}<process id="q" isExecutable="false">{body}</process>'


CALL = '<callActivity id="c" calledElement="q"/>'


def refusing(code: str = "E1") -> TestHost:
    def refuse(arguments: object, variables: object) -> None:
        raise BpmnError(code, "not ours")

    def decide(variables: object) -> None:
        raise BpmnError(code, "no rule")

    return TestHost(operations={"refuse": refuse}, decisions={"choose": decide})


# -- nobody catches -----------------------------------------------------------------------------------


def test_an_uncaught_error_end_event_ends_the_whole_instance() -> None:
    body = (
        nodes("startEvent", "s")
        + nodes("parallelGateway", "fork")
        + user("a")
        + user("b")
        + end("bad", ERROR)
        + flows("s > fork > a > bad", "fork > b")
        + on_event("h", OTHER_ERROR, user("h_do") + flows("h_s > h_do"))
    )
    story = Story.begin(body, extra=EXTRA)
    story.complete("a")
    assert story.outcome == "completed"
    assert story.ends == ["bad"]
    assert [(s.node_id, s.what) for s in story.steps[-2:]] == [("bad", "left"), ("b", "cancelled")]


def test_an_uncaught_error_of_a_called_process_ends_the_caller_too() -> None:
    extra = called(nodes("startEvent", "qs") + user("b") + end("bad", ERROR) + flows("qs > b > bad"))
    body = nodes("startEvent", "s") + CALL + user("after") + flows("s > c > after")
    story = Story.begin(body, extra=extra)
    story.complete("b")
    assert story.outcome == "completed"
    assert "after" not in story.entered()


def test_an_uncaught_escalation_is_no_fault() -> None:
    body = nodes("startEvent", "s") + user("a") + end("up", UP) + flows("s > a > up")
    story = Story.begin(body, extra=EXTRA)
    story.complete("a")
    assert (story.outcome, story.ends) == ("completed", ["up"])


# -- out of called processes --------------------------------------------------------------------------


@pytest.mark.parametrize(("caught", "reached"), [(ERROR, "rescue"), (ANY_ERROR, "rescue"), (OTHER_ERROR, "")])
def test_an_error_leaves_a_called_process_by_the_boundary_of_the_call(caught: str, reached: str) -> None:
    extra = called(nodes("startEvent", "qs") + user("b") + end("bad", ERROR) + flows("qs > b > bad"))
    body = nodes("startEvent", "s") + CALL + boundary("on_c", "c", caught) + user("rescue") + user("after")
    story = Story.begin(body + flows("s > c > after", "on_c > rescue"), extra=extra)
    story.complete("b")
    assert story.open == ([reached] if reached else [])


@pytest.mark.parametrize("cancel", [True, False])
def test_an_escalation_reaches_the_boundary_of_the_call(cancel: bool) -> None:
    up = f'<intermediateThrowEvent id="up">{UP}</intermediateThrowEvent>'
    extra = called(nodes("startEvent", "qs") + user("b") + up + user("d") + flows("qs > b > up > d"))
    body = nodes("startEvent", "s") + CALL + boundary("on_c", "c", ANY_UP, cancel=cancel) + user("told")
    story = Story.begin(body + flows("s > c", "on_c > told"), extra=extra)
    story.complete("b")
    assert story.open == (["told"] if cancel else ["d", "told"])
    assert story.variables == {"code": "U1"}


def test_an_error_end_event_tells_the_code_and_message_of_its_error() -> None:
    told = '<errorEventDefinition camunda:errorCodeVariable="code" camunda:errorMessageVariable="text"/>'
    extra = '<error id="E1" errorCode="late" camunda:errorMessage="too late"/>'
    body = nodes("startEvent", "s") + end("bad", ERROR) + flows("s > bad")
    story = Story.begin(body + on_event("h", told, user("h_do") + flows("h_s > h_do")), extra=extra)
    assert story.variables == {"code": "late", "text": "too late"}


# -- codes --------------------------------------------------------------------------------------------


def test_an_escalation_end_event_takes_the_exact_code_first_and_ends_only_its_token() -> None:
    inner = nodes("startEvent", "is") + user("a") + end("up", UP) + user("b") + flows("is > a > up", "is > b")
    body = nodes("startEvent", "s") + sub("box", inner)
    for name, caught in (("any", ANY_UP), ("other", OTHER_UP), ("exact", UP)):
        body += boundary(name, "box", caught, cancel=False) + user(f"{name}_told")
        body += flows(f"{name} > {name}_told")
    story = Story.begin(body + flows("s > box"), extra=EXTRA)
    story.complete("a")
    assert story.open == ["b", "exact_told"]


def test_an_escalation_throws_as_often_as_it_is_reached() -> None:
    inner = nodes("startEvent", "is") + user("a") + end("up", UP) + flows("is > a > up")
    body = nodes("startEvent", "s") + sub("box", counted("3") + inner)
    body += boundary("heard", "box", UP, cancel=False) + user("told") + flows("s > box", "heard > told")
    story = Story.begin(body, extra=EXTRA)
    story.complete("a")
    story.complete("a")
    assert story.open == ["a", "told", "told"]


# -- thrown by operations -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "act",
    [
        service("act", "refuse"),
        service("act", "refuse", counted("3")),
        service("act", "refuse", counted("3", isSequential="true")),
        service("act", "refuse", '<standardLoopCharacteristics loopMaximum="3"/>'),
        '<sendTask id="act" camunda:delegateExpression="${refuse}"/>',
        '<businessRuleTask id="act" camunda:delegateExpression="${refuse}"/>',
        rule("act", "choose"),
    ],
)
@pytest.mark.parametrize("caught", [ERROR, ANY_ERROR])
def test_an_operations_error_is_caught_whatever_task_it_stands_on(act: str, caught: str) -> None:
    body = nodes("startEvent", "s") + act + boundary("on_act", "act", caught) + user("rescue")
    story = Story.begin(body + flows("s > act", "on_act > rescue"), host=refusing(), extra=EXTRA)
    assert story.open == ["rescue"]


def test_an_operations_error_on_a_throwing_event() -> None:
    throw = (
        '<intermediateThrowEvent id="act"><messageEventDefinition camunda:delegateExpression="${refuse}"/>'
    )
    body = nodes("startEvent", "s") + throw + "</intermediateThrowEvent>" + flows("s > act")
    body += on_event("h", ERROR, user("h_do") + flows("h_s > h_do"))
    assert Story.begin(body, host=refusing(), extra=EXTRA).open == ["h_do"]


def test_an_error_of_one_instance_cancels_the_others() -> None:
    def refuse(arguments: object, variables: dict[str, int]) -> None:
        if variables["loopCounter"] == 1:
            raise BpmnError("E1")

    inner = nodes("startEvent", "is") + user("a") + service("act", "refuse") + flows("is > a > act")
    body = nodes("startEvent", "s") + sub("box", counted("3") + inner) + boundary("on_box", "box", ERROR)
    story = Story.begin(
        body + user("rescue") + flows("s > box", "on_box > rescue"),
        host=TestHost(operations={"refuse": refuse}),
        extra=EXTRA,
    )
    story.complete("a")
    assert story.open == ["a", "a"]
    story.complete("a")
    assert story.open == ["rescue"]


# -- failing expressions ------------------------------------------------------------------------------

FAILING = [
    script("act", "x = 1 / zero"),
    script("act", "x = missing.name"),
    '<serviceTask id="act" camunda:expression="${1 / zero}" camunda:resultVariable="x"/>',
]


@pytest.mark.parametrize("act", FAILING)
@pytest.mark.parametrize("caught", [ANY_ERROR, '<errorEventDefinition errorRef="X"/>'])
def test_a_failing_expression_is_an_error_that_may_be_caught(act: str, caught: str) -> None:
    body = nodes("startEvent", "s") + act + boundary("on_act", "act", caught) + user("rescue")
    story = Story.begin(body + flows("s > act", "on_act > rescue"), {"zero": 0}, extra=EXTRA)
    assert story.open == ["rescue"]
    body = nodes("startEvent", "s") + act + flows("s > act")
    body += on_event("h", caught, user("h_do") + flows("h_s > h_do"))
    assert Story.begin(body, {"zero": 0}, extra=EXTRA).open == ["h_do"]


@pytest.mark.parametrize("act", FAILING)
def test_a_failing_expression_that_nobody_catches_is_a_fault(act: str) -> None:
    body = nodes("startEvent", "s") + act + boundary("on_act", "act", ERROR) + user("rescue")
    with pytest.raises(EngineFault) as failed:
        Story.begin(body + flows("s > act", "on_act > rescue"), {"zero": 0}, extra=EXTRA)
    assert (failed.value.element, failed.value.code) == ("act", "expression")


def test_a_failing_condition_of_a_flow_is_not_the_tasks_error() -> None:
    body = nodes("startEvent", "s") + script("act", "x = 1") + boundary("on_act", "act", ANY_ERROR)
    body += (
        user("rescue")
        + user("after")
        + flows("s > act", "act > after | ${1 / zero > 0}", "on_act > rescue")
        + user("else")
        + flows("act > else | ${zero > 1}")
    )
    with pytest.raises(EngineFault):
        Story.begin(body, {"zero": 0}, extra=EXTRA)
