"""`/history/process-instance`: every instance, running or ended, that one may see."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from marshmallow import validate
from sqlalchemy import ColumnElement, Select, and_, false, select, true

from server.db import reading
from server.engine_rest import dates
from server.engine_rest.area import blueprint
from server.engine_rest.filters import (
    Filter,
    among,
    equals,
    everything,
    flag,
    like,
    not_among,
    since,
    text,
    until,
)
from server.engine_rest.incident import of_type
from server.engine_rest.kinds import Text
from server.engine_rest.queries import Query, arguments
from server.guard import guard
from workflows import visibility
from workflows.actor import Actor
from workflows.errors import NotFound
from workflows.model import Activity, Incident, Instance, ProcessDefinition

STATES = {
    "active": "ACTIVE",
    "suspended": "SUSPENDED",
    "completed": "COMPLETED",
    "cancelled": "EXTERNALLY_TERMINATED",
}


def _with_incident(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return Instance.id.in_(select(Incident.instance_id).where(condition))


def _passed(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    # Of its own stage: who sees an investigation does not find it by what its review passed.
    return Instance.id.in_(select(Activity.instance_id).where(Activity.stage.is_(None), condition))


def _standing(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return _passed(and_(condition, Activity.left_at.is_(None)))


def _incident_status(value: str) -> ColumnElement[bool]:
    unresolved = Incident.resolved_at.is_(None)
    return _with_incident(unresolved if value == "open" else ~unresolved)


FILTERS: dict[str, Filter] = {
    "processInstanceId": equals(Instance.id),
    "processInstanceIds": among(Instance.id),
    "processDefinitionId": equals(Instance.definition_id),
    "processDefinitionKey": equals(Instance.definition_key),
    "processDefinitionKeyIn": among(Instance.definition_key),
    "processDefinitionKeyNotIn": not_among(Instance.definition_key),
    "processDefinitionName": equals(ProcessDefinition.name),
    "processDefinitionNameLike": like(ProcessDefinition.name),
    "processInstanceBusinessKey": equals(Instance.business_key),
    "processInstanceBusinessKeyIn": among(Instance.business_key),
    "processInstanceBusinessKeyLike": like(Instance.business_key),
    "rootProcessInstances": everything(),
    "withoutTenantId": everything(),
    "finished": flag(lambda: Instance.ended_at.is_not(None)),
    "unfinished": flag(lambda: Instance.ended_at.is_(None)),
    "withIncidents": flag(lambda: _with_incident(true())),
    "withRootIncidents": flag(lambda: _with_incident(true())),
    "incidentIdIn": among(Incident.id, within=_with_incident),
    "incidentType": text(lambda value: _with_incident(of_type(value))),
    "incidentStatus": Filter(Text(validate=validate.OneOf(["open", "resolved"])), _incident_status),
    "incidentMessage": equals(Incident.message, within=_with_incident),
    "incidentMessageLike": like(Incident.message, within=_with_incident),
    "startedBefore": until(Instance.started_at),
    "startedAfter": since(Instance.started_at),
    "finishedBefore": until(Instance.ended_at),
    "finishedAfter": since(Instance.ended_at),
    "executedActivityAfter": since(Activity.entered_at, within=_passed),
    "executedActivityBefore": until(Activity.entered_at, within=_passed),
    "executedActivityIdIn": among(Activity.element_id, within=_passed),
    "activeActivityIdIn": among(Activity.element_id, within=_standing),
    "activityIdIn": among(Activity.element_id, within=_standing),
    "startedBy": equals(Instance.started_by),
    "active": flag(lambda: Instance.state == "active"),
    "suspended": flag(lambda: Instance.state == "suspended"),
    "completed": flag(lambda: Instance.state == "completed"),
    "externallyTerminated": flag(lambda: Instance.state == "cancelled"),
    "internallyTerminated": flag(false),
}
SORTS = {
    "instanceId": Instance.id,
    "definitionId": Instance.definition_id,
    "definitionKey": Instance.definition_key,
    "definitionName": ProcessDefinition.name,
    "definitionVersion": ProcessDefinition.version,
    "businessKey": Instance.business_key,
    "startTime": Instance.started_at,
    "endTime": Instance.ended_at,
}
QUERY = Query(FILTERS, SORTS, Instance.id)


@blueprint.route("/history/process-instance", methods=["GET", "POST"])
@guard()
def list_history_instances(actor: Actor) -> Response:
    """Return the instances, running or ended, that match."""
    with reading() as session:
        return jsonify([_shown(*row) for row in QUERY.rows(session, _visible(actor), actor)])


@blueprint.route("/history/process-instance/count", methods=["GET", "POST"])
@guard()
def count_history_instances(actor: Actor) -> Response:
    """Return how many instances, running or ended, match."""
    with reading() as session:
        return jsonify(QUERY.count(session, _visible(actor), actor))


@blueprint.get("/history/process-instance/<instance_id>")
@guard()
def get_history_instance(instance_id: str, actor: Actor) -> Response:
    """Return one instance, running or ended."""
    arguments()
    with reading() as session:
        found = session.execute(_visible(actor).where(Instance.id == instance_id)).one_or_none()
        if found is None:
            raise NotFound(f"Historic process instance with id {instance_id} does not exist")
        return jsonify(_shown(*found))


def _visible(actor: Actor) -> Select[Instance, ProcessDefinition, str]:
    passages = select(Activity.element_id).where(Activity.instance_id == Instance.id).correlate(Instance)
    first = passages.order_by(Activity.id).limit(1).scalar_subquery()
    found = select(Instance, ProcessDefinition, first)
    joined = found.join(ProcessDefinition, Instance.definition_id == ProcessDefinition.id)
    return joined.where(visibility.policy().instances(actor))


def _shown(instance: Instance, definition: ProcessDefinition, start: str | None) -> dict[str, Any]:
    return {
        "id": instance.id,
        "businessKey": instance.business_key,
        "processDefinitionId": definition.id,
        "processDefinitionKey": definition.key,
        "processDefinitionName": definition.name,
        "processDefinitionVersion": definition.version,
        "startTime": dates.written(instance.started_at),
        "endTime": dates.written(instance.ended_at),
        "removalTime": None,
        "durationInMillis": dates.milliseconds(instance.started_at, instance.ended_at),
        "startUserId": instance.started_by,
        "startActivityId": start,
        "deleteReason": instance.end_reason,
        "rootProcessInstanceId": instance.id,
        "superProcessInstanceId": None,
        "superCaseInstanceId": None,
        "caseInstanceId": None,
        "tenantId": None,
        "state": STATES[instance.state],
        "restartedProcessInstanceId": None,
    }
