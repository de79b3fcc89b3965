"""`/signal`: to all that wait for it, or to one."""

from collections.abc import Callable

from tests.contract.client import Client, diagram, values
from tests.contract.conftest import House


def waits_for_signal(key: str) -> bytes:
    """Return a process that waits for a signal of its own name, then for a clerk."""
    content = diagram("told", key).replace(b"bpmn:message", b"bpmn:signal")
    return content.replace(b"messageRef", b"signalRef").replace(b'name="answer"', f'name="{key}"'.encode())


def test_a_signal_reaches_all_who_wait_or_one(
    house: House, supervisor: Client, key: Callable[[str], str]
) -> None:
    name = key("told")
    supervisor.deploy({"told.bpmn": waits_for_signal(name)}, name=name)
    first, second, third = (supervisor.start(name) for _ in range(3))
    supervisor.post("/signal", {}, 400)
    supervisor.post("/signal", {"name": name, "tenantId": "x"}, 400)
    # A stranger's signal reaches nobody, and says nothing of who waits.
    stranger = house.client("agency")
    stranger.post("/signal", {"name": name}, 204)
    stranger.post("/signal", {"name": name, "executionId": first["id"]}, 400)
    one = {"name": name, "executionId": second["id"], "variables": values(n=1)}
    supervisor.post("/signal", one, 204)
    supervisor.post("/signal", one, 400)
    assert supervisor.get(f"/process-instance/{second['id']}/variables")["n"]["value"] == 1
    clerk = house.client("clerk")
    assert clerk.task(second)["taskDefinitionKey"] == "Read"
    assert supervisor.get("/history/task", processInstanceId=first["id"]) == []
    supervisor.post("/signal", {"name": name, "variables": values(n=2)}, 204)
    for instance in (first, third):
        assert clerk.task(instance)["taskDefinitionKey"] == "Read"
        assert supervisor.get(f"/process-instance/{instance['id']}/variables")["n"]["value"] == 2
    assert supervisor.get(f"/process-instance/{second['id']}/variables")["n"]["value"] == 1
