"""How the OpenAPI document tells of failures: one answer for each status, all of one shape."""

from __future__ import annotations

from typing import Any

from server.problems import MEDIA_TYPE

Json = dict[str, Any]

ERROR = {
    "type": "object",
    "required": ["detail", "code"],
    "properties": {
        "pointer": {
            "type": "string",
            "description": "JSON pointer to the wrong member of the body, as a fragment (RFC 6901).",
            "examples": ["#/subjects/0/rank"],
        },
        "parameter": {
            "type": "string",
            "description": "The wrong parameter of the address.",
            "examples": ["limit"],
        },
        "detail": {"type": "string", "description": "What is wrong, and what would be right."},
        "code": {"type": "string", "description": "The kind of error, which stays.", "examples": ["option"]},
        "allowed": {"type": "array", "items": {"type": "string"}, "description": "What may stand there."},
    },
}
PROBLEM = {
    "type": "object",
    "description": "A failure (RFC 9457).",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {
            "type": "string",
            "description": "The kind of failure.",
            "examples": ["urn:duban:error:form"],
        },
        "title": {"type": "string", "description": "The kind of failure in a word."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": {"type": "string", "description": "What happened, in English."},
        "instance": {"type": "string", "description": "The number of the request, by which the log has it."},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Error"}},
    },
    "examples": [
        {
            "type": "urn:duban:error:form",
            "title": "Unprocessable",
            "status": 422,
            "detail": "Some members are missing or wrong: see `errors`.",
            "instance": "urn:duban:request:3b41b7f2a1c94d05",
            "errors": [
                {
                    "pointer": "#/urgency",
                    "code": "option",
                    "detail": "Choose one of the options.",
                    "allowed": ["normal", "major"],
                }
            ],
        }
    ],
}
FAILURES = {
    "400": "The request cannot be read: a parameter, a header or the body.",
    "401": "Nobody is signed in.",
    "403": "Not this account's to do.",
    "404": "There is no such thing, or none that this account may see.",
    "406": "It is not given in a form that `Accept` names.",
    "409": "It is not in the state that this needs, or somebody was quicker.",
    "413": "The request is longer than the server takes.",
    "415": "The body is not of a media type that this takes.",
    "422": "Members of the body are wrong, or the `Idempotency-Key` was sent with another request.",
    "429": "Too often: try again after `Retry-After` seconds.",
    "503": "The database is busy or away: try again after `Retry-After` seconds.",
}


def responses() -> dict[str, Json]:
    """Return the answers of the document that tell of failures, by name: `Problem404` and so on."""
    return {f"Problem{status}": _failure(status, says) for status, says in FAILURES.items()}


def _failure(status: str, says: str) -> Json:
    answer: Json = {
        "description": says,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status == "413":
        # What is far too long is refused before anybody looks at it.
        answer["content"]["text/plain"] = {"schema": {"type": "string"}}
    if status in ("429", "503"):
        answer["headers"] = {
            "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}
        }
    return answer
