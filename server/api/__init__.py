"""`/api/v1`: the office's API for agencies' and offices' own systems, one module per resource.

Views are thin and stand with their schemas, from which the OpenAPI document is made: docs/reference/api.md.
"""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from server.api import (
    agencies,
    clues,
    deadlines,
    documents,
    files,
    handovers,
    papers,
    periods,
    signing,
    transfers,
)
from server.api.area import blueprint
from server.api.openapi import CONFIG, serve

RESOURCES = (agencies, clues, deadlines, documents, files, handovers, papers, periods, signing, transfers)

__all__ = ["RESOURCES", "install"]


class _Api(Api):
    """Collects what the routes say of themselves; failures are answered by `server.errors` alone."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Leave failures to the application."""


def install(app: Flask) -> None:
    """Add the office's API and its OpenAPI document to the application."""
    app.config.update(CONFIG)
    api = _Api(app)
    api.register_blueprint(blueprint)
    serve(app, api.spec)
