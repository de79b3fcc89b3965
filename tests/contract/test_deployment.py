"""`/deployment` as the desktop modeler and other clients use it."""

import re
from collections.abc import Callable

import pytest

from tests.contract.client import DIAGRAMS, Client, diagram, ids
from tests.contract.conftest import House

DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000")


def test_the_modeler_deploys_and_gets_its_definition(supervisor: Client, key: Callable[[str], str]) -> None:
    review = key("review")
    supervisor.get("/deployment", maxResults=0)
    answer = supervisor.deploy({"review.bpmn": diagram("review", review)}, name=review)
    assert answer["links"] == [
        {"method": "GET", "href": f"{supervisor.base}/deployment/{answer['id']}", "rel": "self"}
    ]
    assert (answer["name"], answer["source"], answer["tenantId"]) == (review, "Camunda Modeler", None)
    assert DATE.fullmatch(answer["deploymentTime"])
    (identifier,) = answer["deployedProcessDefinitions"]
    assert answer["deployedProcessDefinitions"][identifier] == {
        "id": identifier,
        "key": review,
        "category": None,
        "description": None,
        "name": "Review",
        "version": 1,
        "resource": "review.bpmn",
        "deploymentId": answer["id"],
        "diagram": None,
        "suspended": False,
        "tenantId": None,
        "versionTag": "v1",
        "historyTimeToLive": None,
        "startableInTasklist": True,
    }
    assert identifier.startswith(f"{review}:1:")
    for nothing in ("Case", "Decision", "DecisionRequirements"):
        assert answer[f"deployed{nothing}Definitions"] is None


def test_the_same_again_is_not_deployed_again(supervisor: Client, key: Callable[[str], str]) -> None:
    review = key("review")
    files = {"review.bpmn": diagram("review", review)}
    first = supervisor.deploy(files, name=review)
    assert supervisor.deploy(files, name=review)["id"] == first["id"]
    assert supervisor.count("/process-definition", key=review) == 1
    without = supervisor.deploy(files, name=review, enable_duplicate_filtering="false")
    assert without["id"] != first["id"]
    changed = {"review.bpmn": files["review.bpmn"].replace(b"File it", b"Store it")}
    supervisor.deploy(changed, name=review, deploy_changed_only="true", enable_duplicate_filtering="false")
    assert supervisor.get(f"/process-definition/key/{review}")["version"] == 3


def test_deployments_are_found(supervisor: Client, clerk: Client, key: Callable[[str], str]) -> None:
    name = key("Found")
    first = supervisor.deploy({"a.bpmn": diagram("review", key("review"))}, name=name)
    second = supervisor.deploy({"b.bpmn": diagram("review", key("review"))}, name=name, deployment_source="")
    shown = {name: first[name] for name in ("id", "name", "source", "deploymentTime", "tenantId")}
    assert clerk.get(f"/deployment/{first['id']}") == {"links": [], **shown}
    asked = {"name": name, "sortBy": "deploymentTime", "sortOrder": "desc"}
    assert ids(clerk.get("/deployment", **asked)) == [second["id"], first["id"]]
    assert ids(clerk.get("/deployment", **asked, firstResult=1, maxResults=5)) == [first["id"]]
    assert ids(clerk.get("/deployment", name=name, withoutSource="true")) == [second["id"]]
    assert clerk.count("/deployment", nameLike=f"f%{name[2:]}") == 2
    assert clerk.count("/deployment", name=name, after=first["deploymentTime"]) <= 1
    assert clerk.count("/deployment", name=name, before="2001-01-01T00:00:00.000+0000") == 0
    missing = clerk.get("/deployment/nowhere", 404)
    assert missing["type"] == "InvalidRequestException"
    assert "'nowhere' does not exist" in missing["message"]


def test_files_come_back_as_they_were_sent(supervisor: Client, key: Callable[[str], str]) -> None:
    asked = key("asked")
    content = diagram("asked", asked)
    form = (DIAGRAMS / "question.form").read_bytes()
    made = supervisor.deploy(
        {"asked.bpmn": content, "question.form": form, "笔记.txt": b"\x00\xff"}, name=asked
    )
    files = supervisor.get(f"/deployment/{made['id']}/resources")
    assert [file["name"] for file in files] == ["asked.bpmn", "question.form", "笔记.txt"]
    assert all(file["deploymentId"] == made["id"] for file in files)
    place = f"/deployment/{made['id']}/resources/{files[0]['id']}"
    assert supervisor.get(place) == files[0]
    data = supervisor.get(f"{place}/data")
    assert data.content == content
    assert data.headers["Content-Type"].startswith("application/xml")
    assert data.headers["Content-Disposition"].startswith("attachment")
    note = supervisor.get(f"/deployment/{made['id']}/resources/{files[2]['id']}/data")
    assert note.content == b"\x00\xff"
    assert note.headers["Content-Type"] == "application/octet-stream"
    other = supervisor.deploy({"review.bpmn": diagram("review", key("review"))}, name=key("other"))
    supervisor.get(f"/deployment/{other['id']}/resources/{files[0]['id']}", 404)


