"""`/condition`: what holds starts, and nothing else."""

from collections.abc import Callable

from tests.contract.client import Client, diagram, values
from tests.contract.conftest import House


def test_a_condition_that_holds_starts_its_process(
    house: House, supervisor: Client, key: Callable[[str], str]
) -> None:
    name = key("waits")
    start = b'<bpmn:conditionalEventDefinition id="c"><bpmn:condition>${%b_heat > 30}</bpmn:condition>'
    content = diagram("waits", name)
    opening = content[content.index(b"<bpmn:startEvent") :].split(b">", 1)[0] + b">"
    held = opening.replace(b" />", b">").replace(b"/>", b">") + start % name.encode()
    held += b"</bpmn:conditionalEventDefinition>" + (b"</bpmn:startEvent>" if b"/>" in opening else b"")
    supervisor.deploy({"waits.bpmn": content.replace(opening, held, 1)}, name=name)
    body = {"variables": values(**{f"{name}_heat": 35}), "businessKey": "hot"}
    (started,) = supervisor.post("/condition", body)
    assert (started["definitionKey"], started["businessKey"], started["ended"]) == (name, "hot", False)
    assert supervisor.post("/condition", {"variables": values(**{f"{name}_heat": 3})}) == []
    assert house.client("agency").post("/condition", body) == []
    supervisor.post("/condition", {"variables": {"a": 1}}, 400)
    supervisor.post("/condition", {"tenantId": "t"}, 400)
