"""`/message`: a message from outside, for the one that waits for it or the process that it starts."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from marshmallow import RAISE, Schema, fields, validate
from sqlalchemy.orm import Session

from server.db import unit_of_work
from server.engine_rest import process_instance
from server.engine_rest.area import blueprint
from server.engine_rest.bodies import loaded, no_content
from server.engine_rest.errors import CannotCorrelate
from server.engine_rest.kinds import Flag, Name
from server.engine_rest.variables import plain, typed_map, variable_map
from server.guard import guard
from workflows import instances
from workflows.actor import Actor
from workflows.errors import InvalidInput
from workflows.model import Instance

NO_LOCALS = "Local variables are not offered."


class MessageSchema(Schema):
    """A message, and what narrows its receivers."""

    class Meta:
        unknown = RAISE

    messageName = Name(required=True, shortest=1)
    businessKey = Name(allow_none=True, load_default=None)
    processInstanceId = Name(allow_none=True, load_default=None)
    correlationKeys = variable_map()
    processVariables = variable_map()
    all = Flag(load_default=False)
    resultEnabled = Flag(load_default=False)
    variablesInResultEnabled = Flag(load_default=False)
    withoutTenantId = Flag()
    tenantId = fields.String(allow_none=True, validate=validate.Equal(None, error="There are no tenants."))
    localCorrelationKeys = fields.Dict(allow_none=True, validate=validate.Length(max=0, error=NO_LOCALS))
    processVariablesLocal = fields.Dict(allow_none=True, validate=validate.Length(max=0, error=NO_LOCALS))


@blueprint.post("/message")
@guard()
def correlate(actor: Actor) -> Response:
    """Deliver a message to exactly one receiver, or with `all` to every one."""
    body = loaded(MessageSchema())
    if body["variablesInResultEnabled"] and not body["resultEnabled"]:
        raise InvalidInput("variablesInResultEnabled needs resultEnabled.")
    with unit_of_work() as session:
        reached = _deliver(session, body, actor)
        if not body["resultEnabled"]:
            return no_content()
        return jsonify([_result(session, instance, body, actor) for instance in reached])


def _deliver(session: Session, body: dict[str, Any], actor: Actor) -> list[Instance]:
    name = body["messageName"]
    try:
        return instances.message(
            session,
            name,
            actor=actor,
            business_key=body["businessKey"],
            instance_id=body["processInstanceId"],
            variables=plain(body["processVariables"]),
            correlation=plain(body["correlationKeys"]),
            all=body["all"],
        )
    except InvalidInput as error:
        if error.code == "no_receiver" and body["all"]:
            return []
        if error.code not in {"no_receiver", "many_receivers"}:
            raise
        raise CannotCorrelate(
            f"org.camunda.bpm.engine.MismatchingMessageCorrelationException: "
            f"Cannot correlate message '{name}': {error.message}"
        ) from None


def _result(session: Session, instance: Instance, body: dict[str, Any], actor: Actor) -> dict[str, Any]:
    # What the message started is in its first revision; what waited for it, in a later one.
    started = instance.revision == 1
    execution = {
        "id": instance.id,
        "processInstanceId": instance.id,
        "ended": instance.ended_at is not None,
        "tenantId": None,
    }
    result: dict[str, Any] = {
        "resultType": "ProcessDefinition" if started else "Execution",
        "execution": None if started else execution,
        "processInstance": process_instance.shown(instance) if started else None,
    }
    if body["variablesInResultEnabled"]:
        result["variables"] = typed_map(process_instance.variables_if_seen(session, instance.id, actor))
    return result
