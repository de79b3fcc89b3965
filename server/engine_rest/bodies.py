"""Bodies of requests: JSON objects checked by a schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request, url_for
from marshmallow import Schema, ValidationError

from server.engine_rest.errors import invalid
from workflows.errors import InvalidInput


def json_object() -> dict[str, Any]:
    """Return the JSON object that the request carries; no body at all is an empty object."""
    if not request.get_data(cache=True):
        return {}
    try:
        body = request.get_json()
    except RecursionError:
        raise InvalidInput("The body is nested too deeply.") from None
    if not isinstance(body, dict):
        raise InvalidInput("The body must be a JSON object.")
    return body


def loaded(schema: Schema, data: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the data, or the request's body, as the schema reads it; InvalidInput names what is wrong.

    Generated clients send every member they know, most of them null, false or empty: those ask for nothing.
    """
    given = json_object() if data is None else data
    asked = {name: value for name, value in given.items() if not _asks_nothing(schema, name, value)}
    try:
        return dict(schema.load(asked))
    except ValidationError as error:
        raise invalid(error.normalized_messages()) from None


def _asks_nothing(schema: Schema, name: str, value: Any) -> bool:
    if name in schema.load_fields:
        return value is None and not schema.load_fields[name].allow_none
    return value is None or value is False or value in ("false", "False", [], {})


def no_content() -> Response:
    """Return the answer to a command that worked and has nothing to say."""
    return Response(status=204)


def link(endpoint: str, **values: str) -> dict[str, str]:
    """Return the link from a new thing to itself."""
    return {"method": "GET", "href": url_for(endpoint, _external=True, **values), "rel": "self"}
