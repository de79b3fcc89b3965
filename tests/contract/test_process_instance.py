"""`/process-instance`: running instances and their variables."""

from collections.abc import Callable

import pytest

from tests.contract.client import Client, diagram, ids, values
from tests.contract.conftest import House


@pytest.fixture
def waits(supervisor: Client, key: Callable[[str], str]) -> str:
    """Return the key of a deployed process of two tasks side by side."""
    name = key("waits")
    supervisor.deploy({"waits.bpmn": diagram("waits", name)}, name=name)
    return name


def test_running_instances_are_found(supervisor: Client, waits: str) -> None:
    first = supervisor.start(waits, businessKey=f"{waits}-1")
    second = supervisor.start(waits, businessKey=f"{waits}-2")
    one, two = first["id"], second["id"]
    assert supervisor.get(f"/process-instance/{one}") == {**first, "links": []}
    asked = {"processDefinitionKey": waits, "sortBy": "businessKey", "sortOrder": "asc"}
    assert ids(supervisor.get("/process-instance", **asked)) == [one, two]
    definition = supervisor.get(f"/process-definition/key/{waits}")
    for name, value, wanted in (
        ("processInstanceIds", f"{one},x", [one]),
        ("businessKey", f"{waits}-2", [two]),
        ("businessKeyLike", "%-1", [one]),
        ("processDefinitionId", first["definitionId"], [one, two]),
        ("processDefinitionKeyIn", f"x,{waits}", [one, two]),
        ("processDefinitionKeyNotIn", waits, []),
        ("deploymentId", definition["deploymentId"], [one, two]),
        ("active", "true", [one, two]),
        ("suspended", "true", []),
        ("activityIdIn", "Two,x", [one, two]),
        ("activityIdIn", "Start", []),
        ("withIncident", "true", []),
        ("incidentType", "failedJob", []),
        ("incidentMessageLike", "%", []),
        ("rootProcessInstances", "true", [one, two]),
        ("leafProcessInstances", "true", [one, two]),
        ("withoutTenantId", "true", [one, two]),
    ):
        assert ids(supervisor.get("/process-instance", **asked, **{name: value})) == wanted, name
        assert supervisor.count("/process-instance", processDefinitionKey=waits, **{name: value}) == len(
            wanted
        )
    body = {"processInstanceIds": [one], "sorting": [{"sortBy": "definitionKey", "sortOrder": "asc"}]}
    assert ids(supervisor.post("/process-instance", body)) == [one]
    assert supervisor.post("/process-instance/count", {"processInstanceIds": [one, two]}) == {"count": 2}


def test_variables_are_read_and_set(supervisor: Client, waits: str) -> None:
    instance = supervisor.start(waits, variables=values(a=1))
    place = f"/process-instance/{instance['id']}/variables"
    assert supervisor.get(place) == {"a": {"type": "Integer", "value": 1, "valueInfo": {}}}
    supervisor.put(f"{place}/b", {"value": "5", "type": "Integer"})
    assert supervisor.get(f"{place}/b") == {"type": "Integer", "value": 5, "valueInfo": {}}
    supervisor.post(place, {"modifications": values(a=2, c=[1])}, 204)
    assert supervisor.get(f"{place}/a")["value"] == 2
    assert supervisor.get(f"{place}/c", deserializeValue="false")["value"] == "[1]"
    missing = supervisor.get(f"{place}/nothing", 404)
    assert missing["message"] == "process instance variable with name nothing does not exist"
    assert "deletions" in supervisor.post(place, {"modifications": {}, "deletions": ["a"]}, 400)["message"]
    supervisor.put(f"{place}/d", {"value": "x", "type": "Integer"}, 400)
    supervisor.get("/process-instance/nothing/variables", 404)


def test_who_only_has_a_task_may_read_but_not_set(supervisor: Client, clerk: Client, waits: str) -> None:
    instance = supervisor.start(waits, variables=values(a=1))
    place = f"/process-instance/{instance['id']}"
    assert clerk.get(f"{place}/variables")["a"]["value"] == 1
    for answer in (
        clerk.put(f"{place}/variables/a", {"value": 2}, 403),
        clerk.put(f"{place}/suspended", {"suspended": True}, 403),
        clerk.delete(place, 403),
    ):
        assert answer["type"] == "AuthorizationException"


