"""The rows of the tasks that wait for outside workers: opened as the diagram says, gone when the token has gone on."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from workflows import engine, writing
from workflows.errors import DubanError, EngineFault
from workflows.model import ExternalTask, ExternalTaskGroup, Incident, Instance
from workflows.persistence import staging
from workflows.persistence.host import InstanceHost
from workflows.persistence.waits import Waits

#: In a session's `info`: this transaction has something for workers, who may be told once it is committed.
OPENED = "duban.external"
MAX_TOPIC = 255
_PRIORITIES = range(-(2**31), 2**31)


def write(session: Session, instance: Instance, run: engine.Run, host: InstanceHost, waited: Waits) -> None:
    """Write which tasks wait for workers now."""
    waiting = {task.id: task for task in run.external_tasks}
    if gone := waited.external - waiting.keys():
        _remove(session, gone, host)
    new = [task for task in waiting.values() if task.id not in waited.external]
    if new:
        session.info[OPENED] = True
    writing.add_later(session, ExternalTask, [_row(task, instance, run, host) for task in new])
    writing.add_later(
        session,
        ExternalTaskGroup,
        [{"task_id": task.id, "name": name} for task in new for name in engine.workers(task.node)],
    )


def _remove(session: Session, gone: Collection[str], host: InstanceHost) -> None:
    failed = Incident.external_id.in_(gone) & Incident.resolved_at.is_(None)
    by = host.actor.id if host.actor else None
    session.execute(update(Incident).where(failed).values(resolved_at=host.now(), resolved_by=by))
    session.execute(delete(ExternalTaskGroup).where(ExternalTaskGroup.task_id.in_(gone)))
    session.execute(delete(ExternalTask).where(ExternalTask.id.in_(gone)))


def _row(task: engine.OpenTask, instance: Instance, run: engine.Run, host: InstanceHost) -> dict[str, Any]:
    return {
        "id": task.id,
        "instance_id": instance.id,
        "definition_id": task.definition or instance.definition_id,
        "scope_id": instance.scope_id,
        "stage": staging.of_step(task, host.library),
        "element_id": task.node.id,
        "topic": _topic(task, run),
        "priority": _priority(task, run),
        "created_at": task.created_at,
    }


def _topic(task: engine.OpenTask, run: engine.Run) -> str:
    topic = _value(task, run, "topic")
    if not isinstance(topic, str) or not 0 < len(topic) <= MAX_TOPIC:
        raise _fault(task, "topic", f"it is a text of 1 to {MAX_TOPIC} characters")
    return topic


def _priority(task: engine.OpenTask, run: engine.Run) -> int:
    value = _value(task, run, "taskPriority")
    try:
        number = int(value or 0)
    except (TypeError, ValueError):
        raise _fault(task, "taskPriority", f"{value!r} is not a whole number") from None
    if number not in _PRIORITIES:
        raise _fault(task, "taskPriority", f"{number} has more than 32 bits")
    return number


def _value(task: engine.OpenTask, run: engine.Run, attribute: str) -> Any:
    text = task.node.attributes.get(attribute)
    if not text or ("${" not in text and "#{" not in text):
        return text
    try:
        return run.evaluate(text, task)
    except DubanError as error:
        raise _fault(task, attribute, error.message) from error


def _fault(task: engine.OpenTask, attribute: str, why: str) -> EngineFault:
    node = task.node
    return EngineFault(
        f"The attribute {attribute} of task {node.id} has no sense here: {why}.",
        element=node.id,
        code="attribute",
        attribute=attribute,
    )
