"""`/incident`: open failures, of what one may see."""

from collections.abc import Callable

from tests.contract.client import Client, diagram, ids
from tests.contract.conftest import House
from workflows import clock
from workflows.model import Incident, Timer


def incident(house: House, instance_id: str, kind: str, element: str, *, resolved: bool = False) -> str:
    """Return the id of a new incident, written as the worker writes one."""
    with house.database.unit_of_work() as session:
        timer = Timer(
            kind="engine", instance_id=instance_id, element_id=element, due_at=clock.now(), status="failed"
        )
        session.add(timer)
        session.flush()
        row = Incident(
            kind=kind,
            instance_id=instance_id,
            timer_id=timer.id,
            element_id=element,
            message="The condition has no value.",
            created_at=clock.now(),
            resolved_at=clock.now() if resolved else None,
        )
        session.add(row)
        session.flush()
        return row.id


def test_open_incidents_are_found(
    house: House, supervisor: Client, clerk: Client, key: Callable[[str], str]
) -> None:
    waits = key("waits")
    supervisor.deploy({"waits.bpmn": diagram("waits", waits)}, name=waits)
    instance = supervisor.start(waits)
    place = {"processInstanceId": instance["id"]}
    assert supervisor.get("/incident", **place) == []
    found = incident(house, instance["id"], "failedTimer", "Late")
    incident(house, instance["id"], "failedTimer", "Late", resolved=True)
    other = incident(house, instance["id"], "failedCompletion", "One")
    shown = supervisor.get(f"/incident/{found}")
    assert shown == {
        "id": found,
        "processDefinitionId": instance["definitionId"],
        "processInstanceId": instance["id"],
        "executionId": instance["id"],
        "incidentTimestamp": shown["incidentTimestamp"],
        "incidentType": "failedJob",
        "activityId": "Late",
        "failedActivityId": "Late",
        "causeIncidentId": found,
        "rootCauseIncidentId": found,
        "configuration": shown["configuration"],
        "incidentMessage": "The condition has no value.",
        "tenantId": None,
        "jobDefinitionId": None,
        "annotation": None,
    }
    both = [found, other]
    for name, value, wanted in (
        ("incidentId", found, [found]),
        ("incidentType", "failedJob", [found]),
        ("incidentType", "failedCompletion", [other]),
        ("incidentType", "failedTimer", []),
        ("incidentMessage", "The condition has no value.", both),
        ("incidentMessageLike", "%condition%", both),
        ("processDefinitionId", instance["definitionId"], both),
        ("processDefinitionKeyIn", f"x,{waits}", both),
        ("executionId", instance["id"], both),
        ("incidentTimestampAfter", "2020-01-01T00:00:00.000+0000", both),
        ("incidentTimestampBefore", "2020-01-01T00:00:00.000+0000", []),
        ("activityId", "Late", [found]),
        ("failedActivityId", "One", [other]),
        ("causeIncidentId", found, [found]),
        ("rootCauseIncidentId", found, [found]),
        ("configuration", shown["configuration"], [found]),
    ):
        asked = {**place, "sortBy": "incidentTimestamp", "sortOrder": "asc", name: value}
        assert ids(supervisor.get("/incident", **asked)) == wanted, name
        assert supervisor.count("/incident", **place, **{name: value}) == len(wanted), name
    for filter_name, value in (
        ("withIncident", "true"),
        ("incidentType", "failedJob"),
        ("incidentId", found),
    ):
        seen = supervisor.get("/process-instance", processDefinitionKey=waits, **{filter_name: value})
        assert ids(seen) == [instance["id"]]
    for status in ("open", "resolved"):
        seen = supervisor.get("/history/process-instance", processDefinitionKey=waits, incidentStatus=status)
        assert ids(seen) == [instance["id"]]
    # A candidate of a task sees the instance; a stranger sees nothing.
    assert len(clerk.get("/incident", **place)) == 2
    stranger = house.client("agency")
    assert stranger.get("/incident", **place) == []
    assert stranger.count("/incident", **place) == 0
    stranger.get(f"/incident/{found}", 404)


def test_an_operator_closes_one_or_lets_it_be_tried_again(
    house: House, supervisor: Client, clerk: Client, key: Callable[[str], str]
) -> None:
    waits = key("settled")
    supervisor.deploy({"waits.bpmn": diagram("waits", waits)}, name=waits)
    instance = supervisor.start(waits)
    failed = incident(house, instance["id"], "failedTimer", "Late")
    seen = incident(house, instance["id"], "undelivered", "One")
    with house.database.unit_of_work() as session:
        session.get_one(Incident, seen).timer_id = None
    house.client("agency").delete(f"/incident/{seen}", status=404)
    clerk.delete(f"/incident/{seen}", status=403)
    supervisor.delete(f"/incident/{failed}", status=409)
    supervisor.delete(f"/incident/{seen}", status=204)
    supervisor.delete(f"/incident/{seen}", status=409)
    supervisor.post(f"/incident/{failed}/retry", {}, status=204)
    assert supervisor.get("/incident", processInstanceId=instance["id"]) == []
    with house.database.reading() as session:
        timer = session.get_one(Timer, session.get_one(Incident, failed).timer_id)
        assert timer.status == "waiting"
