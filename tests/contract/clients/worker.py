"""A worker as the client's own documentation writes one: it completes what it gets, or hangs, then stops."""

import json
import signal
import sys
from contextlib import suppress

from camunda.external_task.external_task import ExternalTask, TaskResult
from camunda.external_task.external_task_worker import ExternalTaskWorker, NoExternalTaskFound

base, login, password, topic, most, lock = sys.argv[1:]
left = int(most)


def perform(task: ExternalTask) -> TaskResult:
    """Do one task."""
    global left
    act = task.get_variable("act")
    sys.stdout.write(json.dumps({"act": act, "business": task.get_business_key()}) + "\n")
    sys.stdout.flush()
    if act == "hang":
        signal.pause()
    left -= 1
    return task.complete({"paper": "A4"}, {"pages": 3})


signed = {"auth_basic": {"username": login, "password": password}, "asyncResponseTimeout": 1000}
worker = ExternalTaskWorker("python", base, {**signed, "maxTasks": 1, "lockDuration": int(lock)})
while left:
    with suppress(NoExternalTaskFound):
        worker.fetch_and_execute(topic, perform)