def test_an_unused_deployment_is_deleted_and_a_used_one_stays(
    supervisor: Client, key: Callable[[str], str]
) -> None:
    review = key("review")
    unused = supervisor.deploy({"review.bpmn": diagram("review", review)}, name=review)
    supervisor.delete(f"/deployment/{unused['id']}")
    supervisor.get(f"/deployment/{unused['id']}", 404)
    supervisor.get(f"/process-definition/key/{review}", 404)
    used = supervisor.deploy({"review.bpmn": diagram("review", review)}, name=review)
    supervisor.start(review)
    for cascade in ("false", "true"):
        refused = supervisor.delete(f"/deployment/{used['id']}", 409, cascade=cascade)
        assert refused["type"] == "ProcessEngineException"
        assert "instances" in refused["message"]
    supervisor.get(f"/process-definition/key/{review}")
    supervisor.delete("/deployment/nowhere", 404)


def test_only_who_owns_the_processes_deploys(clerk: Client, key: Callable[[str], str]) -> None:
    refused = clerk.deploy({"review.bpmn": diagram("review", key("review"))}, 403)
    assert refused["type"] == "AuthorizationException"
    clerk.delete("/deployment/nowhere", 403)


def test_a_broken_diagram_is_refused_element_by_element(
    supervisor: Client, key: Callable[[str], str]
) -> None:
    broken, good = key("broken"), key("review")
    files = {"broken.bpmn": diagram("broken", broken), "good.bpmn": diagram("review", good)}
    refused = supervisor.deploy(files, 400)
    assert refused["type"] == "ParseException"
    # The modeler knows by these words that the diagram is to blame.
    assert refused["message"].startswith("ENGINE-09005 Could not parse BPMN process. Errors: \n* ")
    assert "resource broken.bpmn | line" in refused["message"]
    assert not refused["details"].get("good.bpmn", {}).get("errors")
    errors = {e["mainElementId"]: e for e in refused["details"]["broken.bpmn"]["errors"]}
    assert {"Second", "Run"} <= errors.keys()
    assert errors["Run"]["elementIds"] == ["Run"]
    lines = (DIAGRAMS / "broken.bpmn").read_text().splitlines()
    for name, error in errors.items():
        assert f'id="{name}"' in lines[error["line"] - 1]
        assert error["column"] == lines[error["line"] - 1].index("<") + 1
        assert error["message"] in refused["message"]
    # Nothing of it was taken, the good half neither.
    assert supervisor.count("/process-definition", keysIn=f"{broken},{good}") == 0


def test_billion_laughs_are_not_laughed(supervisor: Client) -> None:
    refused = supervisor.deploy({"laughs.bpmn": (DIAGRAMS / "laughs.bpmn").read_bytes()}, 400)
    assert refused["type"] == "ParseException"
    (error,) = refused["details"]["laughs.bpmn"]["errors"]
    assert error["line"] == 2
    assert error["mainElementId"] is None
    assert error["elementIds"] == []


@pytest.mark.parametrize("content", [b"", b"not xml", b"<a><b></a>", b"\xff\xfe<\x00a\x00", b"<a/>"])
def test_what_is_no_diagram_is_refused(supervisor: Client, content: bytes) -> None:
    refused = supervisor.deploy({"bad.bpmn": content}, 400)
    assert refused["type"] == "ParseException"
    assert refused["details"]["bad.bpmn"]["errors"]
    assert "Traceback" not in refused["message"]


def test_a_form_without_files_or_with_a_tenant_is_refused(
    supervisor: Client, key: Callable[[str], str]
) -> None:
    content = diagram("review", key("review"))
    empty = supervisor.call("POST", "/deployment/create", 400, data={"deployment-name": "x"}, files={})
    assert empty["message"] == "No deployment resources contained in the form upload."
    tenant = supervisor.deploy({"review.bpmn": content}, 400, tenant_id="north")
    assert "tenant-id: There are no tenants here" in tenant["message"]
    later = supervisor.deploy({"review.bpmn": content}, 400, deployment_activation_time="2030-01-01")
    assert "deployment-activation-time" in later["message"]
    parts = [("a", ("same.bpmn", content)), ("b", ("same.bpmn", content))]
    twice = supervisor.call("POST", "/deployment/create", 400, data={"deployment-name": "x"}, files=parts)
    assert "same.bpmn" in twice["message"]


def test_the_office_refuses_what_the_engine_would_take(
    office_house: House, key: Callable[[str], str]
) -> None:
    refused = office_house.client("supervisor").deploy({"review.bpmn": diagram("review", key("review"))}, 400)
    assert refused["type"] == "ParseException"
    errors = refused["details"]["review.bpmn"]["errors"]
    assert "Archive" in {error["mainElementId"] for error in errors}