def test_a_suspended_instance_rests(supervisor: Client, clerk: Client, waits: str) -> None:
    instance = supervisor.start(waits)
    task = clerk.task(instance, taskDefinitionKey="One")
    place = f"/process-instance/{instance['id']}"
    supervisor.put(f"{place}/suspended", {"suspended": True})
    assert supervisor.get(place)["suspended"] is True
    assert clerk.get(f"/task/{task['id']}")["suspended"] is True
    assert ids(clerk.get("/task", processInstanceId=instance["id"], suspended="true"))
    assert ids(clerk.get("/task", processInstanceId=instance["id"], active="true")) == []
    refused = clerk.post(f"/task/{task['id']}/complete", {}, 409)
    assert refused["type"] == "SuspendedEntityInteractionException"
    supervisor.put(f"{place}/suspended", {"suspended": False})
    clerk.post(f"/task/{task['id']}/complete", {}, 204)
    assert "suspended" in supervisor.put(f"{place}/suspended", {"suspend": True}, 400)["message"]


def test_a_deleted_instance_keeps_its_history(supervisor: Client, clerk: Client, waits: str) -> None:
    instance = supervisor.start(waits)
    task = clerk.task(instance, taskDefinitionKey="One")
    place = f"/process-instance/{instance['id']}"
    supervisor.delete(place, skipCustomListeners="true")
    supervisor.get(place, 404)
    clerk.get(f"/task/{task['id']}", 404)
    kept = supervisor.get(f"/history{place}")
    assert kept["state"] == "EXTERNALLY_TERMINATED"
    assert kept["deleteReason"]
    gone = supervisor.delete(place, 404)
    assert gone["type"] == "InvalidRequestException"
    supervisor.delete(place, failIfNotExists="false")


def test_what_one_may_not_see_is_not_there(house: House, supervisor: Client, waits: str) -> None:
    stranger = house.client("agency")
    instance = supervisor.start(waits)
    place = f"/process-instance/{instance['id']}"
    assert stranger.get("/process-instance", processDefinitionKey=waits) == []
    assert stranger.count("/process-instance", processDefinitionKey=waits) == 0
    stranger.get(place, 404)
    stranger.get(f"{place}/variables", 404)
    stranger.get(f"{place}/variables/a", 404)
    stranger.put(f"{place}/variables/a", {"value": 1}, 404)
    stranger.put(f"{place}/suspended", {"suspended": True}, 404)
    stranger.delete(place, 404)
    assert stranger.get("/history/process-instance", processInstanceId=instance["id"]) == []
    assert stranger.get("/history/activity-instance", processInstanceId=instance["id"]) == []
    assert stranger.get("/history/task", processInstanceId=instance["id"]) == []
    stranger.get(f"/history{place}", 404)


def test_a_modification_moves_tokens_as_that_api_has_it(supervisor: Client, waits: str) -> None:
    instance = supervisor.start(waits)
    place = f"/process-instance/{instance['id']}/modification"

    def standing() -> list[str]:
        return sorted(
            t["taskDefinitionKey"] for t in supervisor.get("/task", processInstanceId=instance["id"])
        )

    assert standing() == ["One", "Two"]
    one = supervisor.task(instance, taskDefinitionKey="One")
    (passage,) = supervisor.get(
        "/history/activity-instance", activityId="One", processInstanceId=instance["id"]
    )
    again = {"type": "startBeforeActivity", "activityId": "One", "variables": values(n=1)}
    gone = {"type": "cancel", "activityInstanceId": passage["id"]}
    supervisor.post(place, {"instructions": [gone, again], "annotation": "入错"}, status=204)
    assert standing() == ["One", "Two"]
    assert supervisor.task(instance, taskDefinitionKey="One")["id"] != one["id"]
    assert supervisor.get(f"/process-instance/{instance['id']}/variables")["n"]["value"] == 1
    # What was started before goes as well, unless only the present ones are meant.
    kept = {"type": "cancel", "activityId": "One", "cancelCurrentActiveActivityInstances": True}
    supervisor.post(place, {"instructions": [again, kept]}, status=204)
    assert standing() == ["One", "Two"]
    for wrong in (
        {"type": "cancel"},
        {"type": "cancel", "activityId": "One", "activityInstanceId": passage["id"]},
        {"type": "startTransition", "activityId": "One"},
        {"type": "startBeforeActivity", "activityId": "Nowhere"},
        {"type": "jump"},
        {"type": "cancel", "transitionInstanceId": "x"},
    ):
        assert supervisor.post(place, {"instructions": [wrong]}, status=400)["type"]
    assert supervisor.post(place, {"instructions": []}, status=400)["type"]
    assert supervisor.post(place, {"instructions": [again], "skipIoMappings": True}, status=400)["type"]
    both = [{"type": "cancel", "activityId": name} for name in ("One", "Two")]
    supervisor.post(place, {"instructions": both}, status=204)
    told = supervisor.get(f"/history/process-instance/{instance['id']}")
    assert (told["state"], told["deleteReason"]) == (
        "EXTERNALLY_TERMINATED",
        "Modified through the engine's API.",
    )
    supervisor.post(place, {"instructions": [again]}, status=404)
