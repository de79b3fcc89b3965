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
from server.api.failures import ERROR, PROBLEM, responses
from server.api.form_schema import schema_of
from server.db import reading
from server.guard import public
from server.pages.transfers import FOR_THE_OFFICE, PROCESS
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
    "deadlines": "How legal limits are counted.",
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
    parts["responses"] = responses()
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
