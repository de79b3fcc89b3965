"""Failures in the words of the Camunda 7 REST API: `{"type": …, "message": …, "code": null}`.

Statuses are in `server.errors`, which calls `shape` for everything under /engine-rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import request

from workflows.errors import (
    Conflict,
    DubanError,
    EngineFault,
    FieldError,
    InvalidInput,
    NotAllowed,
    NotFound,
)

#: Kind of failure → the name that clients know it by. A thing that is not there is an invalid request, too.
TYPES: dict[type[DubanError], str] = {
    NotFound: "InvalidRequestException",
    NotAllowed: "AuthorizationException",
    Conflict: "ProcessEngineException",
    InvalidInput: "InvalidRequestException",
    EngineFault: "ProcessEngineException",
}
#: Codes for which that API has a more telling name.
BY_CODE = {
    "claimed": "TaskAlreadyClaimedException",
    "suspended": "SuspendedEntityInteractionException",
    "stale": "OptimisticLockingException",
    "not_signed_in": "AuthenticationException",
    "signin": "AuthenticationException",
    "signin_limit": "AuthenticationException",
    "http_400": "InvalidRequestException",
    "http_404": "NotFoundException",
    "http_405": "NotAllowedException",
    "http_413": "InvalidRequestException",
    "http_415": "NotSupportedException",
}


class BadUserRequest(InvalidInput):
    """The request contradicts itself or asks for more than is given."""


class ParseFailure(InvalidInput):
    """A deployment is refused; `details` says by resource which elements are wrong, and where they stand."""

    def __init__(self, message: str, details: Mapping[str, Any]) -> None:
        super().__init__(message, code="parse")
        self.details = details


class CannotCorrelate(InvalidInput):
    """A message found no receiver, or more than one."""


class CannotMigrate(InvalidInput):
    """Instances have no safe move to another version; `reports` says of each why."""

    def __init__(self, message: str, reports: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(message, code="unsafe")
        self.reports = reports


class NoExternalTask(NotFound):
    """There is no such task for a worker, or none that the account may know of."""


class NotInHand(InvalidInput):
    """A worker wants to end or keep a task that another one has taken."""


OWN_TYPES: dict[type[DubanError], str] = {
    BadUserRequest: "BadUserRequestException",
    ParseFailure: "ParseException",
    CannotCorrelate: "RestException",
    NoExternalTask: "RestException",
    NotInHand: "RestException",
    CannotMigrate: "MigratingProcessInstanceValidationException",
}


def shape(error: DubanError) -> dict[str, Any]:
    """Return the body that answers this failure under /engine-rest."""
    body: dict[str, Any] = {"type": type_of(error), "message": message_of(error), "code": None}
    if isinstance(error, ParseFailure):
        body["details"] = error.details
    elif isinstance(error, CannotMigrate):
        body["validationReport"] = list(error.reports)
    elif isinstance(error, InvalidInput) and error.findings:
        body["findings"] = [f.told() for f in error.findings]
    elif isinstance(error, InvalidInput) and error.fields:
        body["fields"] = {
            name: {"code": f.code, "params": dict(f.params)} for name, f in error.fields.items()
        }
    return body


def type_of(error: DubanError) -> str:
    """Return the class name under which Camunda's clients know the failure."""
    if error.code in BY_CODE:
        return BY_CODE[error.code]
    known = TYPES | OWN_TYPES
    return next((known[kind] for kind in type(error).__mro__ if kind in known), "RestException")


def message_of(error: DubanError) -> str:
    """Return the message; a path that is not offered is named, and so is every bad field."""
    if error.code == "http_404":
        return f"{request.method} {request.path} is not offered: see docs/reference/engine-rest.md."
    if error.code == "http_405":
        return f"{request.path} does not know {request.method}: see docs/reference/engine-rest.md."
    if isinstance(error, InvalidInput) and error.fields:
        named = [name for name in error.fields if name not in error.message]
        return f"{error.message} ({', '.join(named)})" if named else error.message
    return error.message


def invalid(messages: Mapping[str, Any]) -> InvalidInput:
    """Return the failure for what a schema found: every bad member by its name and what would be right."""
    found = list(_flat(messages, ""))
    text = " ".join(f"{name}: {message}" if name else message for name, message in found)
    return InvalidInput(
        text, fields={name: FieldError("invalid", {"message": m}) for name, m in found if name}
    )


def _flat(messages: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            # marshmallow files what concerns the whole, or a value of a mapping, under names of its own.
            step = "" if name in {"_schema", "value"} and not isinstance(inner, str) else str(name)
            yield from _flat(inner, ".".join(part for part in (path, step) if part))
    elif isinstance(messages, list):
        for message in messages:
            yield from _flat(message, path)
    else:
        yield path, str(messages).replace("Unknown field.", "This parameter is not offered.")
