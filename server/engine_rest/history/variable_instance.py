"""`/history/variable-instance`: the variables of one instance, running or ended, as they stand.

Values are kept, their changes are not. Who may look is as with `/process-instance/{id}/variables`.
"""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from marshmallow import fields, validate
from sqlalchemy.orm import Session

from server.db import reading, unit_of_work
from server.engine_rest.area import blueprint
from server.engine_rest.errors import BadUserRequest
from server.engine_rest.kinds import Flag, Name, Text
from server.engine_rest.queries import arguments, page
from server.engine_rest.variables import typed
from server.guard import guard
from workflows import audit, instances
from workflows.actor import Actor
from workflows.errors import NotAllowed, NotFound
from workflows.model import Instance

ORDERS = ("asc", "desc")
PAGING = {"firstResult": fields.Raw(), "maxResults": fields.Raw()}
FILTERS: dict[str, fields.Field[Any]] = {
    "processInstanceId": Name(required=True),
    "variableName": Name(),
    "variableTypeIn": Name(),
    "withoutTenantId": Flag(),
}


@blueprint.get("/history/variable-instance")
@guard()
def list_history_variables(actor: Actor) -> Response:
    """Return the variables of one instance that match, by name."""
    asked = arguments(
        **FILTERS,
        **PAGING,
        deserializeValues=Flag(load_default=True),
        sortBy=Text(validate=validate.OneOf(["variableName"])),
        sortOrder=Text(validate=validate.OneOf(ORDERS)),
    )
    if ("sortBy" in asked) != ("sortOrder" in asked):
        raise BadUserRequest("Only a single sorting parameter specified. sortBy and sortOrder required.")
    first, most = page()
    with unit_of_work() as session:
        instance, found = _looked_at(session, asked, actor)
        if instance is not None and found:
            keep(session, instance, actor)
    names = sorted(found, reverse=asked.get("sortOrder") == "desc")[first:]
    shown = names if most is None else names[:most]
    deserialize = asked["deserializeValues"]
    return jsonify([_shown(instance, name, found[name], deserialize) for name in shown if instance])


@blueprint.get("/history/variable-instance/count")
@guard()
def count_history_variables(actor: Actor) -> Response:
    """Return how many variables of one instance match."""
    asked = arguments(**FILTERS)
    with reading() as session:
        return jsonify({"count": len(_looked_at(session, asked, actor)[1])})


@blueprint.get("/history/variable-instance/<variable_id>")
@guard()
def get_history_variable(variable_id: str, actor: Actor) -> Response:
    """Return one variable."""
    asked = arguments(deserializeValue=Flag(load_default=True))
    instance_id, _, name = variable_id.partition(":")
    with reading() as session:
        instance, found = _looked_at(session, {"processInstanceId": instance_id}, actor)
    if instance is None or name not in found:
        raise NotFound(f"Variable instance with Id '{variable_id}' does not exist.")
    return jsonify(_shown(instance, name, found[name], asked["deserializeValue"]))


def _looked_at(
    session: Session, asked: dict[str, Any], actor: Actor
) -> tuple[Instance | None, dict[str, Any]]:
    """Return the instance and its variables that match; nothing of one that the actor may not look into."""
    try:
        instance = instances.get(session, asked["processInstanceId"], actor)
        found = instances.variables(session, instance.id, actor)
    except (NotFound, NotAllowed):
        return None, {}
    if "variableName" in asked:
        found = {name: value for name, value in found.items() if name == asked["variableName"]}
    if "variableTypeIn" in asked:
        kinds = {kind.lower() for kind in asked["variableTypeIn"].split(",")}
        found = {name: value for name, value in found.items() if typed(value)["type"].lower() in kinds}
    return instance, found


def keep(session: Session, instance: Instance, actor: Actor) -> None:
    """Write down whose variables were shown, of a matter: the address does not name it."""
    if instance.scope_id is None:
        return
    audit.record(
        session,
        actor=actor,
        act="variables.read",
        instance_id=instance.id,
        scope_id=instance.scope_id,
        field_group="variables",
        purpose="look",
    )


def _shown(instance: Instance, name: str, value: Any, deserialize: bool) -> dict[str, Any]:
    return {
        "id": f"{instance.id}:{name}",
        "name": name,
        **typed(value, deserialize=deserialize),
        "processDefinitionKey": instance.definition_key,
        "processDefinitionId": instance.definition_id,
        "processInstanceId": instance.id,
        "executionId": instance.id,
        "activityInstanceId": instance.id,
        "caseDefinitionKey": None,
        "caseDefinitionId": None,
        "caseInstanceId": None,
        "caseExecutionId": None,
        "taskId": None,
        "errorMessage": None,
        "tenantId": None,
        "state": "CREATED",
        "createTime": None,
        "removalTime": None,
        "rootProcessInstanceId": instance.id,
    }
