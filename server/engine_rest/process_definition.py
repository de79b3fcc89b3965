"""`/process-definition`: the versions of processes, and how instances of them are started."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from marshmallow import RAISE, Schema, fields, validate
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from server.db import reading, unit_of_work
from server.engine_rest import process_instance
from server.engine_rest.area import blueprint
from server.engine_rest.bodies import loaded, no_content
from server.engine_rest.filters import Filter, after, among, at, equals, everything, flag, like, number
from server.engine_rest.forms import form_reference, form_source
from server.engine_rest.kinds import Flag, Name
from server.engine_rest.queries import Query, arguments
from server.engine_rest.variables import plain, typed_map, variable_map
from server.guard import guard
from workflows import definitions, deployed, instances
from workflows.actor import Actor
from workflows.errors import NotFound
from workflows.model import Deployment, ProcessDefinition

#: Who owns the processes: may deploy, suspend and delete them.
OWNERS = frozenset({"supervisor"})


def _is_latest() -> ColumnElement[bool]:
    other = aliased(ProcessDefinition)
    highest = select(func.max(other.version)).where(other.key == ProcessDefinition.key)
    return ProcessDefinition.version == highest.correlate(ProcessDefinition).scalar_subquery()


def _of_deployment(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return ProcessDefinition.deployment_id.in_(select(Deployment.id).where(condition))


FILTERS: dict[str, Filter] = {
    "processDefinitionId": equals(ProcessDefinition.id),
    "processDefinitionIdIn": among(ProcessDefinition.id),
    "name": equals(ProcessDefinition.name),
    "nameLike": like(ProcessDefinition.name),
    "deploymentId": equals(ProcessDefinition.deployment_id),
    "deployedAfter": after(Deployment.deployed_at, within=_of_deployment),
    "deployedAt": at(Deployment.deployed_at, within=_of_deployment),
    "key": equals(ProcessDefinition.key),
    "keysIn": among(ProcessDefinition.key),
    "keyLike": like(ProcessDefinition.key),
    "version": number(lambda value: ProcessDefinition.version == value),
    "latestVersion": flag(_is_latest),
    "resourceName": equals(ProcessDefinition.resource_name),
    "resourceNameLike": like(ProcessDefinition.resource_name),
    "active": flag(lambda: ~ProcessDefinition.suspended),
    "suspended": flag(lambda: ProcessDefinition.suspended.is_(True)),
    "versionTag": equals(ProcessDefinition.version_tag),
    "versionTagLike": like(ProcessDefinition.version_tag),
    "withoutVersionTag": flag(lambda: ProcessDefinition.version_tag.is_(None)),
    "withoutTenantId": everything(),
    "includeProcessDefinitionsWithoutTenantId": everything(),
    "startableInTasklist": everything(),
}
SORTS = {
    "id": ProcessDefinition.id,
    "key": ProcessDefinition.key,
    "name": ProcessDefinition.name,
    "version": ProcessDefinition.version,
    "deploymentId": ProcessDefinition.deployment_id,
    "versionTag": ProcessDefinition.version_tag,
}
QUERY = Query(FILTERS, SORTS, ProcessDefinition.id)


class StartSchema(Schema):
    """How an instance is started."""

    class Meta:
        unknown = RAISE

    variables = variable_map()
    businessKey = Name(allow_none=True, load_default=None)
    withVariablesInReturn = Flag(load_default=False)
    #: Said by some clients with their harmless values; what they would change is not offered.
    caseInstanceId = fields.String(
        allow_none=True, validate=validate.Equal(None, error="There are no cases.")
    )
    startInstructions = fields.List(
        fields.Raw(), allow_none=True, validate=validate.Length(max=0, error="Instances start at the start.")
    )
    skipCustomListeners = Flag()
    skipIoMappings = Flag(validate=validate.Equal(False, error="Mappings are never skipped."))


class SuspendedSchema(Schema):
    """Whether new instances are refused."""

    class Meta:
        unknown = RAISE

    suspended = Flag(required=True)
    includeProcessInstances = Flag(
        validate=validate.Equal(False, error="Not offered: suspend each process instance by itself.")
    )
    executionDate = fields.String(
        allow_none=True, validate=validate.Equal(None, error="Not offered: it holds from now on.")
    )


@blueprint.get("/process-definition")
@guard()
def list_definitions(actor: Actor) -> Response:
    """Return the versions of processes that match."""
    with reading() as session:
        rows = QUERY.rows(session, select(ProcessDefinition), actor)
        return jsonify([shown(row.ProcessDefinition) for row in rows])


@blueprint.get("/process-definition/count")
@guard()
def count_definitions(actor: Actor) -> Response:
    """Return how many versions of processes match."""
    with reading() as session:
        return jsonify(QUERY.count(session, select(ProcessDefinition), actor))


@blueprint.get("/process-definition/<definition_id>")
@blueprint.get("/process-definition/key/<key>")
@guard()
def get_definition(actor: Actor, definition_id: str = "", key: str = "") -> Response:
    """Return one version, or the latest of a key."""
    arguments()
    with reading() as session:
        return jsonify(shown(_found(session, definition_id, key)))


@blueprint.get("/process-definition/<definition_id>/xml")
@blueprint.get("/process-definition/key/<key>/xml")
@guard()
def get_xml(actor: Actor, definition_id: str = "", key: str = "") -> Response:
    """Return the diagram as it was deployed."""
    with reading() as session:
        row = _found(session, definition_id, key)
        content = deployed.content(session, row.deployment_id, row.resource_name)
        return jsonify({"id": row.id, "bpmn20Xml": content.decode(errors="replace")})


@blueprint.post("/process-definition/<definition_id>/start")
@blueprint.post("/process-definition/key/<key>/start")
@blueprint.post("/process-definition/<definition_id>/submit-form")
@blueprint.post("/process-definition/key/<key>/submit-form")
@guard()
def start_instance(actor: Actor, definition_id: str = "", key: str = "") -> Response:
    """Start an instance with these variables, checked by the start form if there is one."""
    body = loaded(StartSchema())
    values = plain(body["variables"])
    with unit_of_work() as session:
        instance = instances.start(
            session,
            definition_id=_found(session, definition_id, key).id,
            actor=actor,
            variables=values,
            business_key=body["businessKey"],
        )
        answer = process_instance.shown(instance, linked=True)
        if body["withVariablesInReturn"]:
            answer["variables"] = typed_map(process_instance.variables_if_seen(session, instance.id, actor))
    return jsonify(answer)


@blueprint.get("/process-definition/<definition_id>/startForm")
@blueprint.get("/process-definition/key/<key>/startForm")
@guard()
def get_start_form(actor: Actor, definition_id: str = "", key: str = "") -> Response:
    """Return which form starts an instance."""
    with reading() as session:
        owner = deployed.process(session, _found(session, definition_id, key).id)
        return jsonify({**form_reference(owner.definition.start_node), "contextPath": None})


@blueprint.get("/process-definition/<definition_id>/deployed-start-form")
@blueprint.get("/process-definition/key/<key>/deployed-start-form")
@guard()
def get_deployed_start_form(actor: Actor, definition_id: str = "", key: str = "") -> Response:
    """Return the start form itself, as it was deployed."""
    with reading() as session:
        owner = deployed.process(session, _found(session, definition_id, key).id)
        return Response(form_source(session, owner, owner.definition.start_node), mimetype="application/json")


@blueprint.put("/process-definition/<definition_id>/suspended")
@blueprint.put("/process-definition/key/<key>/suspended")
@guard(roles=OWNERS)
def suspend_definition(actor: Actor, definition_id: str = "", key: str = "") -> Response:
    """Refuse new instances from now on, or take them again; running ones go on."""
    suspended = loaded(SuspendedSchema())["suspended"]
    with unit_of_work() as session:
        definitions.set_suspended(session, _found(session, definition_id, key).id, suspended, actor=actor)
    return no_content()


def shown(row: ProcessDefinition) -> dict[str, Any]:
    """Return the definition as the API shows it; what has no counterpart here is null."""
    return {
        "id": row.id,
        "key": row.key,
        "category": None,
        "description": None,
        "name": row.name or None,
        "version": row.version,
        "resource": row.resource_name,
        "deploymentId": row.deployment_id,
        "diagram": None,
        "suspended": row.suspended,
        "tenantId": None,
        "versionTag": row.version_tag,
        "historyTimeToLive": None,
        "startableInTasklist": True,
    }


def _found(session: Session, definition_id: str, key: str) -> ProcessDefinition:
    if definition_id:
        row = session.get(ProcessDefinition, definition_id)
        missing = f"No matching definition with id {definition_id}"
    else:
        versions = select(ProcessDefinition).where(ProcessDefinition.key == key)
        row = session.scalar(versions.order_by(ProcessDefinition.version.desc()).limit(1))
        missing = f"No matching process definition with key: {key} and no tenant-id"
    if row is None:
        raise NotFound(missing)
    return row
