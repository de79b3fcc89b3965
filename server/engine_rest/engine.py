"""`/version` and `/engine`: what clients ask first."""

from __future__ import annotations

from flask import Response, jsonify

from server.engine_rest.area import blueprint
from server.guard import guard
from workflows.actor import Actor

#: The version of the Camunda 7 REST API that this one is a subset of; clients choose their dialect by it.
API_VERSION = "7.24.0"


@blueprint.get("/version")
@guard()
def version(actor: Actor) -> Response:
    """Return the version of the API."""
    return jsonify({"version": API_VERSION})


@blueprint.get("/engine")
@guard()
def engines(actor: Actor) -> Response:
    """Return the names of the engines: there is one."""
    return jsonify([{"name": "default"}])
