"""`/external-task`: fetched under a lock, completed, failed, given back; nobody else's, and never by two."""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.contract.client import Client, diagram, ids, values
from tests.contract.conftest import House
from workflows import clock, persistence

HOUR = 3_600_000


class Printing:
    """A deployed process whose letters an outside worker prints, on a topic of its own."""

    def __init__(self, supervisor: Client, key: str) -> None:
        content = diagram("printed", key).replace(b'topic="print"', f'topic="{key}"'.encode())
        supervisor.deploy({"printed.bpmn": content}, name=key)
        self.key, self.supervisor = key, supervisor

    def start(self, urgent: int = 0, **body: Any) -> dict[str, Any]:
        return self.supervisor.start(self.key, variables=values(urgent=urgent, secret="s"), **body)

    def fetch(self, worker: Client, name: str = "w1", most: int = 10, **topic: Any) -> list[dict[str, Any]]:
        asked = {"topicName": self.key, "lockDuration": HOUR, **topic}
        body = {"workerId": name, "maxTasks": most, "usePriority": True, "topics": [asked]}
        found: list[dict[str, Any]] = worker.post("/external-task/fetchAndLock", body)
        return found


@pytest.fixture
def printing(supervisor: Client, key: Callable[[str], str]) -> Printing:
    return Printing(supervisor, key("printed"))


def test_a_task_is_fetched_and_completed(
    house: House, printing: Printing, handler: Client, clerk: Client
) -> None:
    instance = printing.start(7, businessKey="K1")
    (task,) = printing.fetch(handler, includeExtensionProperties=True)
    until = datetime.strptime(task.pop("lockExpirationTime"), "%Y-%m-%dT%H:%M:%S.%f%z")
    assert clock.now() < until <= clock.now() + timedelta(hours=1)
    assert task.pop("createTime")
    assert task.pop("variables") == {
        "urgent": {"type": "Integer", "value": 7, "valueInfo": {}},
        "secret": {"type": "String", "value": "s", "valueInfo": {}},
        "copies": {"type": "Integer", "value": 2, "valueInfo": {}},
    }
    assert task == {
        "activityId": "Print",
        "activityInstanceId": f"Print:{task['id']}",
        "errorMessage": None,
        "errorDetails": None,
        "executionId": instance["id"],
        "id": task["id"],
        "processDefinitionId": instance["definitionId"],
        "processDefinitionKey": printing.key,
        "processDefinitionVersionTag": "1.0",
        "processInstanceId": instance["id"],
        "retries": None,
        "suspended": False,
        "workerId": "w1",
        "topicName": printing.key,
        "tenantId": None,
        "priority": 7,
        "businessKey": "K1",
        "extensionProperties": {"workers": "handler"},
    }
    assert printing.fetch(handler, "w2") == []
    done = {
        "workerId": "w1",
        "variables": {"paper": {"value": "A4", "type": "String"}},
        "localVariables": values(pages=3),
    }
    handler.post(f"/external-task/{task['id']}/complete", done, 204)
    seen = clerk.get(f"/task/{clerk.task(instance)['id']}/variables")
    assert {name: seen[name]["value"] for name in ("paper", "sheets")} == {"paper": "A4", "sheets": 3}
    assert "pages" not in seen
    missing = handler.post(f"/external-task/{task['id']}/complete", done, 404)
    assert missing == {
        "type": "RestException",
        "message": f"External task with id {task['id']} does not exist",
        "code": None,
    }
    with house.database.reading() as session:
        assert persistence.rows_equal_run(session, instance["id"]) == []


def test_what_is_asked_for_is_what_comes(printing: Printing, handler: Client) -> None:
    slow, fast = printing.start(1, businessKey="a"), printing.start(9, businessKey="b")
    assert printing.fetch(handler, businessKey="c") == []
    assert printing.fetch(handler, processDefinitionVersionTag="2.0") == []
    assert printing.fetch(handler, processDefinitionKeyIn=["other"]) == []
    (first,) = printing.fetch(
        handler, most=1, variables=["copies", "none"], processDefinitionKey=printing.key
    )
    assert first["processInstanceId"] == fast["id"]
    assert list(first["variables"]) == ["copies"]
    (second,) = printing.fetch(handler, localVariables=True, businessKey="a")
    assert (second["processInstanceId"], list(second["variables"])) == (slow["id"], ["copies"])


