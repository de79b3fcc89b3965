"""`/external-task`: tasks that outside workers fetch, hold under a lock, and end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from flask import Response, current_app, jsonify
from sqlalchemy import ColumnElement, and_, or_, true
from sqlalchemy.orm import Session

from server.db import reading, unit_of_work
from server.engine_rest import dates, long_polls
from server.engine_rest.area import blueprint
from server.engine_rest.bodies import loaded, no_content
from server.engine_rest.errors import NoExternalTask, NotInHand
from server.engine_rest.external_bodies import (
    CompleteSchema,
    ErrorSchema,
    FailureSchema,
    FetchSchema,
    LockSchema,
    ManyRetriesSchema,
    PrioritySchema,
    RetriesSchema,
    TakeSchema,
)
from server.engine_rest.filters import after, among, before, equals, flag, number
from server.engine_rest.kinds import Flag
from server.engine_rest.queries import Query, arguments
from server.engine_rest.variables import plain, typed_map
from server.guard import guard
from workflows import clock, deployed, external_tasks, signs
from workflows.actor import Actor
from workflows.errors import Conflict, NotFound
from workflows.external_tasks import Locked, Wanted
from workflows.model import ExternalTask, Instance, ProcessDefinition


def _locked() -> ColumnElement[bool]:
    return ExternalTask.locked_until > clock.now()


FILTERS = {
    "externalTaskId": equals(ExternalTask.id),
    "externalTaskIdIn": among(ExternalTask.id),
    "topicName": equals(ExternalTask.topic),
    "workerId": equals(ExternalTask.worker),
    "locked": flag(_locked),
    "notLocked": flag(
        lambda: or_(ExternalTask.locked_until.is_(None), ExternalTask.locked_until <= clock.now())
    ),
    "withRetriesLeft": flag(lambda: or_(ExternalTask.retries.is_(None), ExternalTask.retries > 0)),
    "noRetriesLeft": flag(lambda: ExternalTask.retries == 0),
    "lockExpirationAfter": after(ExternalTask.locked_until),
    "lockExpirationBefore": before(ExternalTask.locked_until),
    "activityId": equals(ExternalTask.element_id),
    "activityIdIn": among(ExternalTask.element_id),
    "executionId": equals(ExternalTask.instance_id),
    "processInstanceId": equals(ExternalTask.instance_id),
    "processInstanceIdIn": among(ExternalTask.instance_id),
    "processDefinitionId": equals(ExternalTask.definition_id),
    "active": flag(lambda: Instance.state == "active"),
    "suspended": flag(lambda: Instance.state == "suspended"),
    "priorityHigherThanOrEquals": number(lambda value: ExternalTask.priority >= value),
    "priorityLowerThanOrEquals": number(lambda value: ExternalTask.priority <= value),
}
SORTS = {
    "id": ExternalTask.id,
    "lockExpirationTime": ExternalTask.locked_until,
    "processInstanceId": ExternalTask.instance_id,
    "processDefinitionId": ExternalTask.definition_id,
    "processDefinitionKey": Instance.definition_key,
    "taskPriority": ExternalTask.priority,
    "createTime": ExternalTask.created_at,
}
QUERY = Query(FILTERS, SORTS, ExternalTask.id)


# --- for workers


@blueprint.post("/external-task/fetchAndLock")
@guard()
def fetch_and_lock(actor: Actor) -> Response:
    """Return tasks that are this worker's for a while; waits for some where that is asked."""
    body = loaded(FetchSchema())
    wanted = [_wanted(topic) for topic in body["topics"]]
    if not wanted or not _awaited(wanted, body["asyncResponseTimeout"], actor):
        with unit_of_work() as session:
            signs.sign(session, body["workerId"], account=actor.id)
        return jsonify([])
    with unit_of_work() as session:
        found = external_tasks.fetch(
            session,
            body["workerId"],
            wanted,
            actor=actor,
            limit=body["maxTasks"],
            by_priority=body["usePriority"],
        )
        signs.sign(session, body["workerId"], account=actor.id, done=len(found))
        return jsonify([_handed(session, one, body["topics"][one.wish]) for one in found])


@blueprint.post("/external-task/<task_id>/complete")
@guard()
def complete_external_task(task_id: str, actor: Actor) -> Response:
    """Let the instance go on."""
    body = loaded(CompleteSchema())
    given, local = plain(body["variables"]), plain(body["localVariables"])
    with _answering(task_id), unit_of_work() as session:
        external_tasks.complete(
            session, task_id, actor=actor, worker=body["workerId"], variables=given, local=local
        )
    return no_content()


