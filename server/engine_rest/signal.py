"""`/signal`: a signal from outside, for all that wait for it and what it starts, or for one."""

from __future__ import annotations

from flask import Response
from marshmallow import RAISE, Schema, fields, validate

from server.db import unit_of_work
from server.engine_rest.area import blueprint
from server.engine_rest.bodies import loaded, no_content
from server.engine_rest.kinds import Flag, Name
from server.engine_rest.variables import plain, variable_map
from server.guard import guard
from workflows import instances
from workflows.actor import Actor


class SignalSchema(Schema):
    """A signal, and perhaps the one that it is for."""

    class Meta:
        unknown = RAISE

    name = Name(required=True, shortest=1)
    executionId = Name(allow_none=True, load_default=None)
    variables = variable_map()
    withoutTenantId = Flag()
    tenantId = fields.String(allow_none=True, validate=validate.Equal(None, error="There are no tenants."))


@blueprint.post("/signal")
@guard()
def throw_signal(actor: Actor) -> Response:
    """Give a signal to everyone who waits for it, or to one instance."""
    body = loaded(SignalSchema())
    with unit_of_work() as session:
        instances.signal(
            session,
            body["name"],
            actor=actor,
            instance_id=body["executionId"],
            variables=plain(body["variables"]),
        )
    return no_content()