def test_it_is_for_those_whom_the_diagram_names(printing: Printing, handler: Client, clerk: Client) -> None:
    printing.start()
    assert printing.fetch(clerk) == []
    assert clerk.count("/external-task", topicName=printing.key) == 0
    (task,) = printing.fetch(handler)
    for path, body in (
        ("complete", {"workerId": "w1"}),
        ("bpmnError", {"workerId": "w1", "errorCode": "refused"}),
        ("failure", {"workerId": "w1", "retries": 1}),
        ("extendLock", {"workerId": "w1", "newDuration": 1000}),
        ("unlock", {}),
    ):
        clerk.post(f"/external-task/{task['id']}/{path}", body, 404)
    clerk.get(f"/external-task/{task['id']}", 404)
    # Who owns the process may see to it, but not in the place of the worker, whatever he calls himself.
    refused = printing.supervisor.post(f"/external-task/{task['id']}/complete", {"workerId": "w1"}, 400)
    assert refused["type"] == "RestException"
    refused = handler.post(f"/external-task/{task['id']}/complete", {"workerId": "w2"}, 400)
    assert "locked by worker 'w1'" in refused["message"]


def test_a_business_error_takes_the_way_of_its_event(
    printing: Printing, handler: Client, clerk: Client
) -> None:
    instance = printing.start()
    (task,) = printing.fetch(handler)
    body = {"workerId": "w1", "errorCode": "refused", "errorMessage": "No paper", "variables": values(tray=2)}
    handler.post(f"/external-task/{task['id']}/bpmnError", body, 204)
    mend = clerk.task(instance)
    assert mend["taskDefinitionKey"] == "Mend"
    seen = clerk.get(f"/task/{mend['id']}/variables")
    assert (seen["why"]["value"], seen["tray"]["value"]) == ("No paper", 2)


def test_an_error_that_nothing_catches_is_an_operators(printing: Printing, handler: Client) -> None:
    instance = printing.start()
    (task,) = printing.fetch(handler)
    body = {"workerId": "w1", "errorCode": "other"}
    answer = handler.post(f"/external-task/{task['id']}/bpmnError", body, 500)
    assert "'other', which nothing around catches" in answer["message"]
    (incident,) = printing.supervisor.get("/incident", processInstanceId=instance["id"])
    assert (incident["incidentType"], incident["configuration"]) == ("failedExternalTask", task["id"])
    assert printing.supervisor.get(f"/external-task/{task['id']}")["retries"] == 0
    printing.supervisor.delete(f"/incident/{incident['id']}", 409)
    printing.supervisor.post(f"/incident/{incident['id']}/retry", {}, 204)
    (again,) = printing.fetch(handler)
    assert (again["id"], again["retries"]) == (task["id"], 1)


def test_a_failure_is_tried_again_then_is_an_incident(printing: Printing, handler: Client) -> None:
    instance, owner = printing.start(), printing.supervisor
    (task,) = printing.fetch(handler)
    path = f"/external-task/{task['id']}"
    body = {"workerId": "w1", "errorMessage": "Jam", "errorDetails": "Tray 2", "retries": 2}
    handler.post(f"{path}/failure", {**body, "retryTimeout": HOUR}, 204)
    assert printing.fetch(handler) == []
    handler.post(f"{path}/failure", {**body, "retryTimeout": 0}, 204)
    (again,) = printing.fetch(handler, "w2")
    assert (again["errorMessage"], again["errorDetails"], again["retries"]) == ("Jam", "Tray 2", 2)
    handler.post(f"{path}/failure", {**body, "workerId": "w2", "retries": 0}, 204)
    assert printing.fetch(handler) == []
    assert owner.get(f"{path}/errorDetails").text == "Tray 2"
    assert ids(owner.get("/external-task", noRetriesLeft="true", topicName=printing.key)) == [task["id"]]
    (incident,) = owner.get("/incident", processInstanceId=instance["id"])
    assert incident["incidentMessage"] == "Jam"
    handler.put(f"{path}/retries", {"retries": 1}, 403)
    owner.put(f"{path}/retries", {"retries": 3})
    assert owner.get("/incident", processInstanceId=instance["id"]) == []
    (last,) = printing.fetch(handler, "w3")
    handler.post(f"{path}/complete", {"workerId": "w3", "localVariables": values(pages=1)}, 204)
    assert last["retries"] == 3


def test_a_lock_ends_and_the_task_is_fetched_once_more(printing: Printing, handler: Client) -> None:
    printing.start()
    (task,) = printing.fetch(handler, "dead", lockDuration=1)
    path = f"/external-task/{task['id']}"
    again = printing.fetch(handler, "w2")
    assert ids(again) == [task["id"]]
    assert printing.fetch(handler, "w3") == []
    late = handler.post(f"{path}/complete", {"workerId": "dead"}, 400)
    assert "locked by worker 'w2'" in late["message"]
    handler.post(f"{path}/extendLock", {"workerId": "w2", "newDuration": 2 * HOUR}, 204)
    handler.post(f"{path}/extendLock", {"workerId": "dead", "newDuration": HOUR}, 400)
    handler.post(f"{path}/unlock", None, 204)
    handler.post(f"{path}/extendLock", {"workerId": "w2", "newDuration": HOUR}, 400)
    assert ids(printing.fetch(handler, "w3")) == [task["id"]]
    # Taken by nobody since, a lock that has ended is no obstacle to who held it.
    handler.post(f"{path}/failure", {"workerId": "w3", "retries": 1}, 204)
    (last,) = printing.fetch(handler, "w4", lockDuration=1)
    handler.post(f"{path}/extendLock", {"workerId": "w4", "newDuration": HOUR}, 400)
    handler.post(f"{path}/complete", {"workerId": "w4", "localVariables": values(pages=1)}, 204)
    assert last["id"] == task["id"]


