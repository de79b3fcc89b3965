"""`/message`: exactly one receiver, or a word about why not."""

from collections.abc import Callable

import pytest

from tests.contract.client import Client, diagram, values


@pytest.fixture
def told(supervisor: Client, key: Callable[[str], str]) -> tuple[str, str]:
    """Return process key and message name of a deployed process that waits for a message."""
    name = key("told")
    content = diagram("told", name).replace(b'name="answer"', f'name="answer_{name}"'.encode())
    supervisor.deploy({"told.bpmn": content}, name=name)
    return name, f"answer_{name}"


def test_a_message_reaches_the_one_that_waits(
    supervisor: Client, clerk: Client, told: tuple[str, str]
) -> None:
    process, message = told
    first = supervisor.start(process, businessKey="1")
    second = supervisor.start(process, businessKey="2")
    body = {"messageName": message, "businessKey": "2", "processVariables": values(said="yes")}
    supervisor.post("/message", body, 204)
    assert clerk.get("/task", processInstanceId=first["id"]) == []
    task = clerk.task(second)
    assert clerk.get(f"/task/{task['id']}/variables")["said"]["value"] == "yes"
    by_id = {"messageName": message, "processInstanceId": first["id"], "resultEnabled": True}
    execution = {"id": first["id"], "processInstanceId": first["id"], "ended": False, "tenantId": None}
    assert supervisor.post("/message", by_id) == [
        {"resultType": "Execution", "execution": execution, "processInstance": None}
    ]


def test_variables_narrow_the_receivers(supervisor: Client, told: tuple[str, str]) -> None:
    process, message = told
    supervisor.start(process, variables=values(case="a"))
    wanted = supervisor.start(process, variables=values(case="b"))
    body = {
        "messageName": message,
        "correlationKeys": values(case="b"),
        "resultEnabled": True,
        "variablesInResultEnabled": True,
    }
    (result,) = supervisor.post("/message", body)
    assert result["execution"]["id"] == wanted["id"]
    assert result["variables"]["case"]["value"] == "b"


def test_none_and_many_receivers_are_refused(supervisor: Client, told: tuple[str, str]) -> None:
    process, message = told
    none = supervisor.post("/message", {"messageName": message}, 400)
    assert none["type"] == "RestException"
    assert "MismatchingMessageCorrelationException: Cannot correlate message" in none["message"]
    assert supervisor.post("/message", {"messageName": message, "all": True}, 204) is None
    for _ in range(2):
        supervisor.start(process)
    many = supervisor.post("/message", {"messageName": message}, 400)
    assert "2 receivers" in many["message"]
    results = supervisor.post("/message", {"messageName": message, "all": True, "resultEnabled": True})
    assert [result["resultType"] for result in results] == ["Execution", "Execution"]


def test_a_message_starts_a_process(supervisor: Client, clerk: Client, key: Callable[[str], str]) -> None:
    called = key("called")
    content = diagram("called", called).replace(b'name="call"', f'name="call_{called}"'.encode())
    supervisor.deploy({"called.bpmn": content}, name=called)
    body = {
        "messageName": f"call_{called}",
        "businessKey": "B-1",
        "processVariables": values(n=1),
        "resultEnabled": True,
    }
    (result,) = supervisor.post("/message", body)
    assert result["resultType"] == "ProcessDefinition"
    assert result["execution"] is None
    started = result["processInstance"]
    assert (started["definitionKey"], started["businessKey"], started["ended"]) == (called, "B-1", False)
    assert clerk.task(started)["taskDefinitionKey"] == "Answer"


def test_bad_messages_are_refused(supervisor: Client) -> None:
    for body, word in (
        ({}, "messageName"),
        ({"messageName": ""}, "messageName"),
        ({"messageName": "m", "tenantId": "t"}, "tenantId"),
        ({"messageName": "m", "processVariablesLocal": values(a=1)}, "processVariablesLocal"),
        ({"messageName": "m", "localCorrelationKeys": values(a=1)}, "localCorrelationKeys"),
        ({"messageName": "m", "nonsense": 1}, "nonsense"),
        ({"messageName": "m", "variablesInResultEnabled": True}, "resultEnabled"),
    ):
        assert word in supervisor.post("/message", body, 400)["message"]
