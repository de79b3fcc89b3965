"""The edges of the API: who is let in, what is not offered, and what hostile input gets for an answer."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
import requests

from server.auth import tokens
from tests.contract.client import Client, basic, diagram
from tests.contract.conftest import House

LISTS = (
    "/task",
    "/process-instance",
    "/process-definition",
    "/deployment",
    "/incident",
    "/history/process-instance",
    "/history/activity-instance",
    "/history/task",
)
POSTED = tuple(path for path in LISTS if path not in {"/process-definition", "/deployment", "/incident"})


def test_version_and_engine(clerk: Client) -> None:
    assert clerk.get("/version") == {"version": "7.24.0"}
    assert clerk.get("/engine") == [{"name": "default"}]


@pytest.mark.parametrize("path", [*LISTS, "/version", "/engine", "/task/x", "/deployment/x"])
def test_nobody_is_let_in_without_a_word(house: House, path: str) -> None:
    assert Client(house.base, {}).get(path, 401)["type"] == "AuthenticationException"
    answer = requests.get(house.base + path, timeout=60)
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_a_wrong_password_lets_nobody_in(house: House) -> None:
    wrong = Client(house.base, basic("principal", "wrong"))
    refused = wrong.get("/engine", 401)
    assert refused["type"] == "AuthenticationException"


def test_a_bearer_token_is_as_good_as_a_password(house: House) -> None:
    with house.database.unit_of_work() as session:
        token = tokens.create(session, "clerk", "contract test", lasts=timedelta(hours=1), actor="clerk")
    client = Client(house.base, {"Authorization": f"Bearer {token}"})
    assert client.get("/engine") == [{"name": "default"}]
    Client(house.base, {"Authorization": f"Bearer {token}x"}).get("/engine", 401)


def test_the_modeler_deploys_with_a_token_that_is_for_that_alone(
    house: House, key: Callable[[str], str]
) -> None:
    with house.database.unit_of_work() as session:
        how = {"lasts": timedelta(hours=1), "actor": "supervisor", "scopes": ["deploy"]}
        token = tokens.create(session, "supervisor", "modeler", **how)
    modeler = Client(house.base, {"Authorization": f"Bearer {token}"})
    review = key("review")
    modeler.get("/version")
    made = modeler.deploy({"review.bpmn": diagram("review", review)}, name=review)
    assert len(made["deployedProcessDefinitions"]) == 1
    modeler.get("/task", 403)


@pytest.mark.parametrize("path", LISTS)
def test_what_a_list_does_not_know_is_refused(supervisor: Client, path: str) -> None:
    for asked, word in (
        ({"nonsense": "1"}, "nonsense"),
        ({"processVariables": "a_eq_1"}, "processVariables"),
        ({"variables": "a_eq_1"}, "variables"),
        ({"tenantIdIn": "a"}, "tenantIdIn"),
        ({"sortBy": "nonsense", "sortOrder": "asc"}, "sortBy"),
        ({"sortBy": "id", "sortOrder": "up"}, "sortOrder"),
        ({"firstResult": "-1"}, "firstResult"),
        ({"maxResults": "x"}, "maxResults"),
        ({"maxResults": "99999999999999999999"}, "maxResults"),
    ):
        refused = supervisor.get(path, 400, **asked)
        assert refused["type"] == "InvalidRequestException"
        assert word in refused["message"]
    assert supervisor.get(path, 400, maxResults="10001")["message"] == "Max results limit of 10000 exceeded!"
    assert supervisor.get(path, firstResult="9999999999", maxResults="1") == []
    assert "nonsense" in supervisor.get(f"{path}/count", 400, nonsense="1")["message"]
    twice = supervisor.call("GET", f"{path}?maxResults=1&maxResults=2", 400)
    assert "more than once" in twice["message"]


@pytest.mark.parametrize("path", POSTED)
def test_a_posted_query_is_as_strict(supervisor: Client, path: str) -> None:
    for body, word in (
        ({"nonsense": 1}, "nonsense"),
        ({"orQueries": [{}]}, "orQueries"),
        ({"sorting": [{"sortBy": "x", "sortOrder": "asc"}]}, "sortBy"),
        ({"sorting": [{"sortBy": "x"}]}, "sort"),
        ({"finished" if "history" in path else "active": "maybe"}, "boolean"),
        ({"processDefinitionId": 5}, "processDefinitionId"),
        ({"processDefinitionId": "a\u0000b"}, "U+0000"),
    ):
        assert word in supervisor.post(path, body, 400)["message"]
    for raw in ("[]", "5", "null", "{", '{"a":', "[" * 100_000, "\udc80"):
        answer = supervisor.session.post(
            supervisor.base + path,
            data=raw.encode(errors="surrogateescape"),
            headers={"Content-Type": "application/json"},
            timeout=60,
        )
        assert answer.status_code == 400, raw[:20]
        assert answer.json()["type"] == "InvalidRequestException"
    supervisor.call("POST", path, 415, data="a=1", headers={"Content-Type": "text/plain"})


@pytest.mark.parametrize("path", POSTED)
def test_what_generated_clients_say_without_meaning_it_is_let_pass(supervisor: Client, path: str) -> None:
    body = {
        "processDefinitionId": "nothing",
        "orQueries": [],
        "processVariables": None,
        "variableNamesIgnoreCase": False,
        "tenantIdIn": None,
        "withoutTenantId": False,
        "sorting": None,
    }
    assert supervisor.post(path, body) == []
    by_instance = {
        "sortBy": "processInstanceId" if path == "/history/task" else "instanceId",
        "sortOrder": "asc",
    }
    sorting = [{**by_instance, "parameters": None}]
    assert supervisor.post(path, {"processDefinitionId": "nothing", "sorting": sorting}) == []
    assert supervisor.get(path, processDefinitionId="nothing", variableNamesIgnoreCase="false") == []
    # Python's generated client writes its booleans so.
    assert supervisor.get(path, processDefinitionId="nothing", withoutTenantId="True") == []


@pytest.mark.parametrize("path", LISTS)
def test_hostile_texts_find_nothing_and_break_nothing(supervisor: Client, path: str) -> None:
    name = "id" if path == "/deployment" else "processDefinitionId"
    for text in ("'; drop table task; --", "%", "\\", "${1+1}", "\u202e", "x" * 5000, "😀"):
        assert supervisor.get(path, **{name: text}) == []
        assert supervisor.count(path, **{name: text}) == 0
    assert "U+0000" in supervisor.get(path, 400, **{name: "a\x00b"})["message"]


def test_a_pattern_is_a_pattern(supervisor: Client) -> None:
    refused = supervisor.get("/task", 400, nameLike="x\\")
    assert "nameLike" in refused["message"]
    assert supervisor.get("/task", nameLike="x\\\\") == []


@pytest.mark.parametrize(
    "date",
    [
        "2026-11-22",
        "2026-11-22T09:00:00",
        "tomorrow",
        "2026-13-01T00:00:00.000+0000",
        "9999-12-31T23:59:59.999-1400",
    ],
)
def test_a_bad_date_says_what_a_good_one_is(supervisor: Client, date: str) -> None:
    assert "dueBefore: " in supervisor.get("/task", 400, dueBefore=date)["message"]


def test_far_dates_are_no_trouble(supervisor: Client) -> None:
    for date in ("0001-01-01T00:00:00.000+0000", "9999-12-31T23:59:59.998+0000"):
        for name in ("dueBefore", "dueAfter", "dueDate"):
            supervisor.get("/task", **{name: date})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/execution"),
        ("GET", "/variable-instance"),
        ("GET", "/case-definition"),
        ("GET", "/user"),
        ("POST", "/modification/execute"),
        ("GET", "/a/b/c/d"),
    ],
)
def test_what_is_not_offered_says_so(clerk: Client, method: str, path: str) -> None:
    refused = clerk.call(method, path, 404)
    assert refused == {
        "type": "NotFoundException",
        "message": f"{method} /engine-rest{path} is not offered: see docs/reference/engine-rest.md.",
        "code": None,
    }


def test_a_wrong_method_is_named(clerk: Client) -> None:
    refused = clerk.call("PUT", "/task", 405)
    assert refused["type"] == "NotAllowedException"
    refused = clerk.call("DELETE", "/task/x", 405)
    assert "DELETE" in refused["message"]


def test_ids_that_no_database_holds_name_nothing(clerk: Client) -> None:
    for path in (
        "/task/%00",
        "/process-instance/a%00b",
        "/process-definition/key/%00/xml",
        "/deployment/%00",
    ):
        assert clerk.call("GET", path, 404)["type"] == "InvalidRequestException"
    clerk.get(f"/task/{'x' * 3000}", 404)


def test_every_answer_is_json_without_a_trace(supervisor: Client, key: Callable[[str], str]) -> None:
    review = key("review")
    supervisor.deploy({"review.bpmn": diagram("review", review)}, name=review)
    answer = supervisor.session.post(
        f"{supervisor.base}/process-definition/key/{review}/start",
        data=json.dumps({"variables": {"a": {"value": 1, "type": "Integer", "valueInfo": 5}}}),
        headers={"Content-Type": "application/json"},
        timeout=60,
    )
    assert answer.status_code == 400
    assert "valueInfo" in answer.json()["message"]
    assert "Traceback" not in answer.text


def test_a_fault_of_a_run_stores_nothing(
    supervisor: Client, clerk: Client, key: Callable[[str], str]
) -> None:
    review = key("review")
    supervisor.deploy({"review.bpmn": diagram("review", review)}, name=review)
    task = clerk.task(supervisor.start(review))
    # Nobody has said what the gateway asks for.
    failed = clerk.post(f"/task/{task['id']}/complete", {"variables": {"x": {"value": 1}}}, 500)
    assert failed["type"] == "ProcessEngineException"
    assert "approved" in failed["message"]
    assert "Traceback" not in json.dumps(failed)
    still = clerk.get(f"/task/{task['id']}")
    assert still["assignee"] is None
    assert clerk.get(f"/task/{task['id']}/variables") == {}
