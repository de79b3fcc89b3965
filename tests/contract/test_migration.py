"""`/migration`: plans between versions, and instances that are moved by them."""

from collections.abc import Callable

import pytest

from server.worker import run_due
from tests.contract.client import Client, diagram
from tests.contract.conftest import House


@pytest.fixture
def versions(supervisor: Client, key: Callable[[str], str]) -> tuple[str, str, str]:
    """Return an instance of the first of two versions, and the ids of both; `Two` is `Other` in the second."""
    name = key("moved")
    drawn = diagram("waits", name)
    supervisor.deploy({"waits.bpmn": drawn}, name=name)
    instance = supervisor.start(name)
    supervisor.deploy({"waits.bpmn": drawn.replace(b'"Two"', b'"Other"')}, name=name)
    target = supervisor.get(f"/process-definition/key/{name}")["id"]
    return instance["id"], instance["definitionId"], target


def instruction(source: str, target: str) -> dict[str, object]:
    return {"sourceActivityIds": [source], "targetActivityIds": [target], "updateEventTrigger": False}


def test_a_plan_is_made_looked_at_and_done(supervisor: Client, versions: tuple[str, str, str]) -> None:
    instance, source, target = versions
    between = {"sourceProcessDefinitionId": source, "targetProcessDefinitionId": target}
    plan = supervisor.post("/migration/generate", {**between, "updateEventTriggers": False})
    assert {name: plan[name] for name in between} == between
    assert instruction("One", "One") in plan["instructions"]
    assert all("Two" not in made["sourceActivityIds"] for made in plan["instructions"])
    assert supervisor.post("/migration/validate", plan) == {"instructionReports": []}
    seen = supervisor.post("/migration/validate", {**plan, "processInstanceIds": [instance]})
    (report,) = seen["instanceReports"]
    assert report["processInstanceId"] == instance
    assert "(Two). Nothing in the new version takes its place." in report["failures"][0]
    refused = supervisor.post(
        "/migration/execute", {"migrationPlan": plan, "processInstanceIds": [instance]}, 400
    )
    assert refused["type"] == "MigratingProcessInstanceValidationException"
    assert refused["validationReport"] == [report]
    plan["instructions"].append(instruction("Two", "Other"))
    supervisor.post("/migration/execute", {"migrationPlan": plan, "processInstanceIds": [instance]}, 204)
    assert supervisor.get(f"/process-instance/{instance}")["definitionId"] == target
    tasks = supervisor.get("/task", processInstanceId=instance)
    assert sorted(task["taskDefinitionKey"] for task in tasks) == ["One", "Other"]
    assert {task["processDefinitionId"] for task in tasks} == {target}
    again = supervisor.post(
        "/migration/execute", {"migrationPlan": plan, "processInstanceIds": [instance]}, 409
    )
    assert "not by" in again["message"]


def test_a_plan_that_cannot_be_is_told_instruction_by_instruction(
    supervisor: Client, clerk: Client, versions: tuple[str, str, str]
) -> None:
    instance, source, target = versions
    plan = {
        "sourceProcessDefinitionId": source,
        "targetProcessDefinitionId": target,
        "instructions": [instruction("One", "One"), instruction("Two", "nowhere")],
    }
    reports = supervisor.post("/migration/validate", plan)["instructionReports"]
    assert reports == [
        {
            "instruction": instruction("Two", "nowhere"),
            "failures": ["The new version has no element 'nowhere'."],
        }
    ]
    asked = {"migrationPlan": plan, "processInstanceIds": [instance]}
    assert "nowhere" in supervisor.post("/migration/execute", asked, 400)["message"]
    plan["instructions"] = [{**instruction("Two", "Other"), "updateEventTrigger": True}]
    assert "updateEventTrigger" in supervisor.post("/migration/execute", asked, 400)["message"]
    plan["instructions"] = [instruction("One#multiInstanceBody", "One"), instruction("One", "Other")]
    assert "both One and Other" in supervisor.post("/migration/execute", asked, 400)["message"]
    plan["instructions"] = [instruction("One", "One"), instruction("Two", "Other")]
    other = {**asked, "processInstanceQuery": {"businessKey": "x"}}
    assert "processInstanceQuery" in supervisor.post("/migration/execute", other, 400)["message"]
    supervisor.post(
        "/migration/generate", {**plan, "instructions": None, "targetProcessDefinitionId": "x:1:y"}, 404
    )
    # A clerk has a task in it and sees it, which is not yet to move it.
    assert "may migrate it" in clerk.post("/migration/execute", asked, 403)["message"]


def test_many_are_moved_in_the_background(
    house: House, supervisor: Client, clerk: Client, versions: tuple[str, str, str]
) -> None:
    instance, source, target = versions
    between = {"sourceProcessDefinitionId": source, "targetProcessDefinitionId": target}
    plan = {**between, "instructions": [instruction("One", "One"), instruction("Two", "Other")]}
    asked = {"migrationPlan": plan, "processInstanceQuery": {"processDefinitionId": source}}
    assert "may migrate it" in clerk.post("/migration/executeAsync", asked, 403)["message"]
    other = {**asked, "processInstanceQuery": {"processDefinitionId": target}}
    assert "that is left" in supervisor.post("/migration/executeAsync", other, 400)["message"]
    batch = supervisor.post("/migration/executeAsync", asked)
    assert (batch["type"], batch["totalJobs"], batch["createUserId"]) == (
        "instance-migration",
        1,
        "supervisor",
    )
    path = f"/batch/{batch['id']}"
    assert supervisor.get(path)["remainingJobs"] == 1
    assert run_due(house.database) >= 1
    found = supervisor.get(path)
    assert (found["remainingJobs"], found["completedJobs"], found["instancesMoved"], found["ended"]) == (
        *(0, 1, 1),
        True,
    )
    (report,) = supervisor.get(f"{path}/report")
    assert (report["processInstanceId"], report["state"], report["failures"]) == (instance, "moved", [])
    assert supervisor.get(f"{path}/report", after=instance) == []
    assert supervisor.get(f"/process-instance/{instance}")["definitionId"] == target
    assert supervisor.get("/batch/count", batchId=batch["id"]) == {"count": 1}
    assert [one["id"] for one in supervisor.get("/batch/statistics", batchId=batch["id"])] == [batch["id"]]
    supervisor.delete(path)
    # Another's batch is none.
    assert clerk.get("/batch", batchId=batch["id"]) == []
    clerk.get(path, 404)
