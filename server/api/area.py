"""The blueprint of /api/v1, on which the resources hang their routes, and how it reads what it is asked."""

from __future__ import annotations

from typing import Any, NoReturn

from flask import request
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser

from server.engine_rest.kinds import storable
from server.problems import Misread
from workflows.errors import NotFound

PREFIX = "/api/v1"


class Parser(FlaskParser):
    """Reads the query; what the route does not know is refused, for an ignored filter gives a wrong result."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": RAISE}
    DEFAULT_VALIDATION_STATUS = 400

    def handle_error(self, error: ValidationError, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise Misread naming every parameter that is wrong."""
        wrong = error.normalized_messages().get("query", {})
        errors = [{"parameter": name, "code": "parameter", "detail": _words(wrong[name])} for name in wrong]
        raise Misread("Some parameters are wrong: see `errors`.", errors, code="parameters") from None


class Area(Blueprint):
    """A blueprint that says in the OpenAPI document what it offers."""

    ARGUMENTS_PARSER = Parser()


class Query(Schema):
    """Parameters of an address."""

    class Meta:
        unknown = RAISE


blueprint = Area("api", __name__, url_prefix=PREFIX)


def _words(messages: Any) -> str:
    found = messages if isinstance(messages, list) else [messages]
    return " ".join(map(str, found)).replace("Unknown field.", "This parameter is not offered.")


@blueprint.before_request
def refuse_what_no_id_holds() -> None:
    """A path that no database can look up names nothing."""
    try:
        storable(request.path)
    except ValueError:
        raise NotFound("There is no such resource.") from None
