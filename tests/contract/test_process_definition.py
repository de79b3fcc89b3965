"""`/process-definition`: the versions of processes, and starting them."""

from collections.abc import Callable

from tests.contract.client import Client, diagram, ids, values


def test_versions_are_found(supervisor: Client, clerk: Client, key: Callable[[str], str]) -> None:
    review = key("review")
    content = diagram("review", review)
    made = supervisor.deploy({"review.bpmn": content}, name=review)
    (first,) = made["deployedProcessDefinitions"]
    second_made = supervisor.deploy({"review.bpmn": content.replace(b"v1", b"v2")}, name=review)
    (second,) = second_made["deployedProcessDefinitions"]

    asked = {"key": review, "sortBy": "version", "sortOrder": "asc"}
    assert ids(clerk.get("/process-definition", **asked)) == [first, second]
    assert ids(clerk.get("/process-definition", **asked, firstResult=1)) == [second]
    for name, value, wanted in (
        ("processDefinitionId", first, [first]),
        ("processDefinitionIdIn", f"{first},x", [first]),
        ("keysIn", f"{review},x", [first, second]),
        ("keyLike", f"{review[:-1]}_", [first, second]),
        ("name", "Review", [first, second]),
        ("nameLike", "rev%", [first, second]),
        ("version", "2", [second]),
        ("latestVersion", "true", [second]),
        ("deploymentId", made["id"], [first]),
        ("deployedAt", made["deploymentTime"], [first]),
        ("deployedAfter", "2020-01-01T00:00:00.000Z", [first, second]),
        ("resourceName", "review.bpmn", [first, second]),
        ("resourceNameLike", "%.dmn", []),
        ("versionTag", "v2", [second]),
        ("versionTagLike", "v_", [first, second]),
        ("withoutVersionTag", "true", []),
        ("active", "true", [first, second]),
        ("suspended", "true", []),
    ):
        assert ids(clerk.get("/process-definition", **asked, **{name: value})) == wanted, name
        assert clerk.count("/process-definition", key=review, **{name: value}) == len(wanted), name
    assert clerk.get(f"/process-definition/{first}")["version"] == 1
    assert clerk.get(f"/process-definition/key/{review}")["id"] == second
    assert clerk.get(f"/process-definition/{first}/xml") == {"id": first, "bpmn20Xml": content.decode()}
    assert "v2" in clerk.get(f"/process-definition/key/{review}/xml")["bpmn20Xml"]


def test_what_is_not_there_is_said_so(supervisor: Client) -> None:
    by_id = supervisor.get("/process-definition/nothing", 404)
    assert by_id == {
        "type": "InvalidRequestException",
        "message": "No matching definition with id nothing",
        "code": None,
    }
    by_key = supervisor.get("/process-definition/key/nothing", 404)
    assert by_key["message"] == "No matching process definition with key: nothing and no tenant-id"
    supervisor.get("/process-definition/nothing/xml", 404)
    supervisor.post("/process-definition/nothing/start", {}, 404)
    supervisor.start("nothing", 404)


def test_an_instance_starts_by_id_and_by_key(supervisor: Client, key: Callable[[str], str]) -> None:
    review = key("review")
    made = supervisor.deploy({"review.bpmn": diagram("review", review)}, name=review)
    (definition,) = made["deployedProcessDefinitions"]
    # As the desktop modeler starts what it has just deployed.
    started = supervisor.post(f"/process-definition/{definition}/start", {"businessKey": "default"})
    assert started == {
        "links": [
            {
                "method": "GET",
                "href": f"{supervisor.base}/process-instance/{started['id']}",
                "rel": "self",
            }
        ],
        "id": started["id"],
        "definitionId": definition,
        "definitionKey": review,
        "businessKey": "default",
        "caseInstanceId": None,
        "ended": False,
        "suspended": False,
        "tenantId": None,
    }
    body = {"variables": {"n": {"value": "7", "type": "Long"}}, "withVariablesInReturn": True}
    again = supervisor.start(review, **body)
    assert again["businessKey"] is None
    assert again["variables"]["n"] == {"type": "Integer", "value": 7, "valueInfo": {}}
    # No body at all starts an instance without variables.
    supervisor.post(f"/process-definition/key/{review}/start")


def test_only_who_may_starts(supervisor: Client, clerk: Client, key: Callable[[str], str]) -> None:
    review = key("review")
    supervisor.deploy({"review.bpmn": diagram("review", review)}, name=review)
    refused = clerk.start(review, 403)
    assert refused["type"] == "AuthorizationException"


def test_what_a_start_does_not_know_is_refused(supervisor: Client, key: Callable[[str], str]) -> None:
    review = key("review")
    supervisor.deploy({"review.bpmn": diagram("review", review)}, name=review)
    for member, value in (
        ("startInstructions", [{"type": "startBeforeActivity", "activityId": "Archive"}]),
        ("caseInstanceId", "c"),
        ("skipIoMappings", True),
        ("nonsense", 1),
        ("businessKey", "x" * 256),
        ("businessKey", "a\u0000b"),
        ("variables", [1]),
        ("variables", {"a": 1}),
        ("variables", {"a": {"value": 1, "kind": "Integer"}}),
    ):
        refused = supervisor.start(review, 400, **{member: value})
        assert refused["type"] == "InvalidRequestException"
        assert member in refused["message"]
    supervisor.start(review, skipCustomListeners=True, startInstructions=[], caseInstanceId=None)


def test_a_suspended_definition_starts_nothing(
    supervisor: Client, clerk: Client, key: Callable[[str], str]
) -> None:
    review = key("review")
    supervisor.deploy({"review.bpmn": diagram("review", review)}, name=review)
    place = f"/process-definition/key/{review}/suspended"
    clerk.put(place, {"suspended": True}, 403)
    supervisor.put(place, {"suspended": True, "includeProcessInstances": True}, 400)
    supervisor.put(place, {"suspended": True, "includeProcessInstances": False, "executionDate": None})
    assert supervisor.get(f"/process-definition/key/{review}")["suspended"] is True
    refused = supervisor.start(review, 409, variables=values(a=1))
    assert refused["type"] == "SuspendedEntityInteractionException"
    supervisor.put(place, {"suspended": False})
    supervisor.start(review)
