"""Listeners: expressions, assignments and operations in the life of elements, flows, tasks and processes."""

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
    sub,
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


def line(*listeners: str, task: Any = user, inner: str = "", **given: str) -> str:
    body = (
        nodes("startEvent", "s") + task("t", extended(*listeners) + inner, **given) + nodes("endEvent", "e")
    )
    return body + flows("s > t > e")


def field(value: str) -> str:
    return f'<camunda:field name="what" stringValue="{value}"/>'


def noting() -> TestHost:
    return TestHost(operations={"x.note": lambda given, _: {"log_" + given["what"]: True}})


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


def refusing(what: str = "wrong") -> TestHost:
    def refuse(given: dict[str, Any], _: Any) -> Any:
        if given["what"] == what:
            raise BpmnError("x", "no")
        return {"log_" + given["what"]: True}

    return TestHost(operations={"x.note": refuse})


CAUGHT = boundary("b", "t", "<errorEventDefinition/>") + user("rescue") + flows("b > rescue")
WRONG = field("wrong")
AT = {
    "start": listener("start", "x.note", inner=WRONG),
    "end": listener("end", "x.note", inner=WRONG),
    **{
        event: listener(event, "x.note", kind="taskListener", inner=WRONG)
        for event in ("create", "assignment", "complete")
    },
}


@pytest.mark.parametrize("event", AT)
def test_an_error_of_a_listener_is_caught_by_the_boundary_event_of_its_activity(event: str) -> None:
    end = listener("end", "x.note", inner=field("end"))
    host = refusing()
    story = Story.begin(line(AT[event], end, assignee="li") + CAUGHT, host=host)
    if event in ("end", "complete"):
        story.complete("t")
    assert story.open == ["rescue"]
    # What is left by force has its end told, once.
    assert [given["what"] for _, given in host.called].count("end") == (0 if event == "end" else 1)


@pytest.mark.parametrize("event", AT)
def test_an_error_of_a_listener_that_nobody_catches_is_a_fault(event: str) -> None:
    with pytest.raises(EngineFault) as fault:
        Story.begin(line(AT[event], assignee="li"), host=refusing()).complete("t")
    assert (fault.value.element, fault.value.code) == ("t", "uncaught_error")


def test_errors_of_listeners_on_flows_gateways_and_events_go_to_the_scope() -> None:
    box = nodes("startEvent", "is") + '<parallelGateway id="g">{gateway}</parallelGateway>' + user("t")
    box += '<boundaryEvent id="m" attachedToRef="t">{event}<messageEventDefinition messageRef="M"/></boundaryEvent>'
    box += '<sequenceFlow id="f" sourceRef="g" targetRef="t">{flow}</sequenceFlow>'
    box += nodes("endEvent", "ie") + flows("is > g > ie", "m > ie")
    bad = {"gateway": AT["end"], "event": AT["start"], "flow": listener("take", "x.note", inner=WRONG)}
    for where in bad:
        inner = box.format(**{name: extended(bad[name]) if name == where else "" for name in bad})
        body = nodes("startEvent", "s") + sub("box", inner) + boundary("b", "box", "<errorEventDefinition/>")
        body += user("rescue") + flows("s > box", "b > rescue")
        story = Story.begin(body, extra='<message id="M" name="m"/>', host=refusing())
        if where == "event":
            story.deliver("m")
        assert story.open == ["rescue"], where


def test_an_error_where_something_is_cancelled_or_by_the_process_is_caught_by_nobody() -> None:
    on_error = (
        '<subProcess id="h" triggeredByEvent="true"><startEvent id="hs"><errorEventDefinition/></startEvent>'
    )
    body = line(listener("end", "x.note", inner=WRONG)) + on_error + user("rescue") + flows("hs > rescue")
    story = Story.begin(body + "</subProcess>", host=refusing())
    with pytest.raises(EngineFault) as fault:
        story.run.cancel()
    assert (fault.value.element, fault.value.code) == ("t", "uncaught_error")
    process = extended(listener("start", "x.note", inner=WRONG))
    with pytest.raises(EngineFault) as fault:
        Story.begin(process + line() + on_error + "</subProcess>", host=refusing())
    assert (fault.value.element, fault.value.code) == ("p", "uncaught_error")


def noted(host: TestHost) -> list[str]:
    return [given["what"] for _, given in host.called]


def test_a_cancelled_task_has_its_deletion_and_end_told() -> None:
    told = [
        listener("delete", "x.note", kind="taskListener", inner=field("delete")),
        listener("end", "x.note", inner=field("end")),
    ]
    host = noting()
    event = boundary("b", "t", '<messageEventDefinition messageRef="M"/>')
    body = line(*told) + event + user("after") + flows("b > after")
    story = Story.begin(body, extra='<message id="M" name="m"/>', host=host)
    story.deliver("m")
    assert (noted(host), story.open) == (["delete", "end"], ["after"])
    assert story.variables == {"log_delete": True, "log_end": True}
    host = noting()
    Story.begin(line(*told), host=host).complete("t")
    assert noted(host) == ["end"]


