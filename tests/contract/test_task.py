"""`/task`: finding, claiming and completing, as clients of Camunda 7 do."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.contract.client import DIAGRAMS, Client, diagram, ids, values
from tests.contract.conftest import House

DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000")


@pytest.fixture
def review(supervisor: Client, key: Callable[[str], str]) -> str:
    """Return the key of a deployed process of two tasks."""
    name = key("review")
    supervisor.deploy({"review.bpmn": diagram("review", name)}, name=name)
    return name


@pytest.fixture
def asked(supervisor: Client, key: Callable[[str], str]) -> str:
    """Return the key of a deployed process with a form at its start and its task."""
    name = key("asked")
    form = (DIAGRAMS / "question.form").read_bytes()
    supervisor.deploy({"asked.bpmn": diagram("asked", name), "question.form": form}, name=name)
    return name


def test_a_task_has_camundas_shape(supervisor: Client, clerk: Client, review: str) -> None:
    instance = supervisor.start(review)
    task = clerk.task(instance)
    assert DATE.fullmatch(task.pop("created"))
    assert task == {
        "id": task["id"],
        "name": "Review the request",
        "assignee": None,
        "due": "2026-12-01T01:00:00.000+0000",
        "followUp": "2026-11-30T01:00:00.000+0000",
        "lastUpdated": None,
        "delegationState": None,
        "description": None,
        "executionId": instance["id"],
        "owner": None,
        "parentTaskId": None,
        "priority": 70,
        "processDefinitionId": instance["definitionId"],
        "processInstanceId": instance["id"],
        "taskDefinitionKey": "Review",
        "caseExecutionId": None,
        "caseInstanceId": None,
        "caseDefinitionId": None,
        "suspended": False,
        "formKey": None,
        "camundaFormRef": None,
        "tenantId": None,
        "taskState": "Created",
    }
    assert clerk.get(f"/task/{task['id']}")["id"] == task["id"]


def test_a_clerk_claims_and_completes(
    supervisor: Client, clerk: Client, handler: Client, review: str
) -> None:
    instance = supervisor.start(review, variables=values(archivist="handler"))
    task = clerk.task(instance)
    clerk.post(f"/task/{task['id']}/claim", {"userId": "clerk"}, 204)
    claimed = clerk.get(f"/task/{task['id']}")
    assert (claimed["assignee"], claimed["taskState"]) == ("clerk", "Updated")
    assert DATE.fullmatch(claimed["lastUpdated"])
    body = {"variables": values(approved=True, note="fine", n=3), "withVariablesInReturn": True}
    left = clerk.post(f"/task/{task['id']}/complete", body)
    assert left["approved"] == {"type": "Boolean", "value": True, "valueInfo": {}}
    assert left["archivist"]["value"] == "handler"
    assert left["n"] == {"type": "Integer", "value": 3, "valueInfo": {}}
    assert clerk.get(f"/task/{task['id']}", 404)["type"] == "InvalidRequestException"
    second = handler.task(instance)
    assert (second["taskDefinitionKey"], second["assignee"]) == ("Archive", "handler")
    handler.post(f"/task/{second['id']}/complete", {}, 204)
    supervisor.get(f"/process-instance/{instance['id']}", 404)


def test_a_candidate_completes_without_claiming(supervisor: Client, clerk: Client, review: str) -> None:
    task = clerk.task(supervisor.start(review))
    clerk.post(f"/task/{task['id']}/complete", {"variables": values(approved=False)}, 204)
    done = clerk.get("/history/task", taskId=task["id"])
    assert (done[0]["assignee"], done[0]["taskState"]) == ("clerk", "Completed")


def test_a_completed_task_is_not_completed_twice(supervisor: Client, clerk: Client, review: str) -> None:
    task = clerk.task(supervisor.start(review))
    body = {"variables": values(approved=False)}
    clerk.post(f"/task/{task['id']}/complete", body, 204)
    again = clerk.post(f"/task/{task['id']}/complete", body, 409)
    assert again["type"] == "ProcessEngineException"
    assert "already completed" in again["message"]


def test_a_lost_claim_says_who_has_the_task(
    supervisor: Client, clerk: Client, handler: Client, review: str
) -> None:
    task = clerk.task(supervisor.start(review))
    clerk.post(f"/task/{task['id']}/claim", {"userId": "clerk"}, 204)
    clerk.post(f"/task/{task['id']}/claim", {"userId": "clerk"}, 204)
    lost = handler.post(f"/task/{task['id']}/claim", {"userId": "handler"}, 409)
    assert lost["type"] == "TaskAlreadyClaimedException"
    assert "clerk" in lost["message"]
    handler.post(f"/task/{task['id']}/complete", {}, 409)
    clerk.post(f"/task/{task['id']}/unclaim", None, 204)
    handler.post(f"/task/{task['id']}/claim", {"userId": "handler"}, 204)
    handler.post(f"/task/{task['id']}/claim", {"userId": None}, 204)
    assert handler.get(f"/task/{task['id']}")["assignee"] is None


def test_of_eight_claims_at_once_one_wins(house: House, supervisor: Client, review: str) -> None:
    people = ("clerk", "handler", "handler2", "handler3")
    clients = [(login, house.client(login)) for login in people * 2]
    task = supervisor.task(supervisor.start(review))

    def claim(who: tuple[str, Client]) -> int:
        login, client = who
        answer = client.session.post(
            f"{client.base}/task/{task['id']}/claim", json={"userId": login}, timeout=60
        )
        return answer.status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(claim, clients))
    winner = supervisor.get(f"/task/{task['id']}")["assignee"]
    assert sorted(answers) == [204, 204, *[409] * 6]
    assert all((code == 204) == (login == winner) for code, (login, _) in zip(answers, clients, strict=True))


def test_of_eight_completions_at_once_one_counts(house: House, supervisor: Client, review: str) -> None:
    clients = [house.client(login) for login in ("clerk", "handler", "handler2", "handler3") * 2]
    instance = supervisor.start(review, variables=values(archivist="handler"))
    task = supervisor.task(instance)

    def complete(client: Client) -> int:
        body = {"variables": values(approved=True)}
        place = f"{client.base}/task/{task['id']}/complete"
        return client.session.post(place, json=body, timeout=60).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(complete, clients))
    # Once it is closed, who was only a candidate does not see the task any more.
    assert answers.count(204) == 1
    assert set(answers) <= {204, 404, 409}
    assert supervisor.task(instance)["taskDefinitionKey"] == "Archive"
    assert supervisor.count("/history/task", processInstanceId=instance["id"]) == 2


def test_one_claims_for_oneself_only(supervisor: Client, clerk: Client, review: str) -> None:
    task = clerk.task(supervisor.start(review))
    refused = clerk.post(f"/task/{task['id']}/claim", {"userId": "handler"}, 403)
    assert refused["type"] == "AuthorizationException"
    assert "userId" in clerk.post(f"/task/{task['id']}/claim", {}, 400)["message"]
    supervisor.post(f"/task/{task['id']}/assignee", {"userId": "clerk2"}, 204)
    assert supervisor.get(f"/task/{task['id']}")["assignee"] == "clerk2"
    supervisor.post(f"/task/{task['id']}/assignee", {"userId": None}, 204)
    assert supervisor.get(f"/task/{task['id']}")["assignee"] is None


def test_filters_find_what_they_say(supervisor: Client, review: str) -> None:
    first = supervisor.start(review, businessKey=f"{review}-1")
    second = supervisor.start(review, businessKey=f"{review}-2")
    one, two = supervisor.task(first)["id"], supervisor.task(second)["id"]
    supervisor.post(f"/task/{two}/assignee", {"userId": "clerk"}, 204)

    def found(**asked: Any) -> set[str]:
        asked["processDefinitionKey"] = review
        by_get = ids(supervisor.get("/task", **asked))
        assert supervisor.count("/task", **asked) == len(by_get)
        return set(by_get)

    both: set[str] = {one, two}
    assert found() == both
    expected: dict[str, dict[str, set[str]]] = {
        "taskId": {one: {one}},
        "taskIdIn": {f"{one},{two}": both, f"{one},x": {one}},
        "processInstanceId": {first["id"]: {one}},
        "processInstanceIdIn": {f"{first['id']},{second['id']}": both},
        "processInstanceBusinessKey": {f"{review}-1": {one}, "x": set()},
        "processInstanceBusinessKeyIn": {f"{review}-1,{review}-2": both},
        "processInstanceBusinessKeyLike": {"%-2": {two}, "%-_": both, r"%-\_": set()},
        "processDefinitionId": {first["definitionId"]: both, "x": set()},
        "processDefinitionKeyIn": {f"x,{review}": both},
        "processDefinitionName": {"Review": both, "review": set()},
        "processDefinitionNameLike": {"rev%": both, "x%": set()},
        "executionId": {first["id"]: {one}},
        "activityInstanceIdIn": {f"Review:{one}": {one}},
        "assignee": {"clerk": {two}, "CLERK": set()},
        "assigneeLike": {"cl%": {two}},
        "assigneeIn": {"x,clerk": {two}},
        "assigneeNotIn": {"x,clerk": {one}, "x": both},
        "candidateGroup": {"clerk": {one}, "principal": set()},
        "candidateGroups": {"clerk,x": {one}, "x": set()},
        "candidateUser": {"clerk2": set(), "clerk": {one}, "handler": {one}, "handler2": {one}},
        "withCandidateGroups": {"true": both, "false": both},
        "withoutCandidateGroups": {"true": set()},
        "withCandidateUsers": {"true": set()},
        "withoutCandidateUsers": {"true": both},
        "involvedUser": {"clerk": {two}, "handler": set()},
        "assigned": {"true": {two}, "false": both},
        "unassigned": {"true": {one}},
        "taskDefinitionKey": {"Review": both, "Archive": set()},
        "taskDefinitionKeyIn": {"Archive,Review": both},
        "taskDefinitionKeyNotIn": {"Archive": both, "Review": set()},
        "taskDefinitionKeyLike": {"Rev%": both},
        "name": {"review THE request": both, "review": set()},
        "nameNotEqual": {"Review the request": set()},
        "nameLike": {"%the%": both, "the": set()},
        "nameNotLike": {"%the%": set(), "the": both},
        "priority": {"70": both, "50": set()},
        "minPriority": {"70": both, "71": set()},
        "maxPriority": {"70": both, "69": set()},
        "dueDate": {"2026-12-01T09:00:00.000+0800": both, "2026-12-01T09:00:00.001+0800": set()},
        "dueAfter": {"2026-12-01T01:00:00.000Z": set(), "2026-12-01T00:59:59.999Z": both},
        "dueBefore": {"2026-12-01T01:00:00.000Z": set(), "2026-12-01T01:00:00.001Z": both},
        "withoutDueDate": {"true": set()},
        "followUpDate": {"2026-11-30T01:00:00.000+0000": both},
        "followUpAfter": {"2026-12-30T01:00:00.000+0000": set()},
        "followUpBefore": {"2026-12-30T01:00:00.000+0000": both},
        "followUpBeforeOrNotExistent": {"2026-12-30T01:00:00.000+0000": both},
        "createdAfter": {"2020-01-01T00:00:00.000+0000": both},
        "createdBefore": {"2020-01-01T00:00:00.000+0000": set()},
        "createdOn": {supervisor.get(f"/task/{one}")["created"]: {one}},
        "active": {"true": both},
        "suspended": {"true": set()},
        "withoutTenantId": {"true": both},
    }
    for name, cases in expected.items():
        for value, wanted in cases.items():
            got = found(**{name: value})
            assert got == wanted or (name == "createdOn" and wanted <= got), f"{name}={value}"
            # Where an index serves what is asked in this order, it is found otherwise.
            assert found(**{name: value}, sortBy="dueDate", sortOrder="asc") == got, f"{name}={value}, sorted"
    assert found(candidateGroup="clerk", includeAssignedTasks="true") == both
    assert found(candidateUser="clerk", includeAssignedTasks="false") == {one}


def test_lists_are_asked_by_body_too(supervisor: Client, review: str) -> None:
    instances = [supervisor.start(review, businessKey=f"k{number}") for number in range(3)]
    body = {
        "processInstanceIdIn": ids(instances),
        "unassigned": True,
        "minPriority": 1,
        "candidateGroups": ["clerk", "x"],
        "sorting": [{"sortBy": "dueDate", "sortOrder": "desc"}, {"sortBy": "instanceId", "sortOrder": "asc"}],
    }
    found = supervisor.post("/task", body)
    assert [task["processInstanceId"] for task in found] == sorted(ids(instances))
    assert supervisor.post("/task", body, firstResult=1, maxResults=1) == found[1:2]
    counted = {name: value for name, value in body.items() if name != "sorting"}
    assert supervisor.post("/task/count", counted) == {"count": 3}
    assert "candidateGroups" in supervisor.post("/task", {"candidateGroups": "clerk"}, 400)["message"]
    assert "in the body" in supervisor.post("/task", {}, 400, assignee="clerk")["message"]


def test_pages_are_sorted_and_never_overlap(supervisor: Client, review: str) -> None:
    for _ in range(5):
        supervisor.start(review)
    for sort in (
        "instanceId",
        "executionId",
        "dueDate",
        "followUpDate",
        "assignee",
        "created",
        "lastUpdated",
        "id",
    ):
        for order in ("asc", "desc"):
            asked = {"processDefinitionKey": review, "sortBy": sort, "sortOrder": order}
            whole = ids(supervisor.get("/task", **asked))
            paged = [
                i
                for first in range(0, 6, 2)
                for i in ids(supervisor.get("/task", **asked, firstResult=first, maxResults=2))
            ]
            assert paged == whole
            assert len(set(whole)) == 5
    assert supervisor.get("/task", processDefinitionKey=review, maxResults=0) == []


def test_contradictions_are_refused(supervisor: Client) -> None:
    both = supervisor.get("/task", 400, candidateUser="clerk", candidateGroup="clerk")
    assert both["type"] == "BadUserRequestException"
    assert supervisor.get("/task", 400, includeAssignedTasks="true")["type"] == "BadUserRequestException"
    alone = supervisor.get("/task", 400, sortBy="name")
    assert alone["message"].startswith(
        "Only a single sorting parameter specified. sortBy and sortOrder required"
    )


def test_variables_of_a_task_are_its_instances(supervisor: Client, clerk: Client, review: str) -> None:
    task = clerk.task(supervisor.start(review, variables=values(a=1, list=[1, {"b": None}])))
    seen = clerk.get(f"/task/{task['id']}/variables")
    assert seen["a"] == {"type": "Integer", "value": 1, "valueInfo": {}}
    assert seen["list"]["value"] == [1, {"b": None}]
    assert clerk.get(f"/task/{task['id']}/variables/a")["value"] == 1
    raw = clerk.get(f"/task/{task['id']}/variables/list", deserializeValue="false")
    assert raw["value"] == '[1, {"b": null}]'
    assert clerk.get(f"/task/{task['id']}/variables/b", 404)["type"] == "InvalidRequestException"
    assert list(clerk.get(f"/task/{task['id']}/form-variables", variableNames="a,x")) == ["a"]


def test_a_form_is_shown_and_checked(supervisor: Client, clerk: Client, asked: str) -> None:
    start = f"/process-definition/key/{asked}"
    assert supervisor.get(f"{start}/startForm")["camundaFormRef"]["key"] == "question"
    assert supervisor.get(f"{start}/deployed-start-form")["id"] == "question"
    refused = supervisor.start(asked, 400, variables=values(amount=-1, extra="x"))
    assert refused["type"] == "InvalidRequestException"
    assert {"subject", "amount", "extra"} <= refused["fields"].keys()
    for name in ("subject", "amount", "extra"):
        assert name in refused["message"]
    task = clerk.task(supervisor.start(asked, variables=values(subject="Hello", amount=2)))
    reference = {"key": "question", "binding": "deployment", "version": None}
    assert (task["formKey"], task["camundaFormRef"]) == (None, reference)
    place = f"/task/{task['id']}"
    assert clerk.get(f"{place}/form") == {"key": None, "camundaFormRef": reference, "contextPath": None}
    assert clerk.get(f"{place}/deployed-form")["components"][0]["key"] == "subject"
    assert clerk.get(f"{place}/form-variables")["subject"]["value"] == "Hello"
    bad = clerk.post(f"{place}/complete", {"variables": values(amount="much", extra=1)}, 400)
    assert {"subject", "amount", "extra"} <= bad["fields"].keys()
    clerk.post(f"{place}/submit-form", {"variables": values(subject="Bye", amount=3)}, 204)


def test_a_task_without_a_form_says_so(supervisor: Client, clerk: Client, review: str) -> None:
    task = clerk.task(supervisor.start(review))
    assert clerk.get(f"/task/{task['id']}/form") == {"key": None, "camundaFormRef": None, "contextPath": None}
    assert clerk.get(f"/task/{task['id']}/deployed-form", 404)["type"] == "InvalidRequestException"


def test_an_opinion_is_asked_for_and_comes_back(
    supervisor: Client, clerk: Client, handler: Client, review: str
) -> None:
    instance = supervisor.start(review)
    place = f"/task/{clerk.task(instance)['id']}"
    assert "has a task" in clerk.post(f"{place}/delegate", {"userId": "handler"}, 409)["message"]
    clerk.post(f"{place}/claim", {"userId": "clerk"}, 204)
    clerk.post(f"{place}/delegate", {"userId": None}, 400)
    clerk.post(f"{place}/delegate", {"userId": "handler"}, 204)
    clerk.post(f"{place}/claim", {"userId": "clerk"}, 204)  # taken back
    assert clerk.get(place)["delegationState"] is None
    clerk.post(f"{place}/delegate", {"userId": "handler"}, 204)
    asked = handler.get(place)
    assert (asked["assignee"], asked["owner"], asked["delegationState"]) == ("handler", "clerk", "PENDING")
    assert ids(supervisor.get("/task", owner="clerk", delegationState="PENDING")) == [asked["id"]]
    owner = {"userId": "clerk", "groupId": None, "type": "owner"}
    assert clerk.get(f"{place}/identity-links", type="owner") == [owner]
    handler.post(f"{place}/complete", {}, 409)
    clerk.post(f"{place}/complete", {}, 409)
    for wrong in ({}, values(opinion=""), values(opinion="x", total=3), values(opinion="x", agrees="yes")):
        handler.post(f"{place}/resolve", {"variables": wrong}, 400)
    handler.post(f"{place}/resolve", {"variables": values(opinion="agreed", agrees=True)}, 204)
    again = clerk.get(place)
    assert (again["assignee"], again["owner"], again["delegationState"]) == ("clerk", "clerk", "RESOLVED")
    handler.post(f"{place}/resolve", {"variables": values(opinion="x")}, 409)
    clerk.post(f"{place}/complete", {"variables": values(approved=False)}, 204)


def test_identity_links_name_candidates_and_assignee(supervisor: Client, clerk: Client, asked: str) -> None:
    task = clerk.task(supervisor.start(asked, variables=values(subject="x")))
    place = f"/task/{task['id']}/identity-links"
    candidates = [
        {"userId": None, "groupId": "clerk", "type": "candidate"},
        {"userId": "handler2", "groupId": None, "type": "candidate"},
    ]
    assert clerk.get(place) == candidates
    clerk.post(f"/task/{task['id']}/claim", {"userId": "clerk"}, 204)
    assignee = {"userId": "clerk", "groupId": None, "type": "assignee"}
    assert clerk.get(place) == [assignee, *candidates]
    assert clerk.get(place, type="assignee") == [assignee]


def test_what_one_may_not_see_is_not_there(
    house: House, supervisor: Client, clerk: Client, review: str
) -> None:
    stranger = house.client("agency")
    task = clerk.task(supervisor.start(review))
    assert stranger.get("/task", processDefinitionKey=review) == []
    assert stranger.count("/task", processDefinitionKey=review) == 0
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/variables", None),
        ("GET", "/form-variables", None),
        ("GET", "/form", None),
        ("GET", "/identity-links", None),
        ("POST", "/claim", {"userId": "agency"}),
        ("POST", "/unclaim", None),
        ("POST", "/assignee", {"userId": "agency"}),
        ("POST", "/delegate", {"userId": "agency"}),
        ("POST", "/resolve", {"variables": {"opinion": {"value": "x"}}}),
        ("POST", "/complete", {}),
    ):
        hidden = stranger.call(method, f"/task/{task['id']}{path}", 404, json=body)
        absent = stranger.call(method, f"/task/nothing{path}", 404, json=body)
        assert hidden["message"].replace(task["id"], "nothing") == absent["message"]
