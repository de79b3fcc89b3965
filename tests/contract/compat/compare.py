"""The same calls, and the same clients, with this program and a real Operaton; answers field by field.

No part of the suite: `make compat` fetches Operaton and starts it. Ids and instants differ by nature and are compared
by their kind alone.
"""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.contract.client import Client, diagram, values
from tests.contract.clients.errands import CLIENTS, At
from tests.contract.conftest import PASSWORD, House

ROOT = Path(__file__).parents[3]
#: Whole, in front of a host, or as short as in the id of a definition.
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){2}(-[0-9a-f]{4}-[0-9a-f]{12})?|127\.0\.0\.1:\d+")
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}")
#: What may differ, and why.
KNOWN = {
    r"camundaFormRef|operatonFormRef": "Operaton has renamed it; clients of Camunda 7 know the old name",
    r"^ended instance.startUserId": "nobody signs in to the Operaton of this comparison",
    r"variables.copies.type": "a whole number is an Integer where it fits, whatever expression gave it",
    r"incidents?(\[0\])?.failedActivityId": "said of an external task, too",
    r"variables.on.type": "a date is kept as its text, in UTC",
    r"^last value\[0\].(createTime|id)": "the last value is kept, not when it was written",
    r"^process definition.category": "no use is made of a diagram's namespace",
    r"^timer.(createTime|jobDefinitionId)": "there are no definitions of jobs, and a timer is as old as its step",
}
Story = Iterator[tuple[str, Any]]


def story(who: Callable[[str], Client]) -> Story:
    """Yield what each call answers, by what was asked."""
    owner, clerk, worker = who("supervisor"), who("clerk"), who("handler")
    deployed = owner.deploy({name: diagram(name[:-5], f"compat_{name[:-5]}") for name in ("waits.bpmn",)})
    yield (
        "deployment",
        {name: value for name, value in deployed.items() if name != "deployedProcessDefinitions"},
    )
    (definition,) = owner.get("/process-definition", key="compat_waits", latestVersion="true")
    yield "process definition", definition
    given = values(n=1, big=2**40, rate=0.5, name="Li", yes=True, nothing=None)
    instance = owner.start("compat_waits", variables=given, businessKey="B")
    place = {"processInstanceId": instance["id"]}
    yield "start", instance
    yield "process instance", owner.get(f"/process-instance/{instance['id']}")
    yield "variables", owner.get(f"/process-instance/{instance['id']}/variables")
    yield "count", owner.get("/process-instance/count", processDefinitionKey="compat_waits", businessKey="B")
    task = clerk.task(instance, taskDefinitionKey="One")
    yield "task", task
    clerk.post(f"/task/{task['id']}/claim", {"userId": "clerk"}, 204)
    yield "claimed task", clerk.get(f"/task/{task['id']}")
    (job,) = owner.get("/job", **place)
    yield "timer", job
    owner.put(f"/job/{job['id']}/retries", {"retries": 2})
    yield "retries", owner.get(f"/job/{job['id']}")["retries"]
    yield "no job", owner.get("/job/none", 404)
    yield "no task", owner.get("/task/none", 404)
    clerk.post(f"/task/{task['id']}/complete", {"variables": values(done=True)}, 204)
    owner.post(f"/job/{job['id']}/execute", {}, 204)
    yield "ended instance", owner.get(f"/history/process-instance/{instance['id']}")
    order = {"sortBy": "activityId", "sortOrder": "asc"}
    yield "activities", owner.get("/history/activity-instance", **place, **order, activityId="One")
    yield "ended task", owner.get("/history/task", **place, taskDefinitionKey="One")
    last = owner.get("/history/variable-instance", **place, variableName="name")
    yield "last value", last
    yield from _outside(owner, clerk, worker)


def _outside(owner: Client, clerk: Client, worker: Client) -> Story:
    content = diagram("printed", "compat_printed").replace(b'topic="print"', b'topic="compat"')
    owner.deploy({"printed.bpmn": content}, name="printed")
    instance = owner.start("compat_printed", variables=values(urgent=3, act="complete"))
    topics = [{"topicName": "compat", "lockDuration": 60_000, "includeExtensionProperties": True}]
    asked = {"workerId": "w", "maxTasks": 1, "usePriority": True, "topics": topics}
    (task,) = worker.post("/external-task/fetchAndLock", asked)
    yield "fetched", task
    yield "nothing to fetch", worker.post("/external-task/fetchAndLock", asked)
    yield "listed", worker.get(f"/external-task/{task['id']}")
    yield "not in hand", worker.post(f"/external-task/{task['id']}/complete", {"workerId": "x"}, 400)["type"]
    failed = {
        "workerId": "w",
        "errorMessage": "Jam",
        "errorDetails": "Tray 2",
        "retries": 0,
        "retryTimeout": 0,
    }
    worker.post(f"/external-task/{task['id']}/failure", failed, 204)
    (incident,) = owner.get("/incident", processInstanceId=instance["id"])
    yield "incident", incident
    yield "details", worker.get(f"/external-task/{task['id']}/errorDetails").text
    owner.put(f"/external-task/{task['id']}/retries", {"retries": 1})
    worker.post("/external-task/fetchAndLock", asked)
    done = {"workerId": "w", "variables": values(paper="A4"), "localVariables": values(pages=3)}
    worker.post(f"/external-task/{task['id']}/complete", done, 204)
    worker.post(f"/external-task/{task['id']}/complete", done, 404)
    yield "after it", owner.get(f"/process-instance/{instance['id']}/variables")
    yield "read", clerk.task(instance)["taskDefinitionKey"]


