"""`/job`: timers and jobs that wait, of what one may see whole, and what an operator does with one."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from tests.contract.client import Client, diagram, ids
from tests.contract.conftest import House
from workflows import persistence, timers
from workflows.model import AuditEvent, Instance, Job, Timer

PAST, FUTURE = "2020-01-01T00:00:00.000+0000", "2120-01-01T00:00:00.000+0000"


def late(supervisor: Client, waits: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a new instance and the job of its boundary timer, which is due in 30 days."""
    supervisor.deploy({"waits.bpmn": diagram("waits", waits)}, name=waits)
    instance = supervisor.start(waits)
    (job,) = supervisor.get("/job", processInstanceId=instance["id"])
    return instance, job


def fail(house: House, job_id: str) -> str:
    """Let a timer fail for good as the worker does, and return its incident."""
    for _ in range(5):
        with house.database.unit_of_work() as session:
            found = timers.failed(session, job_id, ValueError("The condition has no value."))
    assert found
    return found


def check(house: House, instance_id: str) -> None:
    """Find the rows of an instance saying what its run says."""
    with house.database.reading() as session:
        assert persistence.rows_equal_run(session, instance_id) == []


def test_what_waits_is_found(house: House, supervisor: Client, key: Callable[[str], str]) -> None:
    waits = key("waits")
    instance, job = late(supervisor, waits)
    assert supervisor.get(f"/job/{job['id']}") == job
    assert job == {
        "id": job["id"],
        "jobDefinitionId": None,
        "processInstanceId": instance["id"],
        "executionId": instance["id"],
        "processDefinitionId": instance["definitionId"],
        "processDefinitionKey": waits,
        "retries": 5,
        "exceptionMessage": None,
        "failedActivityId": None,
        "dueDate": job["dueDate"],
        "createTime": None,
        "suspended": False,
        "priority": 0,
        "tenantId": None,
        "batchId": None,
    }
    place = {"processDefinitionKey": waits}
    with house.database.unit_of_work() as session:
        sent = Job(kind="continue", key=waits, instance_id=instance["id"], element_id="One", payload={})
        sent.created_at = sent.due_at = session.get_one(Instance, instance["id"]).started_at
        session.add(sent)
        session.flush()
        other = sent.id
    whole = supervisor.get(f"/job/{other}")
    assert (whole["dueDate"], whole["retries"]) == (whole["createTime"], 5)
    assert ids(supervisor.get("/job", sortBy="jobDueDate", sortOrder="asc", **place)) == [other, job["id"]]
    both = {job["id"], other}
    message = "ValueError: The condition has no value."
    for failed in (False, True):
        if failed:
            fail(house, job["id"])
        for name, value, wanted in (
            ("jobId", job["id"], {job["id"]}),
            ("jobIds", f"{other},x", {other}),
            ("processInstanceIds", instance["id"], both),
            ("executionId", instance["id"], both),
            ("processDefinitionId", instance["definitionId"], both),
            ("activityId", "Late", {job["id"]}),
            ("failedActivityId", "Late", {job["id"]} if failed else set()),
            ("withRetriesLeft", "true", {other} if failed else both),
            ("noRetriesLeft", "true", {job["id"]} if failed else set()),
            ("withException", "true", {job["id"]} if failed else set()),
            ("exceptionMessage", message, {job["id"]} if failed else set()),
            ("exceptionMessageLike", "%condition%", {job["id"]} if failed else set()),
            ("executable", "true", {other}),
            ("timers", "true", {job["id"]}),
            ("messages", "true", {other}),
            ("dueDates", f"gt_{whole['dueDate']},lt_{FUTURE}", {job["id"]}),
            ("dueDates", f"gt_{job['dueDate']}", set()),
            ("active", "true", both),
            ("suspended", "true", set()),
            ("priorityHigherThanOrEquals", "1", set()),
            ("priorityLowerThanOrEquals", "0", both),
        ):
            assert set(ids(supervisor.get("/job", **place, **{name: value}))) == wanted, name
            assert supervisor.count("/job", **place, **{name: value}) == len(wanted), name
    asked = {**place, "dueDates": [{"operator": "lt", "value": FUTURE}], "timers": True}
    (shown,) = supervisor.post("/job", asked)
    assert (shown["retries"], shown["exceptionMessage"], shown["failedActivityId"]) == (0, message, "Late")
    assert supervisor.post("/job/count", asked) == {"count": 1}
    supervisor.get("/job", 400, timers="true", messages="true")
    supervisor.get("/job", 400, dueDates="2020")
    # A cause in words, and nothing of where in the program it was.
    assert supervisor.get(f"/job/{job['id']}/stacktrace").text == message
    supervisor.get(f"/job/{other}/stacktrace", 204)
    stranger = house.client("agency")
    assert stranger.count("/job", **place) == 0
    stranger.get(f"/job/{job['id']}", 404)
    stranger.get(f"/job/{job['id']}/stacktrace", 404)


