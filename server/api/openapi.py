"""`/api/openapi.json`: the OpenAPI document, made of the routes, their schemas and the forms as they are deployed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from importlib.metadata import version
from typing import Any

from apispec import APISpec
from flask import Flask, Response, jsonify
from sqlalchemy.orm import Session

from server.api.area import blueprint
from server.api.form_schema import schema_of
from server.db import reading
from server.guard import public
from server.pages.transfers import FOR_THE_OFFICE, PROCESS
from server.problems import MEDIA_TYPE
from workflows import definitions, deployed, recording
from workflows.errors import NotFound

CONFIG = {"API_TITLE": "Duban", "API_VERSION": "v1", "OPENAPI_VERSION": "3.1.0"}
ADDRESS = "/api/openapi.json"
Json = dict[str, Any]

ABOUT = """The API of a discipline-supervision office (督办). An agency's own system transfers clues with their
files, reads their state and receipt and signs for it; the offices' systems read the register, the documents and the
hand-overs.

What an account may not see does not exist: it is in no list and no count, and its address answers 404. Lists come in
pages, the newest first; `next` leads on. Names of codes come in Chinese and English. Instants are UTC, days the
office's."""

TAGS = {
    "transfers": "What agencies transfer, and what they may know of it.",
    "clues": "The clue register.",
    "documents": "Papers and files of a matter.",
    "hand-overs": "Every passing of a clue from hand to hand.",
    "returns": "What agencies owe each return period, and their returns.",
    "agencies": "The units that transfer clues.",
}

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
#: The schema of the transfer form.
TRANSFER = "TransferForm"
#: The process by which agencies are asked for their returns.
RETURNS = "return_period"
#: Forms that agencies fill in besides → the schema's name.
STEPS = {
    "clue_receipt": "ReceiptSignature",
    "clue_letter_receipt": "LetterSignature",
    "clue_complete": "Completion",
    "return_close": "ReturnClosing",
}


def serve(app: Flask, spec: APISpec) -> None:
    """Offer the document to anybody: it says what can be asked, and nothing of what is answered."""

    @cache
    def fixed() -> Json:
        return _finished(app, spec)

    @public
    def openapi() -> Response:
        """Give the OpenAPI document."""
        document = deepcopy(fixed())
        with reading() as session:
            document["components"]["schemas"] |= dict(_forms(session))
        return jsonify(document)

    app.add_url_rule(ADDRESS, "api_document", openapi)


def _finished(app: Flask, spec: APISpec) -> Json:
    """Return the document but for the forms."""
    document: Json = deepcopy(spec.to_dict())
    document["info"] |= {"description": ABOUT, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}}
    document["info"]["version"] = version("duban")
    document["servers"] = [{"url": "/"}]
    document["security"] = [{"basic": []}, {"bearer": []}]
    document["tags"] = [{"name": name, "description": says} for name, says in TAGS.items()]
    for path, item in document["paths"].items():
        for method, operation in _operations(item):
            operation["operationId"] = _name(app, path, method)
            _complete(operation, method, path)
        _describe(item.get("parameters", ()))
    parts = document.setdefault("components", {})
    parts["schemas"] |= {"Problem": PROBLEM, "Error": ERROR}
    # What the library always adds, and nothing here refers to.
    del parts["schemas"]["PaginationMetadata"]
    parts["responses"] = {f"Problem{status}": _failure(status, says) for status, says in FAILURES.items()}
    parts["securitySchemes"] = {
        "basic": {"type": "http", "scheme": "basic", "description": "Account name and password."},
        "bearer": {"type": "http", "scheme": "bearer", "description": "An API token of the account."},
    }
    return document


def _name(app: Flask, path: str, method: str) -> str:
    """Return the name of the view behind an address of the document: the operation's id."""
    for rule in app.url_map.iter_rules():
        address = rule.rule.replace("<", "{").replace(">", "}")
        if address == path and method.upper() in (rule.methods or ()):
            return rule.endpoint.removeprefix(f"{blueprint.name}.")
    raise LookupError(f"{method} {path}")


def _operations(item: Mapping[str, Any]) -> Iterator[tuple[str, Json]]:
    for method in ("get", "post", "put", "delete"):
        if method in item:
            yield method, item[method]


def _complete(operation: Json, method: str, path: str) -> None:
    """Add the failures that any such operation may answer."""
    statuses = ["400", "401", "403", "429", "503"]
    statuses += ["404"] if "{" in path else []
    statuses += ["409", "413", "415", "422"] if method != "get" else []
    statuses += ["406"] if path.endswith(("/receipt", "/letter", "/content", "/paper")) else []
    kept = {status: answer for status, answer in operation["responses"].items() if status < "400"}
    failures = {status: {"$ref": f"#/components/responses/Problem{status}"} for status in sorted(statuses)}
    operation["responses"] = {**kept, **failures}


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


def _describe(parameters: Any) -> None:
    told = {
        "transfer_id": "The transfer's id.",
        "document_id": "The document's id.",
        "period_id": "The return period's id.",
        "return_id": "The return's id.",
        "number": "A clue number, transfer number, receipt number or id.",
    }
    for parameter in parameters:
        parameter.setdefault("description", told.get(parameter["name"], ""))


def _forms(session: Session) -> Iterator[tuple[str, Json]]:
    """Yield the schemas of the forms as they are deployed now; empty ones where they are not."""
    found: dict[str, Json] = {name: {"type": "object"} for name in (TRANSFER, *STEPS.values())}
    for key in (PROCESS, RETURNS):
        found |= _forms_of(session, key)
    for key in FOR_THE_OFFICE:
        member = found[TRANSFER].get("properties", {}).get(key)
        if member:
            member["description"] = f"Agencies leave it out. {member['description']}"
    yield from found.items()


def _forms_of(session: Session, key: str) -> dict[str, Json]:
    """Return the schemas of a process's forms that the API takes; none where the process is not deployed."""
    try:
        owner = deployed.process(session, definitions.latest(session, key).id)
    except NotFound:
        return {}
    found: dict[str, Json] = {}
    for node in owner.definition.nodes.values():
        form = deployed.form(session, owner, node) if "formRef" in node.attributes else None
        is_start = key == PROCESS and node is owner.definition.start_node
        name = TRANSFER if is_start else STEPS.get(form.id if form else "")
        if form and name:
            found[name] = schema_of(form, recording.options(session, form))
    return found
