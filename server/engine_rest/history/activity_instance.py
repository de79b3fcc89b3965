"""`/history/activity-instance`: every passage through an element of the instances that one may see."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from sqlalchemy import Select, select

from server.db import reading
from server.engine_rest import activity_types, dates
from server.engine_rest.area import blueprint
from server.engine_rest.filters import Filter, equals, everything, flag, like, since, text, until
from server.engine_rest.queries import Query, arguments
from server.guard import guard
from workflows import visibility
from workflows.actor import Actor
from workflows.errors import NotFound
from workflows.model import Activity, Instance, Task

PASSAGE = Activity.element_id + ":" + Activity.engine_id
FILTERS: dict[str, Filter] = {
    "activityInstanceId": equals(PASSAGE),
    "processInstanceId": equals(Activity.instance_id),
    "processDefinitionId": equals(Instance.definition_id),
    "executionId": equals(Activity.instance_id),
    "activityId": equals(Activity.element_id),
    "activityName": equals(Activity.name),
    "activityNameLike": like(Activity.name),
    "activityType": text(lambda value: Activity.kind.in_(activity_types.kinds(value))),
    "taskAssignee": equals(Task.assignee),
    "finished": flag(lambda: Activity.left_at.is_not(None)),
    "unfinished": flag(lambda: Activity.left_at.is_(None)),
    "canceled": flag(lambda: Activity.cancelled.is_(True)),
    "startedBefore": until(Activity.entered_at),
    "startedAfter": since(Activity.entered_at),
    "finishedBefore": until(Activity.left_at),
    "finishedAfter": since(Activity.left_at),
    "withoutTenantId": everything(),
}
SORTS = {
    "activityInstanceId": PASSAGE,
    "instanceId": Activity.instance_id,
    "executionId": Activity.instance_id,
    "activityId": Activity.element_id,
    "activityName": Activity.name,
    "activityType": Activity.kind,
    "startTime": Activity.entered_at,
    "endTime": Activity.left_at,
    "definitionId": Instance.definition_id,
    "occurrence": Activity.id,
}
QUERY = Query(FILTERS, SORTS, Activity.id)


@blueprint.route("/history/activity-instance", methods=["GET", "POST"])
@guard()
def list_history_activities(actor: Actor) -> Response:
    """Return the passages through elements that match."""
    with reading() as session:
        return jsonify([_shown(*row) for row in QUERY.rows(session, _visible(actor), actor)])


@blueprint.route("/history/activity-instance/count", methods=["GET", "POST"])
@guard()
def count_history_activities(actor: Actor) -> Response:
    """Return how many passages through elements match."""
    with reading() as session:
        return jsonify(QUERY.count(session, _visible(actor), actor))


@blueprint.get("/history/activity-instance/<passage_id>")
@guard()
def get_history_activity(passage_id: str, actor: Actor) -> Response:
    """Return one passage through an element."""
    arguments()
    with reading() as session:
        found = session.execute(_visible(actor).where(PASSAGE.in_([passage_id]))).first()
        if found is None:
            raise NotFound(f"Historic activity instance with id '{passage_id}' does not exist")
        return jsonify(_shown(*found))


def _visible(actor: Actor) -> Select[Activity, Instance, Task]:
    found = select(Activity, Instance, Task).join(Instance, Activity.instance_id == Instance.id)
    return found.outerjoin(Task, Activity.task_id == Task.id).where(visibility.policy().passages(actor))


def _shown(activity: Activity, instance: Instance, task: Task | None) -> dict[str, Any]:
    return {
        "id": f"{activity.element_id}:{activity.engine_id}",
        "parentActivityInstanceId": instance.id,
        "activityId": activity.element_id,
        "activityName": activity.name or None,
        "activityType": activity_types.name(activity.kind),
        "processDefinitionKey": instance.definition_key,
        "processDefinitionId": instance.definition_id,
        "processInstanceId": instance.id,
        "executionId": instance.id,
        "taskId": activity.task_id,
        "calledProcessInstanceId": None,
        "calledCaseInstanceId": None,
        "assignee": task.assignee if task else None,
        "startTime": dates.written(activity.entered_at),
        "endTime": dates.written(activity.left_at),
        "durationInMillis": dates.milliseconds(activity.entered_at, activity.left_at),
        "canceled": activity.cancelled,
        "completeScope": activity.left_at is not None and activity.kind.startswith("endEvent"),
        "tenantId": None,
        "removalTime": None,
        "rootProcessInstanceId": instance.id,
    }
