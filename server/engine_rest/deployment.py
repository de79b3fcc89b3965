"""`/deployment`: files taken in together, as the desktop modeler sends them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any

from flask import Response, jsonify, request, send_file
from marshmallow import Schema, fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from server.db import reading, unit_of_work
from server.engine_rest import dates, process_definition
from server.engine_rest.area import blueprint
from server.engine_rest.bodies import link, loaded, no_content
from server.engine_rest.filters import Filter, after, before, equals, everything, flag, like
from server.engine_rest.kinds import Flag, Name
from server.engine_rest.process_definition import OWNERS
from server.engine_rest.queries import Query, arguments
from server.engine_rest.refusals import refusal
from server.guard import guard, settings
from server.limited import limited
from server.traffic.rates import UPLOADS
from workflows import definitions
from workflows.actor import Actor
from workflows.definitions import publishing
from workflows.errors import InvalidInput, NotFound
from workflows.model import DecisionDefinition, Deployment, ProcessDefinition, Publication, Resource

MEDIA_TYPES = {
    ".bpmn": "application/xml",
    ".dmn": "application/xml",
    ".xml": "application/xml",
    ".form": "application/json",
    ".json": "application/json",
}
KINDS = ("Process", "Case", "Decision", "DecisionRequirements")
FILTERS: dict[str, Filter] = {
    "id": equals(Deployment.id),
    "name": equals(Deployment.name),
    "nameLike": like(Deployment.name),
    "source": equals(Deployment.source),
    "withoutSource": flag(lambda: Deployment.source == ""),
    "before": before(Deployment.deployed_at),
    "after": after(Deployment.deployed_at),
    "withoutTenantId": everything(),
    "includeDeploymentsWithoutTenantId": everything(),
}
SORTS = {"id": Deployment.id, "name": Deployment.name, "deploymentTime": Deployment.deployed_at}
QUERY = Query(FILTERS, SORTS, Deployment.id)


class CreateSchema(Schema):
    """The fields of the form beside the files."""

    name = Name(data_key="deployment-name", load_default="")
    source = Name(data_key="deployment-source", load_default="")
    filtering = Flag(data_key="enable-duplicate-filtering", load_default=False)
    only_changed = Flag(data_key="deploy-changed-only", load_default=False)
    tenant = fields.String(
        data_key="tenant-id",
        validate=validate.Equal("", error="There are no tenants here: leave the tenant id empty."),
    )


@blueprint.post("/deployment/create")
@guard(roles=OWNERS)
@limited(UPLOADS)
def create_deployment(actor: Actor) -> Response:
    """Take files in together; what the gate finds wrong comes back as a ParseException."""
    form = loaded(CreateSchema(), request.form.to_dict())
    files = _files()
    if settings().second_person:
        return _asked(form, files, actor)
    with unit_of_work() as session:
        try:
            deployment = definitions.deploy(
                session,
                files,
                name=form["name"] or next(iter(files)),
                source=form["source"],
                actor=actor,
                profile=settings().gate,
                only_changed=form["filtering"] or form["only_changed"],
            )
        except InvalidInput as error:
            if not error.findings:
                raise
            raise refusal(error.findings, files, settings().gate) from None
        return jsonify(_created(session, deployment))


def _asked(form: Mapping[str, Any], files: Mapping[str, bytes], actor: Actor) -> Response:
    """Let the files wait for a second person (202), unless they are deployed already."""
    name, source = form["name"] or next(iter(files)), form["source"]
    only_changed = form["filtering"] or form["only_changed"]
    with unit_of_work() as session:
        if only_changed and (same := definitions.deployed_before(session, files, name, source)):
            return jsonify(_created(session, same))
        try:
            asked = publishing.ask_files(
                session,
                files,
                name=name,
                source=source,
                only_changed=only_changed,
                actor=actor,
                profile=settings().gate,
            )
        except InvalidInput as error:
            if not error.findings:
                raise
            raise refusal(error.findings, files, settings().gate) from None
        answer = jsonify(_waiting(asked))
    answer.status_code = 202
    return answer


@blueprint.get("/deployment")
@guard()
def list_deployments(actor: Actor) -> Response:
    """Return the deployments that match."""
    with reading() as session:
        return jsonify([_shown(row.Deployment) for row in QUERY.rows(session, select(Deployment), actor)])


@blueprint.get("/deployment/count")
@guard()
def count_deployments(actor: Actor) -> Response:
    """Return how many deployments match."""
    with reading() as session:
        return jsonify(QUERY.count(session, select(Deployment), actor))


@blueprint.get("/deployment/<deployment_id>")
@guard()
def get_deployment(deployment_id: str, actor: Actor) -> Response:
    """Return one deployment."""
    with reading() as session:
        return jsonify(_shown(_found(session, deployment_id)))


@blueprint.delete("/deployment/<deployment_id>")
@guard(roles=OWNERS)
def delete_deployment(deployment_id: str, actor: Actor) -> Response:
    """Remove a deployment that nothing has ever used; one with instances stays, cascade or not."""
    asked = arguments(cascade=Flag(load_default=False), skipCustomListeners=Flag(), skipIoMappings=Flag())
    with unit_of_work() as session:
        _found(session, deployment_id)
        definitions.delete_deployment(session, deployment_id, asked["cascade"], actor=actor)
    return no_content()


@blueprint.get("/deployment/<deployment_id>/resources")
@guard()
def list_resources(deployment_id: str, actor: Actor) -> Response:
    """Return the files of a deployment."""
    with reading() as session:
        _found(session, deployment_id)
        files = select(Resource).where(Resource.deployment_id == deployment_id).order_by(Resource.name)
        named = files.options(load_only(Resource.id, Resource.name, Resource.deployment_id))
        return jsonify([_resource(row) for row in session.scalars(named)])


@blueprint.get("/deployment/<deployment_id>/resources/<resource_id>")
@guard()
def get_resource(deployment_id: str, resource_id: str, actor: Actor) -> Response:
    """Return what one file of a deployment is called."""
    with reading() as session:
        return jsonify(_resource(_found_resource(session, deployment_id, resource_id)))


@blueprint.get("/deployment/<deployment_id>/resources/<resource_id>/data")
@guard()
def get_resource_data(deployment_id: str, resource_id: str, actor: Actor) -> Response:
    """Return one file of a deployment, byte for byte."""
    with reading() as session:
        row = _found_resource(session, deployment_id, resource_id)
    kind = MEDIA_TYPES.get(PurePosixPath(row.name).suffix.lower(), "application/octet-stream")
    # As an attachment: whatever is in it, a browser never shows it as a page of this house.
    name = PurePosixPath(row.name).name
    return send_file(BytesIO(row.content), mimetype=kind, as_attachment=True, download_name=name)


def _files() -> dict[str, bytes]:
    """Return the uploaded files by name; the names of the form's parts do not matter."""
    files: dict[str, bytes] = {}
    for part in request.files.values():
        name = part.filename or part.name or ""
        if name in files:
            raise InvalidInput(f"The file {name} is in the deployment twice.")
        files[name] = part.read()
    if not files:
        raise InvalidInput("No deployment resources contained in the form upload.")
    return files