def errands(who: Callable[[str], Client], client: str) -> Story:
    """Yield what one of the clients is given for its errands, and what has come of them."""
    owner, topic = who("supervisor"), f"compat_{list(CLIENTS).index(client)}"
    content = diagram("printed", topic).replace(b'topic="print"', f'topic="{topic}"'.encode())
    owner.deploy({"printed.bpmn": content}, name=topic)
    begun = {
        act: owner.start(topic, variables=values(urgent=0, act=act), businessKey=act)
        for act in ("complete", "refuse", "fail")
    }
    seen = CLIENTS[client](At(owner.base, "handler", PASSWORD, topic, structured=False))
    # Which of three of one priority comes first is nobody's to say.
    yield (
        f"{client} given",
        sorted((plain(one) for one in seen), key=lambda one: json.dumps(one, sort_keys=True)),
    )
    for act, instance in begun.items():
        place = {"processInstanceId": instance["id"]}
        yield f"{client} {act} variables", owner.get(f"/process-instance/{instance['id']}/variables")
        yield f"{client} {act} tasks", owner.get("/external-task", **place)
        yield f"{client} {act} incidents", owner.get("/incident", **place)
    yield f"{client} steps", [who("clerk").task(begun[act])["name"] for act in ("complete", "refuse")]


def plain(value: Any) -> Any:
    """Return an answer without what differs from one run to the next."""
    if isinstance(value, dict):
        return {
            name: plain(inner)
            for name, inner in value.items()
            if name not in ("duration", "durationInMillis")
        }
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return DATE.sub("(instant)", ID.sub("(id)", value)) if isinstance(value, str) else value


def differences(ours: Any, theirs: Any, path: str) -> Iterator[str]:
    """Yield where two answers differ, field by field."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in sorted(ours.keys() | theirs.keys()):
            if name not in ours or name not in theirs:
                yield f"{path}.{name}: {'theirs' if name in theirs else 'ours'} alone has it"
            else:
                yield from differences(ours[name], theirs[name], f"{path}.{name}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, pair in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(*pair, f"{path}[{number}]")
    elif ours != theirs:
        yield f"{path}: ours {ours!r}, theirs {theirs!r}"


@pytest.fixture(scope="module")
def operaton() -> Iterator[str]:
    """Give the address of an Operaton of its own, in memory."""
    command = ["java", "-cp", f"{ROOT / 'build/compat'}/*", str(Path(__file__).parent / "Operaton.java")]
    settings = {
        "server.address": "127.0.0.1",
        "server.port": "0",
        "spring.datasource.url": "jdbc:h2:mem:compat;DB_CLOSE_DELAY=-1",
        "operaton.bpm.history-level": "full",
        "operaton.bpm.default-number-of-retries": "5",
        "operaton.bpm.generic-properties.properties.enforce-history-time-to-live": "false",
        # What a step gives is made when it is done, not when an error takes it away.
        "operaton.bpm.generic-properties.properties.skip-output-mapping-on-canceled-activities": "true",
    }
    options = [f"--{name}={value}" for name, value in settings.items()]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        said = ""
        for line in running.stdout:
            said += line
            if "Started Operaton" in line:
                break
        port = re.search(r"Tomcat started on port (\d+)", said)
        assert port, said
        # What it says from now on is read by nobody, and must not fill the pipe.
        threading.Thread(target=running.stdout.read, daemon=True).start()
        yield f"http://127.0.0.1:{port[1]}/engine-rest"
        running.terminate()


def test_answers_are_operatons(sqlite_house: House, operaton: str) -> None:
    theirs = Client(operaton, {})
    found: set[str] = set()
    for tell in (story, *(partial(errands, client=client) for client in CLIENTS)):
        told = zip(tell(sqlite_house.client), tell(lambda login: theirs), strict=True)
        for (what, mine), (_, his) in told:
            found.update(differences(plain(mine), plain(his), what))
    assert sorted(line for line in found if not any(re.search(known, line) for known in KNOWN)) == []
    assert [known for known in KNOWN if not any(re.search(known, line) for line in found)] == []