def test_who_waits_is_told_when_there_is_work(printing: Printing, handler: Client) -> None:
    body = {
        "workerId": "w1",
        "maxTasks": 1,
        "asyncResponseTimeout": 14_000,
        "topics": [{"topicName": printing.key, "lockDuration": HOUR}],
    }
    found: list[dict[str, Any]] = []
    waiting = threading.Thread(target=lambda: found.extend(handler.post("/external-task/fetchAndLock", body)))
    waiting.start()
    instance = printing.start()
    waiting.join(30)
    assert [task["processInstanceId"] for task in found] == [instance["id"]]


def test_many_workers_share_the_tasks(house: House, printing: Printing) -> None:
    started = {printing.start()["id"] for _ in range(12)}
    found: list[str] = []
    begin = threading.Barrier(4)

    def work(name: str) -> None:
        client = house.client("handler")
        begin.wait(30)
        while tasks := printing.fetch(client, name, most=2):
            found.extend(task["processInstanceId"] for task in tasks)

    threads = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(found) == sorted(started)


def test_a_suspended_instance_keeps_its_tasks(printing: Printing, handler: Client) -> None:
    instance, owner = printing.start(), printing.supervisor
    (task,) = printing.fetch(handler)
    owner.put(f"/process-instance/{instance['id']}/suspended", {"suspended": True})
    assert owner.get(f"/external-task/{task['id']}")["suspended"]
    handler.post(f"/external-task/{task['id']}/complete", {"workerId": "w1"}, 409)
    owner.put(f"/process-instance/{instance['id']}/suspended", {"suspended": False})
    handler.post(
        f"/external-task/{task['id']}/complete", {"workerId": "w1", "localVariables": values(pages=1)}, 204
    )


def test_a_cancelled_instance_takes_its_tasks_along(printing: Printing, handler: Client) -> None:
    instance, owner = printing.start(), printing.supervisor
    (task,) = printing.fetch(handler)
    handler.post(f"/external-task/{task['id']}/failure", {"workerId": "w1", "retries": 0}, 204)
    owner.delete(f"/process-instance/{instance['id']}")
    handler.post(f"/external-task/{task['id']}/complete", {"workerId": "w1"}, 404)
    assert owner.get("/incident", processInstanceId=instance["id"]) == []


def test_tasks_are_listed(printing: Printing, handler: Client) -> None:
    first, second = printing.start(3), printing.start(5)
    owner = printing.supervisor
    asked: Mapping[str, Any] = {"topicName": printing.key}
    in_order = owner.get("/external-task", **asked, sortBy="taskPriority", sortOrder="desc")
    assert [task["processInstanceId"] for task in in_order] == [second["id"], first["id"]]
    (task,) = printing.fetch(handler, most=1)
    assert ids(owner.post("/external-task", {**asked, "locked": True})) == [task["id"]]
    for chosen, count in (
        ({"notLocked": "true"}, 1),
        ({"workerId": "w1"}, 1),
        ({"withRetriesLeft": "true"}, 2),
        ({"priorityHigherThanOrEquals": "4"}, 1),
        ({"priorityLowerThanOrEquals": "2"}, 0),
        ({"activityId": "Print"}, 2),
        ({"processInstanceId": first["id"]}, 1),
        ({"suspended": "true"}, 0),
        ({"active": "true"}, 2),
    ):
        assert owner.count("/external-task", **asked, **chosen) == count, chosen
    owner.put(f"/external-task/{task['id']}/priority", {"priority": -1})
    assert owner.get(f"/external-task/{task['id']}")["priority"] == -1
    assert printing.key in handler.get("/external-task/topic-names", withLockedTasks="true")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"maxTasks": 1, "topics": []}, "workerId"),
        ({"workerId": "w", "maxTasks": 0, "topics": []}, "maxTasks"),
        ({"workerId": "w", "maxTasks": 1, "topics": [{"topicName": "t", "lockDuration": 0}]}, "lockDuration"),
        ({"workerId": "w", "maxTasks": 1, "topics": [{"lockDuration": 1}]}, "topicName"),
        ({"workerId": "w", "maxTasks": 1, "asyncResponseTimeout": 1_800_001, "topics": []}, "asyncResponse"),
        ({"workerId": "w", "maxTasks": 1, "nonsense": 1, "topics": []}, "nonsense"),
    ],
)
def test_what_is_wrong_is_named(handler: Client, body: dict[str, Any], named: str) -> None:
    assert named in handler.post("/external-task/fetchAndLock", body, 400)["message"]
