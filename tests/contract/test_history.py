"""`/history`: what ran, as Camunda 7 tells it."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from tests.contract.client import Client, diagram, ids, pretty, values
from tests.contract.conftest import House
from tests.workflows.tables import definitions, needs, table
from workflows.model import Incident

DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000")


@pytest.fixture
def review(supervisor: Client, key: Callable[[str], str]) -> str:
    """Return the key of a deployed process of two tasks."""
    name = key("review")
    supervisor.deploy({"review.bpmn": diagram("review", name)}, name=name)
    return name


def test_instances_keep_their_history(supervisor: Client, clerk: Client, review: str) -> None:
    running = supervisor.start(review, businessKey="R")
    ended = supervisor.start(review, businessKey="E")
    clerk.post(f"/task/{clerk.task(ended)['id']}/complete", {"variables": values(approved=False)}, 204)
    shown = supervisor.get(f"/history/process-instance/{ended['id']}")
    assert DATE.fullmatch(shown.pop("startTime"))
    assert DATE.fullmatch(shown["endTime"])
    assert shown["durationInMillis"] >= 0
    assert shown == {
        "id": ended["id"],
        "businessKey": "E",
        "processDefinitionId": ended["definitionId"],
        "processDefinitionKey": review,
        "processDefinitionName": "Review",
        "processDefinitionVersion": 1,
        "endTime": shown["endTime"],
        "removalTime": None,
        "durationInMillis": shown["durationInMillis"],
        "startUserId": "supervisor",
        "startActivityId": "Start",
        "deleteReason": None,
        "rootProcessInstanceId": ended["id"],
        "superProcessInstanceId": None,
        "superCaseInstanceId": None,
        "caseInstanceId": None,
        "tenantId": None,
        "state": "COMPLETED",
        "restartedProcessInstanceId": None,
    }
    asked = {"processDefinitionKey": review, "sortBy": "startTime", "sortOrder": "asc"}
    both, live, done = [running["id"], ended["id"]], [running["id"]], [ended["id"]]
    for name, value, wanted in (
        ("processInstanceId", ended["id"], done),
        ("processInstanceIds", f"{ended['id']},x", done),
        ("processDefinitionId", ended["definitionId"], both),
        ("processDefinitionKeyIn", review, both),
        ("processDefinitionKeyNotIn", review, []),
        ("processDefinitionName", "Review", both),
        ("processDefinitionNameLike", "%view", both),
        ("processInstanceBusinessKey", "E", done),
        ("processInstanceBusinessKeyIn", "E,R", both),
        ("processInstanceBusinessKeyLike", "e%", done),
        ("finished", "true", done),
        ("unfinished", "true", live),
        ("active", "true", live),
        ("suspended", "true", []),
        ("completed", "true", done),
        ("externallyTerminated", "true", []),
        ("internallyTerminated", "true", []),
        ("startedBy", "supervisor", both),
        ("startedBy", "clerk", []),
        ("startedAfter", "2020-01-01T00:00:00.000+0000", both),
        ("startedBefore", "2020-01-01T00:00:00.000+0000", []),
        ("finishedAfter", shown["endTime"], done),
        ("finishedBefore", shown["endTime"], done),
        ("executedActivityAfter", "2020-01-01T00:00:00.000+0000", both),
        ("executedActivityBefore", "2020-01-01T00:00:00.000+0000", []),
        ("executedActivityIdIn", "Dropped", done),
        ("activeActivityIdIn", "Review,x", live),
        ("activityIdIn", "Review", live),
        ("withIncidents", "true", []),
        ("incidentStatus", "open", []),
        ("rootProcessInstances", "true", both),
    ):
        assert ids(clerk.get("/history/process-instance", **asked, **{name: value})) == wanted, name
        counted = clerk.count("/history/process-instance", processDefinitionKey=review, **{name: value})
        assert counted == len(wanted), name
    assert supervisor.post("/history/process-instance/count", {"processInstanceIds": both}) == {"count": 2}
    missing = supervisor.get("/history/process-instance/nothing", 404)
    assert missing["message"] == "Historic process instance with id nothing does not exist"


def test_activities_tell_the_way(supervisor: Client, clerk: Client, review: str) -> None:
    instance = supervisor.start(review)
    task = clerk.task(instance)
    clerk.post(f"/task/{task['id']}/complete", {"variables": values(approved=False)}, 204)
    asked = {"processInstanceId": instance["id"], "sortBy": "occurrence", "sortOrder": "asc"}
    way = clerk.get("/history/activity-instance", **asked)
    assert [(step["activityId"], step["activityType"]) for step in way] == [
        ("Start", "startEvent"),
        ("Review", "userTask"),
        ("Decision", "exclusiveGateway"),
        ("Dropped", "noneEndEvent"),
    ]
    step = way[1]
    assert DATE.fullmatch(step.pop("startTime"))
    assert DATE.fullmatch(step.pop("endTime"))
    assert step.pop("durationInMillis") >= 0
    assert step == {
        "id": step["id"],
        "parentActivityInstanceId": instance["id"],
        "activityId": "Review",
        "activityName": "Review the request",
        "activityType": "userTask",
        "processDefinitionKey": review,
        "processDefinitionId": instance["definitionId"],
        "processInstanceId": instance["id"],
        "executionId": instance["id"],
        "taskId": task["id"],
        "calledProcessInstanceId": None,
        "calledCaseInstanceId": None,
        "assignee": "clerk",
        "canceled": False,
        "completeScope": False,
        "tenantId": None,
        "removalTime": None,
        "rootProcessInstanceId": instance["id"],
    }
    for name, value, wanted in (
        ("activityInstanceId", step["id"], 1),
        ("processDefinitionId", instance["definitionId"], 4),
        ("executionId", instance["id"], 4),
        ("activityId", "Decision", 1),
        ("activityName", "Approved?", 1),
        ("activityNameLike", "%review%", 1),
        ("activityType", "noneEndEvent", 1),
        ("activityType", "endEvent", 0),
        ("taskAssignee", "clerk", 1),
        ("finished", "true", 4),
        ("unfinished", "true", 0),
        ("canceled", "true", 0),
        ("startedAfter", "2020-01-01T00:00:00.000+0000", 4),
        ("startedBefore", "2020-01-01T00:00:00.000+0000", 0),
        ("finishedAfter", "2020-01-01T00:00:00.000+0000", 4),
        ("finishedBefore", "2020-01-01T00:00:00.000+0000", 0),
    ):
        parameters = {"processInstanceId": instance["id"], name: value}
        assert clerk.count("/history/activity-instance", **parameters) == wanted, name
        assert len(clerk.get("/history/activity-instance", **parameters)) == wanted, name
    assert clerk.get(f"/history/activity-instance/{step['id']}")["taskId"] == task["id"]
    clerk.get("/history/activity-instance/nothing", 404)


def test_cancelled_activities_are_marked(supervisor: Client, key: Callable[[str], str]) -> None:
    waits = key("waits")
    supervisor.deploy({"waits.bpmn": diagram("waits", waits)}, name=waits)
    instance = supervisor.start(waits)
    supervisor.delete(f"/process-instance/{instance['id']}")
    found = supervisor.get("/history/activity-instance", processInstanceId=instance["id"], canceled="true")
    assert {"One", "Two"} <= {step["activityId"] for step in found}
    tasks = supervisor.get("/history/task", processInstanceId=instance["id"])
    assert [(task["deleteReason"], task["taskState"]) for task in tasks] == [("deleted", "Deleted")] * 2


def test_tasks_keep_their_history(supervisor: Client, clerk: Client, review: str) -> None:
    instance = supervisor.start(review, businessKey="H", variables=values(archivist="handler"))
    first = clerk.task(instance)
    clerk.post(f"/task/{first['id']}/complete", {"variables": values(approved=True)}, 204)
    asked = {"processInstanceId": instance["id"], "sortBy": "startTime", "sortOrder": "asc"}
    found = supervisor.get("/history/task", **asked)
    second = found[1]["id"]
    done = found[0]
    assert done["endTime"]
    assert done["duration"] >= 0
    assert done == {
        "id": first["id"],
        "processDefinitionKey": review,
        "processDefinitionId": instance["definitionId"],
        "processInstanceId": instance["id"],
        "executionId": instance["id"],
        "caseDefinitionKey": None,
        "caseDefinitionId": None,
        "caseInstanceId": None,
        "caseExecutionId": None,
        "activityInstanceId": f"Review:{first['id']}",
        "name": "Review the request",
        "description": None,
        "deleteReason": "completed",
        "owner": None,
        "assignee": "clerk",
        "startTime": first["created"],
        "endTime": done["endTime"],
        "duration": done["duration"],
        "taskDefinitionKey": "Review",
        "priority": 70,
        "due": first["due"],
        "parentTaskId": None,
        "followUp": first["followUp"],
        "tenantId": None,
        "removalTime": None,
        "rootProcessInstanceId": instance["id"],
        "taskState": "Completed",
    }
    both = [first["id"], second]
    for name, value, wanted in (
        ("taskId", second, [second]),
        ("processInstanceBusinessKey", "H", both),
        ("processInstanceBusinessKeyIn", "H,x", both),
        ("processInstanceBusinessKeyLike", "%h%", both),
        ("processDefinitionId", instance["definitionId"], both),
        ("processDefinitionKey", review, both),
        ("processDefinitionName", "Review", both),
        ("activityInstanceIdIn", f"Review:{first['id']}", both[:1]),
        ("taskName", "File it", [second]),
        ("taskNameLike", "%it", [second]),
        ("taskDefinitionKey", "Review", both[:1]),
        ("taskDefinitionKeyIn", "Review,Archive", both),
        ("taskDeleteReason", "completed", both[:1]),
        ("taskDeleteReason", "other", []),
        ("taskAssignee", "handler", [second]),
        ("taskAssigneeLike", "h%", [second]),
        ("taskPriority", "70", both[:1]),
        ("assigned", "true", both),
        ("unassigned", "true", []),
        ("finished", "true", both[:1]),
        ("unfinished", "true", [second]),
        ("processFinished", "true", []),
        ("processUnfinished", "true", both),
        ("taskDueDate", first["due"], both[:1]),
        ("taskDueDateBefore", "2030-01-01T00:00:00.000Z", both[:1]),
        ("taskDueDateAfter", "2030-01-01T00:00:00.000Z", []),
        ("withoutTaskDueDate", "true", [second]),
        ("taskFollowUpDateBefore", "2030-01-01T00:00:00.000Z", both[:1]),
        ("startedAfter", first["created"], both),
        ("finishedBefore", done["endTime"], both[:1]),
        ("taskInvolvedUser", "handler", [second]),
        ("taskHadCandidateGroup", "clerk", both[:1]),
        ("taskHadCandidateUser", "clerk", []),
        ("withCandidateGroups", "true", both[:1]),
        ("withoutCandidateGroups", "true", [second]),
    ):
        assert ids(supervisor.get("/history/task", **asked, **{name: value})) == wanted, name
        counted = supervisor.count("/history/task", processInstanceId=instance["id"], **{name: value})
        assert counted == len(wanted), name
    body = {"processInstanceId": instance["id"], "sorting": [{"sortBy": "endTime", "sortOrder": "asc"}]}
    assert ids(supervisor.post("/history/task", body)) == both


def test_variables_of_running_and_ended_instances_as_they_stand(
    house: House, supervisor: Client, clerk: Client, key: Callable[[str], str]
) -> None:
    waits = key("waits")
    supervisor.deploy({"waits.bpmn": diagram("waits", waits)}, name=waits)
    instance = supervisor.start(waits, variables=values(n=1, who="Li", list=[1, 2]))
    place = {"processInstanceId": instance["id"]}
    supervisor.put(f"/process-instance/{instance['id']}/variables/n", {"value": 2})
    running = supervisor.get("/history/variable-instance", **place)
    assert [(one["name"], one["type"], one["value"]) for one in running] == [
        ("list", "Object", [1, 2]),
        ("n", "Integer", 2),
        ("who", "String", "Li"),
    ]
    _list, number, _who = running
    assert supervisor.get(f"/history/variable-instance/{number['id']}") == number
    assert (number["state"], number["processDefinitionKey"]) == ("CREATED", waits)
    supervisor.get(f"/history/variable-instance/{instance['id']}:other", 404)
    for asked, wanted in (
        ({"variableName": "n"}, ["n"]),
        ({"variableTypeIn": "string,integer"}, ["n", "who"]),
        ({"sortBy": "variableName", "sortOrder": "desc", "maxResults": "2"}, ["who", "n"]),
        ({"firstResult": "1"}, ["n", "who"]),
    ):
        found = supervisor.get("/history/variable-instance", **place, **asked)
        assert [one["name"] for one in found] == wanted
    assert supervisor.count("/history/variable-instance", **place, variableName="n") == 1
    (text,) = supervisor.get(
        "/history/variable-instance", **place, variableName="list", deserializeValues="false"
    )
    assert text["value"] == "[1, 2]"
    supervisor.get("/history/variable-instance", 400)
    supervisor.get("/history/variable-instance", 400, **place, sortBy="variableName")
    supervisor.get("/history/variable-instance", 400, **place, variableValues="x")
    stranger = house.client("agency")
    assert stranger.get("/history/variable-instance", **place) == []
    assert stranger.count("/history/variable-instance", **place) == 0
    stranger.get(f"/history/variable-instance/{number['id']}", 404)
    supervisor.delete(f"/process-instance/{instance['id']}")
    assert supervisor.get("/history/variable-instance", **place) == running


def decided(name: str, overlap: bool = False) -> bytes:
    """Return a table of fees that needs one of sizes; with `overlap` two rules of the sizes hold at 10."""
    size = table(
        ["< 10", '"small"'], [f"{'>=' if not overlap else '> 5, >='} 10", '"big"'], key=f"{name}_size",
        inputs=[("amount", "number")], outputs=[("size", "string")],
    )  # fmt: skip
    fee = table(
        ['"big"', "-", "70"], ["-", "true", "5"], key=name, policy="COLLECT", extra='aggregation="SUM"',
        inputs=[("size", "string"), ("urgent", "boolean")], outputs=[("fee", "number")], more=needs(f"{name}_size"),
    )  # fmt: skip
    return definitions(fee, size)


def test_decisions_tell_what_they_were_taken_on(
    house: House, supervisor: Client, clerk: Client, key: Callable[[str], str]
) -> None:
    name = key("decides")
    process = diagram("decides", name).replace(b'"decided"', f'"{name}_fee"'.encode())
    supervisor.deploy({"decides.bpmn": process, "fee.dmn": decided(f"{name}_fee")}, name=name)
    instance = supervisor.start(name, variables=values(amount=12, urgent=True, notes="x"))
    place = {"processInstanceId": instance["id"]}
    path = "/history/decision-instance"
    both = {"includeInputs": "true", "includeOutputs": "true"}
    told = supervisor.get(path, **place, **both, sortBy="evaluationTime", sortOrder="asc")
    fee, size = sorted(told, key=lambda one: str(one["decisionDefinitionKey"]))
    step = supervisor.get("/history/activity-instance", **place, activityId="Rule")[0]
    assert DATE.fullmatch(fee["evaluationTime"])
    assert fee == {
        "id": fee["id"],
        "decisionDefinitionId": fee["decisionDefinitionId"],
        "decisionDefinitionKey": f"{name}_fee",
        "decisionDefinitionName": f"{name}_fee",
        "evaluationTime": fee["evaluationTime"],
        "removalTime": None,
        "processDefinitionId": instance["definitionId"],
        "processDefinitionKey": name,
        "processInstanceId": instance["id"],
        "rootProcessInstanceId": instance["id"],
        "caseDefinitionId": None,
        "caseDefinitionKey": None,
        "caseInstanceId": None,
        "activityId": "Rule",
        "activityInstanceId": step["id"],
        "tenantId": None,
        "userId": None,
        "inputs": fee["inputs"],
        "outputs": fee["outputs"],
        "collectResultValue": 75,
        "rootDecisionInstanceId": None,
        "decisionRequirementsDefinitionId": None,
        "decisionRequirementsDefinitionKey": None,
    }
    assert fee["inputs"][0] == {
        "id": f"{fee['id']}:input-0",
        "decisionInstanceId": fee["id"],
        "clauseId": "i0",
        "clauseName": "size",
        "errorMessage": None,
        "type": "String",
        "value": "big",
        "valueInfo": {},
        "createTime": fee["evaluationTime"],
        "removalTime": None,
        "rootProcessInstanceId": instance["id"],
    }
    assert [(one["ruleId"], one["ruleOrder"], one["variableName"], one["value"]) for one in fee["outputs"]] == [
        ("r1", 1, "fee", 70), ("r2", 2, "fee", 5)
    ]  # fmt: skip
    assert (size["rootDecisionInstanceId"], size["inputs"][0]["value"]) == (fee["id"], 12)
    assert [(one["ruleOrder"], one["value"]) for one in size["outputs"]] == [(2, "big")]
    assert ":1:" in fee["decisionDefinitionId"]

    plain = {**fee, "inputs": None, "outputs": None, "collectResultValue": None}
    assert supervisor.get(f"{path}/{fee['id']}") == plain
    assert supervisor.get(f"{path}/{fee['id']}", **both) == fee
    for asked, wanted in (
        ({"decisionDefinitionKey": f"{name}_fee"}, [fee]),
        ({"decisionDefinitionKeyIn": f"{name}_fee,x"}, [fee]),
        ({"decisionDefinitionId": fee["decisionDefinitionId"]}, [fee]),
        ({"decisionDefinitionNameLike": f"{name}%", "rootDecisionInstancesOnly": "true"}, [fee]),
        ({"decisionDefinitionName": f"{name}_fee_size"}, [size]),
        ({"decisionInstanceId": size["id"]}, [size]),
        ({"decisionInstanceIdIn": f"{size['id']},x"}, [size]),
        ({"rootDecisionInstanceId": fee["id"], "decisionDefinitionKey": f"{name}_fee"}, [fee]),
        ({"processDefinitionKey": name, "rootDecisionInstancesOnly": "true"}, [fee]),
        ({"processDefinitionId": instance["definitionId"], "rootDecisionInstancesOnly": "true"}, [fee]),
        ({**place, "activityIdIn": "Rule,x", "rootDecisionInstancesOnly": "true"}, [fee]),
        ({"activityInstanceIdIn": step["id"], "rootDecisionInstancesOnly": "true"}, [fee]),
        ({**place, "evaluatedAfter": fee["evaluationTime"], "rootDecisionInstancesOnly": "true"}, [fee]),
        ({**place, "evaluatedBefore": "2020-01-01T00:00:00.000+0000"}, []),
    ):
        assert ids(supervisor.get(path, **asked)) == ids(wanted), asked
        assert supervisor.count(path, **asked) == len(wanted), asked
    supervisor.get(path, 400, **both)
    supervisor.get(path, 400, **place, userId="x")

    # Who sees the steps, and may not look into the variables, sees that a decision was taken.
    assert len(clerk.get(path, **place)) == 2
    looks = bool(clerk.get("/history/variable-instance", **place))
    assert bool(clerk.get(path, **place, **both)) == looks
    clerk.get(f"{path}/{fee['id']}", 200 if looks else 404, **both)
    stranger = house.client("agency")
    assert stranger.get(path, **place) == stranger.get(path, **place, **both) == []
    assert stranger.count(path, **place) == 0
    stranger.get(f"{path}/{fee['id']}", 404)


def test_a_decision_that_is_not_clear_leaves_an_incident_and_no_trace(
    house: House, supervisor: Client, key: Callable[[str], str]
) -> None:
    name = key("decides")
    process = diagram("decides", name).replace(b'"decided"', f'"{name}_fee"'.encode())
    files = {"decides.bpmn": process, "fee.dmn": decided(f"{name}_fee", overlap=True)}
    supervisor.deploy(files, name=name)
    told = supervisor.start(name, 500, variables=values(amount=7, urgent=True))
    assert "only one rule may hold (UNIQUE), but rule 1 (r1) and rule 2 (r2) do" in told["message"]
    with house.database.reading() as session:
        (incident,) = session.scalars(select(Incident).where(Incident.message.contains(f"{name}_fee"))).all()
    assert (incident.kind, incident.element_id) == ("failedStart", "Rule")
    assert "rule 1 (r1) and rule 2 (r2) do" in incident.message
    assert supervisor.count("/history/decision-instance", processDefinitionKey=name) == 0


def test_what_people_did_is_told(
    house: House, supervisor: Client, clerk: Client, key: Callable[[str], str]
) -> None:
    waits = key("waits")
    supervisor.deploy({"waits.bpmn": diagram("waits", waits)}, name=waits)
    instance = supervisor.start(waits)
    address, place = f"/process-instance/{instance['id']}", {"processInstanceId": instance["id"]}
    supervisor.put(f"{address}/suspended", {"suspended": True})
    supervisor.put(f"{address}/suspended", {"suspended": False})
    supervisor.put(f"{address}/variables/n", {"value": "secret"})
    task = clerk.task(instance, taskDefinitionKey="One")
    clerk.post(f"/task/{task['id']}/claim", {"userId": "clerk"}, 204)
    clerk.post(f"/task/{task['id']}/complete", {}, 204)
    (job,) = supervisor.get("/job", **place)
    supervisor.put(f"/job/{job['id']}/retries", {"retries": 2})
    order = {"sortBy": "timestamp", "sortOrder": "asc"}
    told = supervisor.get("/history/user-operation", **place, **order)
    assert [(one["entityType"], one["operationType"], one["userId"], one["newValue"]) for one in told] == [
        ("ProcessInstance", "Create", "supervisor", None),
        ("ProcessInstance", "Suspend", "supervisor", "suspended"),
        ("ProcessInstance", "Activate", "supervisor", "active"),
        ("Variable", "ModifyVariable", "supervisor", None),
        ("Task", "Claim", "clerk", "clerk"),
        ("Task", "Complete", "clerk", "true"),
        ("Job", "SetJobRetries", "supervisor", "2"),
    ]
    assert "secret" not in pretty(told)
    for asked, count in (
        ({"taskId": task["id"]}, 2),
        ({"userId": "clerk"}, 2),
        ({"operationType": "Claim"}, 1),
        ({"operationType": "Nothing"}, 0),
        ({"entityType": "Task"}, 2),
        ({"entityTypeIn": "Job,Variable"}, 2),
        ({"category": "TaskWorker"}, 2),
        ({"categoryIn": "Operator"}, 5),
        ({"property": "retries"}, 1),
        ({"operationId": told[0]["id"]}, 1),
        ({"afterTimestamp": told[-1]["timestamp"]}, 0),
        ({"beforeTimestamp": "2020-01-01T00:00:00.000+0000"}, 0),
        ({"processDefinitionKey": waits}, 7),
        ({"processDefinitionId": instance["definitionId"]}, 7),
    ):
        assert supervisor.count("/history/user-operation", **place, **asked) == count, asked
    assert house.client("agency").count("/history/user-operation", **place) == 0
