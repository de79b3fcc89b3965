"""`/history/task`: every task, open or closed, that one may see."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from sqlalchemy import ColumnElement, Select, or_, select

from server.db import reading
from server.engine_rest import dates
from server.engine_rest.area import blueprint
from server.engine_rest.filters import (
    Filter,
    after,
    among,
    at,
    before,
    equals,
    everything,
    flag,
    like,
    number,
    since,
    text,
    until,
)
from server.engine_rest.queries import Query
from server.guard import guard
from workflows import visibility
from workflows.actor import Actor
from workflows.model import Instance, ProcessDefinition, Task, TaskCandidate

#: A task's outcome → why it is no longer there, in that API's words.
REASONS = {"completed": "completed", "cancelled": "deleted"}
STATES = {"completed": "Completed", "cancelled": "Deleted"}


def _offered(kind: str, name: str) -> ColumnElement[bool]:
    return Task.id.in_(
        select(TaskCandidate.task_id).where(TaskCandidate.kind == kind, TaskCandidate.name == name)
    )


def _ended(reason: str) -> ColumnElement[bool]:
    return Task.outcome.in_([outcome for outcome, said in REASONS.items() if said == reason])


_WITH_GROUP = select(TaskCandidate.task_id).where(TaskCandidate.kind == "group")
FILTERS: dict[str, Filter] = {
    "taskId": equals(Task.id),
    "processInstanceId": equals(Task.instance_id),
    "processInstanceBusinessKey": equals(Instance.business_key),
    "processInstanceBusinessKeyIn": among(Instance.business_key),
    "processInstanceBusinessKeyLike": like(Instance.business_key),
    "executionId": equals(Task.instance_id),
    "processDefinitionId": equals(Task.definition_id),
    "processDefinitionKey": equals(Instance.definition_key),
    "processDefinitionName": equals(ProcessDefinition.name),
    "activityInstanceIdIn": among(Task.element_id + ":" + Task.id),
    "taskName": equals(Task.name),
    "taskNameLike": like(Task.name),
    "taskDefinitionKey": equals(Task.element_id),
    "taskDefinitionKeyIn": among(Task.element_id),
    "taskDeleteReason": text(_ended),
    "taskAssignee": equals(Task.assignee),
    "taskAssigneeLike": like(Task.assignee),
    "taskPriority": number(lambda value: Task.priority == value),
    "assigned": flag(lambda: Task.assignee.is_not(None)),
    "unassigned": flag(lambda: Task.assignee.is_(None)),
    "finished": flag(lambda: Task.closed_at.is_not(None)),
    "unfinished": flag(lambda: Task.closed_at.is_(None)),
    "processFinished": flag(lambda: Instance.ended_at.is_not(None)),
    "processUnfinished": flag(lambda: Instance.ended_at.is_(None)),
    "taskDueDate": at(Task.due_at),
    "taskDueDateBefore": before(Task.due_at),
    "taskDueDateAfter": after(Task.due_at),
    "withoutTaskDueDate": flag(lambda: Task.due_at.is_(None)),
    "taskFollowUpDate": at(Task.follow_up_at),
    "taskFollowUpDateBefore": before(Task.follow_up_at),
    "taskFollowUpDateAfter": after(Task.follow_up_at),
    "startedBefore": until(Task.created_at),
    "startedAfter": since(Task.created_at),
    "finishedBefore": until(Task.closed_at),
    "finishedAfter": since(Task.closed_at),
    "taskInvolvedUser": text(
        lambda value: or_(Task.assignee == value, Task.closed_by == value, _offered("user", value))
    ),
    "taskInvolvedGroup": text(lambda value: _offered("group", value)),
    "taskHadCandidateUser": text(lambda value: _offered("user", value)),
    "taskHadCandidateGroup": text(lambda value: _offered("group", value)),
    "withCandidateGroups": flag(lambda: Task.id.in_(_WITH_GROUP)),
    "withoutCandidateGroups": flag(lambda: Task.id.not_in(_WITH_GROUP)),
    "withoutTenantId": everything(),
}
SORTS = {
    "taskId": Task.id,
    "activityInstanceId": Task.element_id + ":" + Task.id,
    "processDefinitionId": Task.definition_id,
    "processInstanceId": Task.instance_id,
    "executionId": Task.instance_id,
    "endTime": Task.closed_at,
    "startTime": Task.created_at,
    "taskName": Task.name,
    "assignee": Task.assignee,
    "dueDate": Task.due_at,
    "followUpDate": Task.follow_up_at,
    "deleteReason": Task.outcome,
    "taskDefinitionKey": Task.element_id,
    "priority": Task.priority,
}
QUERY = Query(FILTERS, SORTS, Task.id)


@blueprint.route("/history/task", methods=["GET", "POST"])
@guard()
def list_history_tasks(actor: Actor) -> Response:
    """Return the tasks, open or closed, that match."""
    with reading() as session:
        return jsonify([_shown(*row) for row in QUERY.rows(session, _visible(actor), actor)])


@blueprint.route("/history/task/count", methods=["GET", "POST"])
@guard()
def count_history_tasks(actor: Actor) -> Response:
    """Return how many tasks, open or closed, match."""
    with reading() as session:
        return jsonify(QUERY.count(session, _visible(actor), actor))


def _visible(actor: Actor) -> Select[Task, Instance]:
    found = select(Task, Instance).join(Instance, Task.instance_id == Instance.id)
    named = found.join(ProcessDefinition, Task.definition_id == ProcessDefinition.id)
    return named.where(visibility.policy().tasks(actor))


def _shown(task: Task, instance: Instance) -> dict[str, Any]:
    return {
        "id": task.id,
        "processDefinitionKey": instance.definition_key,
        "processDefinitionId": task.definition_id,
        "processInstanceId": task.instance_id,
        "executionId": task.instance_id,
        "caseDefinitionKey": None,
        "caseDefinitionId": None,
        "caseInstanceId": None,
        "caseExecutionId": None,
        "activityInstanceId": f"{task.element_id}:{task.id}",
        "name": task.name,
        "description": None,
        "deleteReason": REASONS.get(task.outcome or ""),
        "owner": None,
        "assignee": task.assignee,
        "startTime": dates.written(task.created_at),
        "endTime": dates.written(task.closed_at),
        "duration": dates.milliseconds(task.created_at, task.closed_at),
        "taskDefinitionKey": task.element_id,
        "priority": task.priority,
        "due": dates.written(task.due_at),
        "parentTaskId": None,
        "followUp": dates.written(task.follow_up_at),
        "tenantId": None,
        "removalTime": None,
        "rootProcessInstanceId": task.instance_id,
        "taskState": STATES.get(task.outcome or "", "Updated" if task.claimed_at else "Created"),
    }