@blueprint.post("/external-task/<task_id>/bpmnError")
@guard()
def throw_external_error(task_id: str, actor: Actor) -> Response:
    """Let the error event around the task take over."""
    body = loaded(ErrorSchema())
    given = plain(body["variables"])
    with _answering(task_id), unit_of_work() as session:
        external_tasks.throw(
            session,
            task_id,
            actor=actor,
            worker=body["workerId"],
            code=body["errorCode"],
            message=body["errorMessage"] or "",
            variables=given,
        )
    return no_content()


@blueprint.post("/external-task/<task_id>/failure")
@guard()
def fail_external_task(task_id: str, actor: Actor) -> Response:
    """Note a failure: it is tried again, or an incident."""
    body = loaded(FailureSchema())
    with _answering(task_id), unit_of_work() as session:
        external_tasks.fail(
            session,
            task_id,
            actor=actor,
            worker=body["workerId"],
            message=body["errorMessage"] or "",
            details=body["errorDetails"] or "",
            retries=body["retries"],
            pause=timedelta(milliseconds=body["retryTimeout"]),
        )
    return no_content()


@blueprint.post("/external-task/<task_id>/extendLock")
@guard()
def extend_external_lock(task_id: str, actor: Actor) -> Response:
    """Let a lock last longer."""
    body = loaded(LockSchema())
    lock = timedelta(milliseconds=body["newDuration"])
    with _answering(task_id), unit_of_work() as session:
        external_tasks.extend(session, task_id, actor=actor, worker=body["workerId"], lock=lock)
    return no_content()


@blueprint.post("/external-task/<task_id>/lock")
@guard()
def lock_external_task(task_id: str, actor: Actor) -> Response:
    """Take one task in hand."""
    body = loaded(TakeSchema())
    length = timedelta(milliseconds=body["lockDuration"])
    with _answering(task_id), unit_of_work() as session:
        external_tasks.lock(session, task_id, actor=actor, worker=body["workerId"], length=length)
    return no_content()


# --- for workers and operators


@blueprint.post("/external-task/<task_id>/unlock")
@guard()
def unlock_external_task(task_id: str, actor: Actor) -> Response:
    """Give a task back."""
    with _answering(task_id), unit_of_work() as session:
        external_tasks.unlock(session, task_id, actor=actor)
    return no_content()


@blueprint.put("/external-task/<task_id>/retries")
@guard()
def set_external_retries(task_id: str, actor: Actor) -> Response:
    """Say how often a task may fail yet."""
    retries = loaded(RetriesSchema())["retries"]
    with _answering(task_id), unit_of_work() as session:
        external_tasks.set_retries(session, task_id, retries, actor=actor)
    return no_content()


@blueprint.put("/external-task/retries")
@guard()
def set_many_retries(actor: Actor) -> Response:
    """Say of several tasks how often they may fail yet: of all of them or, where one is unknown, of none."""
    body = loaded(ManyRetriesSchema())
    with unit_of_work() as session:
        for task_id in sorted(set(body["externalTaskIds"])):
            with _answering(task_id):
                external_tasks.set_retries(session, task_id, body["retries"], actor=actor)
    return no_content()


@blueprint.put("/external-task/<task_id>/priority")
@guard()
def set_external_priority(task_id: str, actor: Actor) -> Response:
    """Say how urgent a task is."""
    priority = loaded(PrioritySchema())["priority"]
    with _answering(task_id), unit_of_work() as session:
        external_tasks.set_priority(session, task_id, priority, actor=actor)
    return no_content()


@blueprint.route("/external-task", methods=["GET", "POST"])
@guard()
def list_external_tasks(actor: Actor) -> Response:
    """Return the tasks that match."""
    with reading() as session:
        rows = QUERY.rows(session, external_tasks.visible(actor), actor)
        return jsonify([_shown(session, row.ExternalTask, row.Instance) for row in rows])


@blueprint.route("/external-task/count", methods=["GET", "POST"])
@guard()
def count_external_tasks(actor: Actor) -> Response:
    """Return how many tasks match."""
    with reading() as session:
        return jsonify(QUERY.count(session, external_tasks.visible(actor), actor))


@blueprint.get("/external-task/topic-names")
@guard()
def list_topics(actor: Actor) -> Response:
    """Return the topics of the tasks that one may see, by name."""
    asked = arguments(withLockedTasks=Flag(), withUnlockedTasks=Flag(), withRetriesLeft=Flag())
    chosen = {
        "withLockedTasks": "locked",
        "withUnlockedTasks": "notLocked",
        "withRetriesLeft": "withRetriesLeft",
    }
    with reading() as session:
        seen = external_tasks.visible(actor).with_only_columns(ExternalTask.topic).distinct()
        for name, known in chosen.items():
            seen = seen.where(FILTERS[known].of(asked.get(name, False), session, actor))
        return jsonify(session.scalars(seen.order_by(ExternalTask.topic)).all())


