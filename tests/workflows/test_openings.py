"""Processes that begin without a start event: subscriptions of a deployment, messages, simulation."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.workflows.engine.diagrams import file_of, flows, nodes, timer, user
from workflows import instances
from workflows.model import Subscription, Timer
from workflows.simulation import simulate

NOW = datetime(2026, 10, 8, 1, 0, tzinfo=UTC)
NAMES = '<message id="M" name="m"/>'


def gateway() -> bytes:
    message = (
        '<intermediateCatchEvent id="m"><messageEventDefinition messageRef="M"/></intermediateCatchEvent>'
    )
    body = (
        '<eventBasedGateway id="g" instantiate="true"/>'
        + message
        + timer("late", "P1D")
        + user("a")
        + user("b")
    )
    body = body.replace(' camunda:formKey="f"', "") + flows("g > m > a", "g > late > b")
    return file_of(body, extra=NAMES)


def test_a_deployment_waits_for_what_stands_behind_its_gateway(office) -> None:
    office.deploy(gateway())
    assert [(s.kind, s.name, s.element_id) for s in office.all(Subscription)] == [("message", "m", "m")]
    assert [(t.kind, t.element_id, t.status) for t in office.all(Timer)] == [("start", "late", "waiting")]
    with office.work() as session:
        (instance,) = instances.message(session, "m", actor=office.chief)
    assert [task.element_id for task in office.open_tasks(instance)] == ["a"]
    office.check()


def test_the_simulation_begins_where_a_message_would() -> None:
    body = '<receiveTask id="r" messageRef="M" instantiate="true"/>' + nodes("endEvent", "e") + flows("r > e")
    document = simulate(file_of(body, extra=NAMES), now=NOW)
    assert document["outcome"] == "completed"
    assert [s["element"] for s in document["trace"] if s["event"] == "entered"] == ["r", "e"]
    document = simulate(gateway(), now=NOW, complete_all=True)
    assert [s["element"] for s in document["trace"] if s["event"] == "entered"] == ["g", "m", "a"]