def _created(session: Session, deployment: Deployment) -> dict[str, Any]:
    """Return a deployment with what is new in it; kinds of which nothing is new are null, as in Camunda."""
    processes = _of(session, deployment, ProcessDefinition)
    decisions = _of(session, deployment, DecisionDefinition)
    return {
        **_shown(deployment),
        "links": [link("engine_rest.get_deployment", deployment_id=deployment.id)],
        "deployedProcessDefinitions": {row.id: process_definition.shown(row) for row in processes} or None,
        "deployedCaseDefinitions": None,
        "deployedDecisionDefinitions": {row.id: _decision(row) for row in decisions} or None,
        "deployedDecisionRequirementsDefinitions": None,
    }


def _waiting(asked: Publication) -> dict[str, Any]:
    """Return what will be a deployment under this id, when a second person has confirmed it."""
    nothing = {f"deployed{kind}Definitions": None for kind in KINDS}
    return {
        "links": [],
        "id": asked.id,
        "name": asked.name,
        "source": asked.source or None,
        "deploymentTime": None,
        "tenantId": None,
        **nothing,
        "waitsForSecondPerson": True,
        "message": "Not deployed yet: a second process supervisor has to confirm it on the page of processes.",
    }


def _of(session: Session, deployment: Deployment, kind: type[Any]) -> Sequence[Any]:
    return session.scalars(select(kind).where(kind.deployment_id == deployment.id).order_by(kind.key)).all()


def _shown(row: Deployment) -> dict[str, Any]:
    return {
        "links": [],
        "id": row.id,
        "name": row.name,
        "source": row.source or None,
        "deploymentTime": dates.written(row.deployed_at),
        "tenantId": None,
    }


def _decision(row: DecisionDefinition) -> dict[str, Any]:
    return {
        "id": row.id,
        "key": row.key,
        "category": None,
        "name": row.name,
        "version": row.version,
        "resource": row.resource_name,
        "deploymentId": row.deployment_id,
        "tenantId": None,
        "decisionRequirementsDefinitionId": None,
        "decisionRequirementsDefinitionKey": None,
        "historyTimeToLive": None,
        "versionTag": None,
    }


def _resource(row: Resource) -> dict[str, Any]:
    return {"id": row.id, "name": row.name, "deploymentId": row.deployment_id}


def _found(session: Session, deployment_id: str) -> Deployment:
    row = session.get(Deployment, deployment_id)
    if row is None:
        raise NotFound(f"Deployment with id '{deployment_id}' does not exist")
    return row


def _found_resource(session: Session, deployment_id: str, resource_id: str) -> Resource:
    row = session.get(Resource, resource_id)
    if row is None or row.deployment_id != deployment_id:
        raise NotFound(f"Deployment '{deployment_id}' has no resource with id '{resource_id}'.")
    return row