def test_a_process_and_its_flows_have_listeners() -> None:
    def on(event: str, what: str) -> str:
        return extended(listener(event, "x.note", inner=field(what)))

    body = extended(
        listener("start", "x.note", inner=field("begun")), listener("end", "x.note", inner=field("over"))
    )
    body += nodes("startEvent", "s") + user("t") + nodes("endEvent", "e")
    body += f'<sequenceFlow id="f" sourceRef="s" targetRef="t">{on("take", "taken")}</sequenceFlow>' + flows(
        "t > e"
    )
    host = noting()
    story = Story.begin(body, host=host)
    assert noted(host) == ["begun", "taken"]
    story.complete("t")
    assert (noted(host), story.outcome) == (["begun", "taken", "over"], "completed")
    host = noting()
    story = Story.begin(body, host=host)
    story.reload().cancel()
    assert noted(host) == ["begun", "taken", "over"]


def test_a_called_process_has_its_listeners_told_before_its_variables_go_back() -> None:
    listening = extended(
        listener("start", expression="${execution.setVariable('n', 1)}"),
        listener("end", expression="${execution.setVariable('n', n + 1)}"),
    )
    inner = listening + nodes("startEvent", "qs") + user("t") + flows("qs > t")
    called = f'<process id="q" isExecutable="true">{inner}</process>'
    out = extended('<camunda:out source="n" target="m"/>')
    event = boundary("b", "c", '<messageEventDefinition messageRef="M"/>')
    body = nodes("startEvent", "s") + f'<callActivity id="c" calledElement="q">{out}</callActivity>' + event
    story = Story.begin(body + flows("s > c"), extra=called + '<message id="M" name="m"/>')
    story.complete("t")
    assert (story.variables, story.outcome) == ({"m": 2}, "completed")
    assert Story.begin(body + flows("s > c"), extra=called + '<message id="M" name="m"/>').deliver("m")


def test_listeners_hear_to_whom_a_task_is_given() -> None:
    who = '<camunda:field name="what"><camunda:expression>${task.getAssignee()}</camunda:expression></camunda:field>'
    heard = listener("assignment", "x.note", kind="taskListener", inner=who)
    host = noting()
    story = Story.begin(line(heard, assignee="${chosen}"), {"chosen": "li"}, host=host)
    assert noted(host) == ["li"]
    run = story.reload()
    run.assigned(run.open_tasks[0].id, "wu")
    assert noted(host) == ["li", "wu"]
    host = noting()
    Story.begin(line(heard, assignee="${chosen}"), {"chosen": ""}, host=host)
    assert noted(host) == []


def test_scripts_and_expressions_of_listeners_assign() -> None:
    script_ = (
        '<camunda:executionListener event="start"><camunda:script scriptFormat="js">a = n + 1\nb = a * 2'
    )
    script_ += "</camunda:script></camunda:executionListener>"
    given = listener("end", expression="${execution.setVariable('c', b + 1)}")
    story = Story.begin(line(script_, given), {"n": 1})
    story.complete("t")
    assert story.variables == {"n": 1, "a": 2, "b": 4, "c": 5}


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
        + f'<parallelGateway id="g">{gateway}</parallelGateway>'
        + user("t")
        + boundary("b", "t", event)
        + nodes("endEvent", "e", "be")
        + flows("s > g > t > e", "g > e", "b > be")
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
        (listener("update", "x.note", kind="taskListener"), "'update' is not run"),
        (listener("timeout", "x.note", kind="taskListener"), "'timeout' is not run"),
        (listener("take", "x.note"), "'take' is not run"),
    ],
)
def test_a_listener_that_is_not_run_is_told(given: str, said: str) -> None:
    definitions, findings = read(file_of(line(given)))
    told = [f.message for f in findings if (f.element, f.rule, f.severity) == ("t", "listeners", "policy")]
    assert len(definitions) == 1
    assert any(said in message for message in told), findings


def test_listeners_of_flows_and_of_the_process_that_are_not_run_are_told() -> None:
    holder = extended(listener("start", **{"class": "org.X"}))
    body = holder + nodes("startEvent", "s") + script("t", "x = 1")
    body += f'<sequenceFlow id="f" sourceRef="s" targetRef="t">{holder}</sequenceFlow>'
    told = {f.element for f in read(file_of(body))[1] if f.rule == "listeners"}
    assert told == {"p", "f"}


def test_a_script_that_does_more_than_assign_is_refused() -> None:
    bad = '<camunda:executionListener event="start"><camunda:script>print(1)</camunda:script></camunda:executionListener>'
    errors = [f for f in read(file_of(line(bad)))[1] if f.severity == "error"]
    assert [(f.element, f.rule) for f in errors] == [("t", "script")]