def test_an_operator_moves_a_timer_and_lets_it_be_tried_again(
    house: House, supervisor: Client, clerk: Client, key: Callable[[str], str]
) -> None:
    instance, job = late(supervisor, key("waits"))
    address = f"/job/{job['id']}"
    for other, status in ((house.client("agency"), 404), (clerk, 403)):
        other.put(f"{address}/duedate", {"duedate": FUTURE}, status)
        other.put(f"{address}/retries", {"retries": 3}, status)
        other.post(f"{address}/execute", {}, status)
    supervisor.put(f"{address}/duedate", {"duedate": FUTURE})
    assert supervisor.get(address)["dueDate"] == FUTURE
    check(house, instance["id"])
    incident = fail(house, job["id"])
    supervisor.put(f"{address}/duedate", {"duedate": PAST}, 409)
    for count in (0, 6):
        supervisor.put(f"{address}/retries", {"retries": count}, 400)
    supervisor.put(f"{address}/retries", {"retries": 2})
    assert supervisor.get(address)["retries"] == 2
    supervisor.get(f"/incident/{incident}", 404)
    supervisor.put(f"/process-instance/{instance['id']}/suspended", {"suspended": True})
    assert supervisor.get(address)["suspended"] is True
    supervisor.post(f"{address}/execute", {}, 409)
    supervisor.put(f"{address}/duedate", {"duedate": PAST}, 409)
    supervisor.put(f"/process-instance/{instance['id']}/suspended", {"suspended": False})
    # Nobody need wait for the worker: what is due is done by what moves the instance.
    supervisor.put(f"{address}/duedate", {"duedate": PAST})
    supervisor.get(address, 404)
    ended = supervisor.get(f"/history/process-instance/{instance['id']}")
    assert ended["state"] == "COMPLETED"
    check(house, instance["id"])
    with house.database.reading() as session:
        kept = select(AuditEvent.act).where(AuditEvent.instance_id == instance["id"]).order_by(AuditEvent.id)
        acts = [act for act in session.scalars(kept) if act.startswith("job.")]
    assert acts == ["job.due", "job.retries", "job.due"]


def test_an_operator_does_a_job_at_once(house: House, supervisor: Client, key: Callable[[str], str]) -> None:
    waits = key("waits")
    instance, job = late(supervisor, waits)
    fail(house, job["id"])
    supervisor.post(f"/job/{job['id']}/execute", {}, 204)
    supervisor.post(f"/job/{job['id']}/execute", {}, 404)
    assert supervisor.get("/incident", processInstanceId=instance["id"]) == []
    assert supervisor.get(f"/history/process-instance/{instance['id']}")["state"] == "COMPLETED"
    check(house, instance["id"])
    # What fails is not stored, but counted.
    other = supervisor.start(waits)
    (timer,) = supervisor.get("/job", processInstanceId=other["id"])
    with house.database.unit_of_work() as session:
        session.get_one(Timer, timer["id"]).kind = "ladder"  # of no task, nor of a ladder that there is
        session.get_one(Timer, timer["id"]).due_at = session.get_one(Instance, other["id"]).started_at
    supervisor.post(f"/job/{timer['id']}/execute", {}, 500)
    assert supervisor.get(f"/job/{timer['id']}")["retries"] == 4


def test_the_days_of_a_limit_are_nobodys_to_move(
    house: House, supervisor: Client, key: Callable[[str], str]
) -> None:
    instance, job = late(supervisor, key("waits"))
    for change in ({"counted": {"rule": "T11"}}, {"counted": None, "kind": "ladder"}):
        with house.database.unit_of_work() as session:
            for name, value in change.items():
                setattr(session.get_one(Timer, job["id"]), name, value)
        supervisor.put(f"/job/{job['id']}/duedate", {"duedate": FUTURE}, 409)
        supervisor.post(f"/job/{job['id']}/execute", {}, 409)
    assert supervisor.get(f"/job/{job['id']}")["dueDate"] == job["dueDate"]
    assert supervisor.get("/incident", processInstanceId=instance["id"]) == []
