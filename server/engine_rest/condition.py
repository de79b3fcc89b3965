"""`/condition`: variables from outside, for the processes that start where a condition holds over them."""

from __future__ import annotations

from flask import Response, jsonify
from marshmallow import RAISE, Schema, fields, validate

from server.db import unit_of_work
from server.engine_rest import process_instance
from server.engine_rest.area import blueprint
from server.engine_rest.bodies import loaded
from server.engine_rest.kinds import Flag, Name
from server.engine_rest.variables import plain, variable_map
from server.guard import guard
from workflows import instances
from workflows.actor import Actor


class ConditionSchema(Schema):
    """Variables, and what narrows the processes that they may start."""

    class Meta:
        unknown = RAISE

    variables = variable_map()
    businessKey = Name(allow_none=True, load_default=None)
    processDefinitionId = Name(allow_none=True, load_default=None)
    withoutTenantId = Flag()
    tenantId = fields.String(allow_none=True, validate=validate.Equal(None, error="There are no tenants."))


@blueprint.post("/condition")
@guard()
def evaluate(actor: Actor) -> Response:
    """Start what a condition starts, and return the instances."""
    body = loaded(ConditionSchema())
    with unit_of_work() as session:
        started = instances.condition(
            session,
            plain(body["variables"]),
            actor=actor,
            business_key=body["businessKey"],
            definition_id=body["processDefinitionId"],
        )
        return jsonify([process_instance.shown(instance, linked=True) for instance in started])
