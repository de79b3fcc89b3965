"""`/history/user-operation`: what people did with instances, tasks, jobs and variables, out of the audit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, jsonify
from sqlalchemy import ColumnElement, Select, and_, cast, or_, select
from sqlalchemy import String as Characters

from server.db import reading
from server.engine_rest import dates
from server.engine_rest.area import blueprint
from server.engine_rest.filters import Filter, after, before, equals, everything, text, texts
from server.engine_rest.queries import Query
from server.guard import guard
from workflows import audit, visibility
from workflows.actor import Actor
from workflows.model import AuditEvent, Instance, Task

Told = Callable[[AuditEvent], str | None]


@dataclass(frozen=True)
class Kind:
    """What that API calls an act: on what it is done, which change it makes, and whose business it is."""

    entity: str
    operation: str
    category: str = "Operator"
    property: str | None = None
    new: Told = lambda event: None  #: the new value
    old: Told = lambda event: None


def _detail(name: str) -> Told:
    def told(event: AuditEvent) -> str | None:
        value = (event.detail or {}).get(name)
        return None if value is None else str(value)

    return told


def _always(value: str) -> Told:
    return lambda event: value


def _who(event: AuditEvent) -> str | None:
    return event.actor


#: Acts of the audit → what that API calls them. Reads, sign-ins and what the system does are no operations.
ACTS: Mapping[str, Kind] = {
    "task.claim": Kind("Task", "Claim", "TaskWorker", "assignee", _who),
    "task.release": Kind("Task", "Assign", "TaskWorker", "assignee", old=_who),
    "task.assign": Kind("Task", "Assign", "TaskWorker", "assignee", _detail("to"), _detail("from")),
    "task.delegate": Kind("Task", "Delegate", "TaskWorker", "assignee", _detail("to"), _detail("from")),
    "task.recall": Kind("Task", "Assign", "TaskWorker", "assignee", _detail("to"), _detail("from")),
    "task.resolve": Kind("Task", "Resolve", "TaskWorker", "assignee", _detail("to"), _detail("from")),
    "task.complete": Kind("Task", "Complete", "TaskWorker", "delete", _always("true"), _always("false")),
    "instance.start": Kind("ProcessInstance", "Create"),
    "instance.cancel": Kind("ProcessInstance", "Delete"),
    "instance.suspend": Kind(
        "ProcessInstance", "Suspend", "Operator", "suspensionState", _always("suspended")
    ),
    "instance.resume": Kind("ProcessInstance", "Activate", "Operator", "suspensionState", _always("active")),
    "instance.migrate": Kind(
        "ProcessInstance", "Migrate", "Operator", "processDefinitionId", _detail("to"), _detail("from")
    ),
    "instance.variables": Kind("Variable", "ModifyVariable"),
    "external.retries": Kind(
        "ExternalTask", "SetExternalTaskRetries", "Operator", "retries", _detail("retries")
    ),
    "external.priority": Kind("ExternalTask", "SetPriority", "Operator", "priority", _detail("priority")),
    "external.unlock": Kind("ExternalTask", "Unlock"),
    "incident.retry": Kind("Job", "SetJobRetries"),
    "incident.resolve": Kind("Incident", "Resolve"),
    "job.retries": Kind("Job", "SetJobRetries", "Operator", "retries", _detail("retries")),
    "job.due": Kind("Job", "SetDueDate", "Operator", "duedate", _detail("new"), _detail("old")),
    "job.execute": Kind("Job", "Execute"),
}
#: Of these one learns nothing about where a run stands.
_OF_WHOLE = [act for act, kind in ACTS.items() if kind.entity in ("ProcessInstance", "Variable")]


def _of(name: str) -> Callable[[list[str]], ColumnElement[bool]]:
    """Return the filter on what that API calls an act."""

    def condition(values: list[str]) -> ColumnElement[bool]:
        return AuditEvent.act.in_([act for act, kind in ACTS.items() if getattr(kind, name) in values])

    return condition


def _one_of(name: str) -> Filter:
    return text(lambda value: _of(name)([value]))


FILTERS: dict[str, Filter] = {
    "operationId": equals(cast(AuditEvent.id, Characters)),
    "processInstanceId": equals(AuditEvent.instance_id),
    "executionId": equals(AuditEvent.instance_id),
    "processDefinitionId": equals(Instance.definition_id),
    "processDefinitionKey": equals(Instance.definition_key),
    "taskId": equals(AuditEvent.task_id),
    "userId": equals(AuditEvent.actor),
    "operationType": _one_of("operation"),
    "entityType": _one_of("entity"),
    "entityTypeIn": texts(_of("entity")),
    "category": _one_of("category"),
    "categoryIn": texts(_of("category")),
    "property": _one_of("property"),
    "afterTimestamp": after(AuditEvent.at),
    "beforeTimestamp": before(AuditEvent.at),
    "withoutTenantId": everything(),
}
SORTS = {"timestamp": AuditEvent.at}
QUERY = Query(FILTERS, SORTS, AuditEvent.id)


@blueprint.get("/history/user-operation")
@guard()
def list_user_operations(actor: Actor) -> Response:
    """Return what people did that matches."""
    with reading() as session:
        return jsonify([_shown(*row) for row in QUERY.rows(session, _visible(actor), actor)])


@blueprint.get("/history/user-operation/count")
@guard()
def count_user_operations(actor: Actor) -> Response:
    """Return how much people did that matches."""
    with reading() as session:
        return jsonify(QUERY.count(session, _visible(actor), actor))


def _visible(actor: Actor) -> Select[AuditEvent, Instance]:
    # As the page of a matter tells its course; what was done about one step, to who sees the step.
    policy = visibility.policy()
    of_seen_task = AuditEvent.task_id.in_(select(Task.id).where(policy.tasks(actor)))
    of_run = and_(AuditEvent.task_id.is_(None), or_(AuditEvent.act.in_(_OF_WHOLE), policy.whole(actor)))
    found = select(AuditEvent, Instance).join(Instance, Instance.id == AuditEvent.instance_id)
    return found.where(
        AuditEvent.act.in_(ACTS),
        AuditEvent.actor != audit.SYSTEM,
        policy.instances(actor),
        or_(of_seen_task, of_run),
    )


def _shown(event: AuditEvent, instance: Instance) -> dict[str, Any]:
    kind = ACTS[event.act]
    return {
        "id": str(event.id),
        "operationId": str(event.id),
        "deploymentId": None,
        "processDefinitionId": instance.definition_id,
        "processDefinitionKey": instance.definition_key,
        "processInstanceId": instance.id,
        "executionId": instance.id,
        "caseDefinitionId": None,
        "caseInstanceId": None,
        "caseExecutionId": None,
        "taskId": event.task_id,
        "externalTaskId": None,
        "jobId": None,
        "jobDefinitionId": None,
        "batchId": None,
        "userId": event.actor,
        "timestamp": dates.written(event.at),
        "operationType": kind.operation,
        "entityType": kind.entity,
        "category": kind.category,
        "property": kind.property,
        "orgValue": kind.old(event),
        "newValue": kind.new(event),
        "annotation": None,
        "tenantId": None,
        "removalTime": None,
        "rootProcessInstanceId": instance.id,
    }
