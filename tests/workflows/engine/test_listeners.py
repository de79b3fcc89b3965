"""Listeners: expressions and operations at start, end, creation and completion; the others are told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.workflows.engine.diagrams import (
    Story,
    TestHost,
    boundary,
    counted,
    extended,
    file_of,
    flows,
    nodes,
    script,
    user,
)
from workflows.engine import BpmnError, EngineFault, compile_definition, read


def listener(
    event: str, operation: str = "", *, kind: str = "executionListener", inner: str = "", **given: str
) -> str:
    if operation:
        given["delegateExpression"] = f"${{{operation}}}"
    written = " ".join(f'{key}="{value}"' for key, value in given.items())
    return f'<camunda:{kind} event="{event}" {written}>{inner}</camunda:{kind}>'


def line(*listeners: str, task: Any = user, inner: str = "") -> str:
    body = nodes("startEvent", "s") + task("t", extended(*listeners) + inner) + nodes("endEvent", "e")
    return body + flows("s > t > e")


def noting() -> TestHost:
    return TestHost(operations={"x.note": lambda given, _: {"log_" + given["what"]: True}})


def field(value: str) -> str:
    return f'<camunda:field name="what" stringValue="{value}"/>'


def test_listeners_run_at_their_events_in_order() -> None:
    host = noting()
    story = Story.begin(
        line(
            listener("end", "x.note", inner=field("end")),
            listener("complete", "x.note", kind="taskListener", inner=field("complete")),
            listener("create", "x.note", kind="taskListener", inner=field("create")),
            listener("start", "x.note", inner=field("start")),
        ),
        host=host,
    )
    assert [given["what"] for _, given in host.called] == ["start", "create"]
    story.complete("t")
    assert [given["what"] for _, given in host.called] == ["start", "create", "complete", "end"]
    assert story.variables == {f"log_{what}": True for what in ("start", "create", "complete", "end")}


def test_fields_may_be_expressions_and_see_input_parameters() -> None:
    host = noting()
    given = '<camunda:inputParameter name="n">${m + 1}</camunda:inputParameter>'
    parameter = f"<camunda:inputOutput>{given}</camunda:inputOutput>"
    inner = '<camunda:field name="what"><camunda:expression>no ${n}</camunda:expression></camunda:field>'
    Story.begin(line(parameter, listener("start", "x.note", inner=inner)), {"m": 1}, host=host)
    assert host.called == [("x.note", {"what": "no 2"})]


def test_an_expression_that_fails_stops_the_run_at_its_element() -> None:
    with pytest.raises(EngineFault) as fault:
        Story.begin(line(listener("start", expression="${missing + 1}")))
    assert fault.value.element == "t"


def test_an_operation_s_business_error_is_a_fault_of_the_element() -> None:
    def refuse(*_: Any) -> None:
        raise BpmnError("x", "no")

    body = line(listener("start", "x.note")) + boundary("b", "t", "<errorEventDefinition/>")
    with pytest.raises(EngineFault) as fault:
        Story.begin(
            body + nodes("endEvent", "be") + flows("b > be"), host=TestHost(operations={"x.note": refuse})
        )
    assert (fault.value.element, fault.value.code) == ("t", "listener")


def test_every_instance_of_a_repeated_task_has_its_listeners() -> None:
    host = noting()
    inner = (
        '<camunda:field name="what"><camunda:expression>i${loopCounter}</camunda:expression></camunda:field>'
    )
    Story.begin(line(listener("start", "x.note", inner=inner), inner=counted("2")), host=host)
    assert [given["what"] for _, given in host.called] == ["i0", "i1"]


def test_a_boundary_event_and_a_gateway_have_listeners_too() -> None:
    host = noting()
    event = (
        extended(listener("start", "x.note", inner=field("boundary")))
        + '<messageEventDefinition messageRef="M"/>'
    )
    gateway = extended(listener("end", "x.note", inner=field("gateway")))
    body = (
        nodes("startEvent", "s")
        + f'<exclusiveGateway id="g">{gateway}</exclusiveGateway>'
        + user("t")
        + boundary("b", "t", event)
        + nodes("endEvent", "e", "be")
        + flows("s > g > t > e", "b > be")
    )
    story = Story.begin(body, extra='<message id="M" name="m"/>', host=host)
    story.deliver("m")
    assert [given["what"] for _, given in host.called] == ["gateway", "boundary"]


def test_a_definition_tells_what_its_listeners_call() -> None:
    body = line(listener("start", "x.note", inner=field("a")))
    assert compile_definition(file_of(body), "p").listeners == (("t", "x.note", frozenset({"what"})),)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (listener("start", **{"class": "org.X"}), "Java classes are not run"),
        (listener("start"), "names no operation"),
        (listener("start", delegateExpression="${a + b}"), "names no operation"),
        (listener("assignment", "x.note", kind="taskListener"), "'assignment' is not run"),
        (listener("delete", "x.note", kind="taskListener"), "'delete' is not run"),
        (listener("take", "x.note"), "'take' is not run"),
    ],
)
def test_a_listener_that_is_not_run_is_told(given: str, said: str) -> None:
    definitions, findings = read(file_of(line(given)))
    told = [f.message for f in findings if (f.element, f.rule, f.severity) == ("t", "listeners", "policy")]
    assert len(definitions) == 1
    assert any(said in message for message in told), findings


def test_listeners_of_flows_and_of_the_process_are_told() -> None:
    holder = extended(listener("start", "x.note"))
    body = holder + nodes("startEvent", "s") + script("t", "x = 1")
    body += f'<sequenceFlow id="f" sourceRef="s" targetRef="t">{holder}</sequenceFlow>'
    told = {f.element for f in read(file_of(body))[1] if f.rule == "listeners"}
    assert told == {"p", "f"}