@blueprint.get("/external-task/<task_id>")
@guard()
def get_external_task(task_id: str, actor: Actor) -> Response:
    """Return one task."""
    arguments()
    with reading() as session:
        return jsonify(_shown(session, *_found(session, task_id, actor)))


@blueprint.get("/external-task/<task_id>/errorDetails")
@guard()
def get_error_details(task_id: str, actor: Actor) -> Response:
    """Return what the worker told at length about the last failure."""
    arguments()
    with reading() as session:
        task, _ = _found(session, task_id, actor)
    if not task.error_details:
        return no_content()
    return Response(task.error_details, mimetype="text/plain")


def _found(session: Session, task_id: str, actor: Actor) -> Any:
    seen = external_tasks.visible(actor).where(ExternalTask.id == task_id)
    found = session.execute(seen).one_or_none()
    if found is None:
        raise _missing(task_id)
    return found


def _missing(task_id: str) -> NoExternalTask:
    return NoExternalTask(f"External task with id {task_id} does not exist", code="external_task")


# --- what is asked


def _wanted(topic: dict[str, Any]) -> Wanted:
    conditions = [
        column == topic[name]
        for name, column in (
            ("businessKey", Instance.business_key),
            ("processDefinitionId", ExternalTask.definition_id),
            ("processDefinitionKey", Instance.definition_key),
        )
        if topic[name] is not None
    ]
    conditions += [
        column.in_(topic[name])
        for name, column in (
            ("processDefinitionIdIn", ExternalTask.definition_id),
            ("processDefinitionKeyIn", Instance.definition_key),
        )
        if topic[name]
    ]
    if tag := topic["processDefinitionVersionTag"]:
        conditions.append(Instance.definition.has(ProcessDefinition.version_tag == tag))
    lock = timedelta(milliseconds=topic["lockDuration"])
    return Wanted(topic["topicName"], lock, and_(true(), *conditions))


def _awaited(wanted: list[Wanted], patience: int | None, actor: Actor) -> bool:
    """Tell whether there is something to fetch, now or within the time that the worker waits."""

    def ready() -> bool:
        with reading() as session:
            return external_tasks.waiting(session, wanted, actor=actor)

    if patience is None:
        return ready()
    most = max(1, current_app.extensions["duban.settings"].threads // 2)
    return long_polls.wait_until(ready, timedelta(milliseconds=patience), most=most)


@contextmanager
def _answering(task_id: str) -> Iterator[None]:
    """Let what a worker may not do be told in the API's words."""
    try:
        yield
    except NotFound as error:
        raise (_missing(task_id) if error.code in ("external_task", "task") else error) from None
    except Conflict as error:
        if error.code not in ("locked", "unlocked"):
            raise
        raise NotInHand(error.message, code=error.code) from None


# --- what is told


def _handed(session: Session, one: Locked, topic: dict[str, Any]) -> dict[str, Any]:
    """Return a task as its worker gets it, with the variables that it asks for."""
    told = one.local if topic["localVariables"] else one.variables
    if topic["variables"] is not None:
        told = {name: told[name] for name in topic["variables"] if name in told}
    node = deployed.compiled(session, one.task.definition_id).nodes.get(one.task.element_id)
    properties = dict(node.attributes.get("properties", {})) if node else {}
    return {
        **_shown(session, one.task, one.instance),
        "errorDetails": one.task.error_details,
        "variables": typed_map(told, deserialize=topic["deserializeValues"]),
        "extensionProperties": properties if topic["includeExtensionProperties"] else {},
    }


def _shown(session: Session, task: ExternalTask, instance: Instance) -> dict[str, Any]:
    definition = session.get_one(ProcessDefinition, task.definition_id)
    return {
        "activityId": task.element_id,
        "activityInstanceId": f"{task.element_id}:{task.id}",
        "createTime": dates.written(task.created_at),
        "errorMessage": task.error_message,
        "executionId": instance.id,
        "id": task.id,
        "lockExpirationTime": dates.written(task.locked_until),
        "processDefinitionId": task.definition_id,
        "processDefinitionKey": definition.key,
        "processDefinitionVersionTag": definition.version_tag,
        "processInstanceId": instance.id,
        "retries": task.retries,
        "suspended": instance.state == "suspended",
        "workerId": task.worker,
        "topicName": task.topic,
        "tenantId": None,
        "priority": task.priority,
        "businessKey": instance.business_key,
    }
