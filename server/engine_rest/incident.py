"""`/incident`: the open failures of the instances one may see."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from sqlalchemy import ColumnElement, Select, false, func, or_, select
from sqlalchemy.orm import Session

from server.db import reading, unit_of_work
from server.engine_rest import dates
from server.engine_rest.area import blueprint
from server.engine_rest.bodies import no_content
from server.engine_rest.filters import Filter, after, among, before, equals, like, text
from server.engine_rest.queries import Query, arguments
from server.guard import guard
from workflows import incidents, visibility
from workflows.actor import Actor
from workflows.errors import NotFound
from workflows.model import Incident, Instance

#: What a timer failed at is a failed job to that API; other kinds keep their own names.
TYPES = {"failedTimer": "failedJob"}
KINDS = {name: kind for kind, name in TYPES.items()}


def of_type(name: str) -> ColumnElement[bool]:
    """Return the condition that an incident is of the type with this name."""
    if name in TYPES:
        return false()
    return or_(Incident.kind == name, Incident.kind == KINDS.get(name, name))


FILTERS: dict[str, Filter] = {
    "incidentId": equals(Incident.id),
    "incidentType": text(of_type),
    "incidentMessage": equals(Incident.message),
    "incidentMessageLike": like(Incident.message),
    "processDefinitionId": equals(Instance.definition_id),
    "processDefinitionKeyIn": among(Instance.definition_key),
    "processInstanceId": equals(Incident.instance_id),
    "executionId": equals(Incident.instance_id),
    "incidentTimestampBefore": before(Incident.created_at),
    "incidentTimestampAfter": after(Incident.created_at),
    "activityId": equals(Incident.element_id),
    "failedActivityId": equals(Incident.element_id),
    "causeIncidentId": equals(Incident.id),
    "rootCauseIncidentId": equals(Incident.id),
    "configuration": equals(func.coalesce(Incident.timer_id, Incident.job_id, Incident.external_id)),
}
SORTS = {
    "incidentId": Incident.id,
    "incidentTimestamp": Incident.created_at,
    "incidentType": Incident.kind,
    "executionId": Incident.instance_id,
    "activityId": Incident.element_id,
    "processInstanceId": Incident.instance_id,
    "processDefinitionId": Instance.definition_id,
    "causeIncidentId": Incident.id,
    "rootCauseIncidentId": Incident.id,
    "configuration": func.coalesce(Incident.timer_id, Incident.job_id, Incident.external_id),
    "incidentMessage": Incident.message,
}
QUERY = Query(FILTERS, SORTS, Incident.id)


@blueprint.get("/incident")
@guard()
def list_incidents(actor: Actor) -> Response:
    """Return the open incidents that match."""
    with reading() as session:
        return jsonify([_shown(*row) for row in QUERY.rows(session, _visible(actor), actor)])


@blueprint.get("/incident/count")
@guard()
def count_incidents(actor: Actor) -> Response:
    """Return how many open incidents match."""
    with reading() as session:
        return jsonify(QUERY.count(session, _visible(actor), actor))


@blueprint.get("/incident/<incident_id>")
@guard()
def get_incident(incident_id: str, actor: Actor) -> Response:
    """Return one open incident."""
    arguments()
    with reading() as session:
        return jsonify(_shown(*_found(session, incident_id, actor)))


@blueprint.delete("/incident/<incident_id>")
@guard()
def resolve_incident(incident_id: str, actor: Actor) -> Response:
    """Close an incident behind which nothing waits to be tried again."""
    with unit_of_work() as session:
        incidents.resolve(session, incident_id, actor=actor)
    return no_content()


@blueprint.post("/incident/<incident_id>/retry")
@guard()
def retry_incident(incident_id: str, actor: Actor) -> Response:
    """Let what failed be tried again at once, and close the incident."""
    with unit_of_work() as session:
        incidents.retry(session, incident_id, actor=actor)
    return no_content()


def _visible(actor: Actor) -> Select[Incident, Instance]:
    # A fault tells where it happened, and of what: it is for those from whom nothing of the run is hidden.
    of_instance = select(Incident, Instance).join(Instance, Incident.instance_id == Instance.id)
    return of_instance.where(Incident.resolved_at.is_(None), visibility.policy().whole(actor))


def _found(session: Session, incident_id: str, actor: Actor) -> Any:
    found = session.execute(_visible(actor).where(Incident.id == incident_id)).one_or_none()
    if found is None:
        raise NotFound(f"No matching incident with id {incident_id}")
    return found


def _shown(incident: Incident, instance: Instance) -> dict[str, Any]:
    """Return the incident as the API shows it; every one here is its own cause."""
    return {
        "id": incident.id,
        "processDefinitionId": instance.definition_id,
        "processInstanceId": instance.id,
        "executionId": instance.id,
        "incidentTimestamp": dates.written(incident.created_at),
        "incidentType": TYPES.get(incident.kind, incident.kind),
        "activityId": incident.element_id,
        "failedActivityId": incident.element_id,
        "causeIncidentId": incident.id,
        "rootCauseIncidentId": incident.id,
        "configuration": incident.timer_id or incident.job_id or incident.external_id,
        "incidentMessage": incident.message,
        "tenantId": None,
        "jobDefinitionId": None,
        "annotation": None,
    }
