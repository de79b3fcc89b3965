"""`/process-instance`: the running instances one may see, their variables, and what one does with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, jsonify
from marshmallow import RAISE, Schema, fields, validate
from sqlalchemy import ColumnElement, Select, exists, select, true
from sqlalchemy.orm import Session

from server.db import reading, unit_of_work
from server.engine_rest.area import blueprint
from server.engine_rest.bodies import link, loaded, no_content
from server.engine_rest.filters import Filter, among, equals, everything, flag, like, not_among, text
from server.engine_rest.incident import of_type
from server.engine_rest.kinds import Flag, Name, Text
from server.engine_rest.queries import Query, arguments
from server.engine_rest.variables import VariableSchema, plain, typed, typed_map, variable_map
from server.guard import guard, settings
from workflows import instances, visibility
from workflows.actor import Actor
from workflows.engine import Change
from workflows.errors import InvalidInput, NotAllowed, NotFound
from workflows.model import Activity, Incident, Instance, ProcessDefinition

WITHDRAWN = "Deleted through the engine's API."
MODIFIED = "Modified through the engine's API."
#: Instructions in one modification.
MOST = 100
_KINDS = {"startBeforeActivity": "before", "startAfterActivity": "after", "startTransition": "flow"}
_BODY = "#multiInstanceBody"


def _of_definition(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return Instance.definition_id.in_(select(ProcessDefinition.id).where(condition))


def _with_incident(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    # As below: a fault of a run with more than its own stage is found among the incidents, by who sees all of it.
    other = exists().where(Activity.instance_id == Incident.instance_id, Activity.stage.is_not(None))
    open_ones = Incident.resolved_at.is_(None), ~other
    return Instance.id.in_(select(Incident.instance_id).where(*open_ones, condition))


def _standing(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    # Of its own stage: who sees an investigation does not find it by what stands in its review.
    here = select(Activity.instance_id).where(Activity.left_at.is_(None), Activity.stage.is_(None), condition)
    return Instance.id.in_(here)


FILTERS: dict[str, Filter] = {
    "processInstanceIds": among(Instance.id),
    "businessKey": equals(Instance.business_key),
    "businessKeyLike": like(Instance.business_key),
    "processDefinitionId": equals(Instance.definition_id),
    "processDefinitionKey": equals(Instance.definition_key),
    "processDefinitionKeyIn": among(Instance.definition_key),
    "processDefinitionKeyNotIn": not_among(Instance.definition_key),
    "deploymentId": equals(ProcessDefinition.deployment_id, within=_of_definition),
    "active": flag(lambda: Instance.state == "active"),
    "suspended": flag(lambda: Instance.state == "suspended"),
    "withIncident": flag(lambda: _with_incident(true())),
    "incidentId": equals(Incident.id, within=_with_incident),
    "incidentType": text(lambda value: _with_incident(of_type(value))),
    "incidentMessage": equals(Incident.message, within=_with_incident),
    "incidentMessageLike": like(Incident.message, within=_with_incident),
    "activityIdIn": among(Activity.element_id, within=_standing),
    # A call activity runs inside its caller here: every instance is a root and a leaf.
    "rootProcessInstances": everything(),
    "leafProcessInstances": everything(),
    "withoutTenantId": everything(),
    "processDefinitionWithoutTenantId": everything(),
}
SORTS = {
    "instanceId": Instance.id,
    "definitionId": Instance.definition_id,
    "definitionKey": Instance.definition_key,
    "businessKey": Instance.business_key,
}
QUERY = Query(FILTERS, SORTS, Instance.id)


class SuspendedSchema(Schema):
    """Whether to stop or to go on."""

    class Meta:
        unknown = RAISE

    suspended = Flag(required=True)


class InstructionSchema(Schema):
    """One change to where the instance stands."""

    class Meta:
        unknown = RAISE

    type = fields.String(
        required=True,
        validate=validate.OneOf(["cancel", "startBeforeActivity", "startAfterActivity", "startTransition"]),
    )
    activityId = Name()
    transitionId = Name()
    activityInstanceId = Name()
    ancestorActivityInstanceId = Name(allow_none=True)
    cancelCurrentActiveActivityInstances = Flag(load_default=False)
    variables = variable_map()


class ModificationSchema(Schema):
    """Changes to where the instance stands, made together."""

    class Meta:
        unknown = RAISE

    instructions = fields.List(
        fields.Nested(InstructionSchema), required=True, validate=validate.Length(min=1, max=MOST)
    )
    skipCustomListeners = Flag(load_default=False)
    skipIoMappings = Flag(load_default=False)
    annotation = Text(allow_none=True, load_default=None, validate=validate.Length(max=4000))


class ModificationsSchema(Schema):
    """Which variables to set."""

    class Meta:
        unknown = RAISE

    modifications = variable_map()
    deletions = fields.List(Name(), load_default=list)


@blueprint.route("/process-instance", methods=["GET", "POST"])
@guard()
def list_instances(actor: Actor) -> Response:
    """Return the running instances that match."""
    with reading() as session:
        return jsonify([shown(row.Instance) for row in QUERY.rows(session, _visible(actor), actor)])


@blueprint.route("/process-instance/count", methods=["GET", "POST"])
@guard()
def count_instances(actor: Actor) -> Response:
    """Return how many running instances match."""
    with reading() as session:
        return jsonify(QUERY.count(session, _visible(actor), actor))


@blueprint.get("/process-instance/<instance_id>")
@guard()
def get_instance(instance_id: str, actor: Actor) -> Response:
    """Return one running instance."""
    arguments()
    with reading() as session:
        return jsonify(shown(_running(session, instance_id, actor)))


@blueprint.delete("/process-instance/<instance_id>")
@guard()
def delete_instance(instance_id: str, actor: Actor) -> Response:
    """Cancel the instance; its history stays."""
    asked = arguments(
        failIfNotExists=Flag(load_default=True),
        skipSubprocesses=Flag(),
        skipCustomListeners=Flag(),
        skipIoMappings=Flag(),
    )
    with unit_of_work() as session:
        try:
            _running(session, instance_id, actor)
        except NotFound:
            if asked["failIfNotExists"]:
                raise
            return no_content()
        _guard_alone(session, instance_id)
        instances.cancel(session, instance_id, actor=actor, reason=WITHDRAWN)
    return no_content()


@blueprint.put("/process-instance/<instance_id>/suspended")
@guard()
def suspend_instance(instance_id: str, actor: Actor) -> Response:
    """Stop the instance, or let it go on."""
    suspended = loaded(SuspendedSchema())["suspended"]
    with unit_of_work() as session:
        _running(session, instance_id, actor)
        _guard_alone(session, instance_id)
        (instances.suspend if suspended else instances.resume)(session, instance_id, actor=actor)
    return no_content()


@blueprint.post("/process-instance/<instance_id>/modification")
@guard()
def modify_instance(instance_id: str, actor: Actor) -> Response:
    """Take tokens of the instance away and put others."""
    body = loaded(ModificationSchema())
    if body["skipCustomListeners"] or body["skipIoMappings"]:
        raise InvalidInput("Listeners and parameters are never skipped.")
    changes = _changes(body["instructions"])
    with unit_of_work() as session:
        _running(session, instance_id, actor)
        _guard_alone(session, instance_id)
        instances.modify(session, instance_id, changes, actor=actor, reason=body["annotation"] or MODIFIED)
    return no_content()


@blueprint.get("/process-instance/<instance_id>/variables")
@guard()
def get_variables(instance_id: str, actor: Actor) -> Response:
    """Return the variables of the instance."""
    asked = arguments(deserializeValues=Flag(load_default=True))
    with reading() as session:
        values = _variables(session, instance_id, actor)
    return jsonify(typed_map(values, deserialize=asked["deserializeValues"]))


@blueprint.post("/process-instance/<instance_id>/variables")
@guard()
def modify_variables(instance_id: str, actor: Actor) -> Response:
    """Set several variables."""
    body = loaded(ModificationsSchema())
    if body["deletions"]:
        raise InvalidInput("deletions: variables cannot be deleted here; set them to null.")
    return _set(instance_id, plain(body["modifications"]), actor)


@blueprint.get("/process-instance/<instance_id>/variables/<name>")
@guard()
def get_variable(instance_id: str, name: str, actor: Actor) -> Response:
    """Return one variable of the instance."""
    asked = arguments(deserializeValue=Flag(load_default=True))
    with reading() as session:
        values = _variables(session, instance_id, actor)
    if name not in values:
        raise NotFound(f"process instance variable with name {name} does not exist")
    return jsonify(typed(values[name], deserialize=asked["deserializeValue"]))


@blueprint.put("/process-instance/<instance_id>/variables/<name>")
@guard()
def put_variable(instance_id: str, name: str, actor: Actor) -> Response:
    """Set one variable of the instance."""
    return _set(instance_id, plain({name: loaded(VariableSchema())}), actor)


def shown(instance: Instance, *, linked: bool = False) -> dict[str, Any]:
    """Return the instance as the API shows it; what has no counterpart here is null."""
    return {
        "links": [link("engine_rest.get_instance", instance_id=instance.id)] if linked else [],
        "id": instance.id,
        "definitionId": instance.definition_id,
        "definitionKey": instance.definition_key,
        "businessKey": instance.business_key,
        "caseInstanceId": None,
        "ended": instance.ended_at is not None,
        "suspended": instance.state == "suspended",
        "tenantId": None,
    }


def variables_if_seen(session: Session, instance_id: str, actor: Actor) -> dict[str, Any]:
    """Return the variables that a command left behind, none where the actor may not look into the instance.

    The command itself was allowed: it must not fail because its answer cannot be shown.
    """
    try:
        return instances.variables(session, instance_id, actor)
    except (NotFound, NotAllowed):
        return {}


def _changes(instructions: Sequence[Mapping[str, Any]]) -> list[Change]:
    """Return the changes that instructions mean, done one after another; what goes goes first here."""
    changes: list[Change] = []
    for told in instructions:
        name = "transitionId" if told["type"] == "startTransition" else "activityId"
        node = told.get(name, "").removesuffix(_BODY) or None
        token = told.get("activityInstanceId")
        if told["type"] == "cancel":
            if (node is None) == (token is None):
                raise InvalidInput("cancel: name activityId or activityInstanceId, one of them.")
            if node is not None and not told["cancelCurrentActiveActivityInstances"]:
                # Also what earlier instructions have started there.
                changes = [c for c in changes if c.kind == "cancel" or c.node != node]
            changes.append(Change("cancel", node, token=_token(token)))
            continue
        if node is None:
            raise InvalidInput(f"{told['type']}: {name} is missing.")
        within = _token(told.get("ancestorActivityInstanceId"))
        changes.append(Change(_KINDS[told["type"]], node, within=within, variables=plain(told["variables"])))
    return changes


def _guard_alone(session: Session, instance_id: str) -> None:
    """Raise NotAllowed where a matter's process is steered by two persons: one asks for it in the cockpit."""
    if settings().second_person and session.get_one(Instance, instance_id).scope_id is not None:
        raise NotAllowed(
            "A matter's process is steered by two persons: ask for it in the cockpit.", code="second_person"
        )


def _token(activity_instance: str | None) -> str | None:
    """Return the token of an activity instance, whose id has its element in front in the history."""
    return activity_instance.rpartition(":")[2] if activity_instance else None


def _visible(actor: Actor) -> Select[Instance]:
    return select(Instance).where(Instance.ended_at.is_(None), visibility.policy().instances(actor))


def _running(session: Session, instance_id: str, actor: Actor) -> Instance:
    found = session.scalar(_visible(actor).where(Instance.id == instance_id))
    if found is None:
        raise NotFound(f"Process instance with id {instance_id} does not exist")
    return found


def _variables(session: Session, instance_id: str, actor: Actor) -> dict[str, Any]:
    _running(session, instance_id, actor)
    return dict(instances.variables(session, instance_id, actor))


def _set(instance_id: str, values: dict[str, Any], actor: Actor) -> Response:
    with unit_of_work() as session:
        _running(session, instance_id, actor)
        instances.set_variables(session, instance_id, values, actor=actor)
    return no_content()
