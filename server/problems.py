"""Failures as RFC 9457 describes problems: what the office's API answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import g

from workflows.errors import DubanError, FieldError, InvalidInput

MEDIA_TYPE = "application/problem+json"


class Misread(InvalidInput):
    """A request that is wrong; `errors` say of each wrong thing where it stands and what would be right."""

    def __init__(self, message: str, errors: Sequence[dict[str, Any]], *, code: str) -> None:
        super().__init__(message, code=code)
        self.errors = tuple(errors)


class Unprocessable(Misread):
    """A body that can be read, and whose members are wrong."""

    def __init__(self, errors: Sequence[dict[str, Any]]) -> None:
        super().__init__("Some members are missing or wrong: see `errors`.", errors, code="form")


def problem(status: int, error: DubanError) -> dict[str, Any]:
    """Return the failure as a problem."""
    body: dict[str, Any] = {
        "type": f"urn:duban:error:{error.code or status}",
        "title": type(error).__name__,
        "status": status,
        "detail": error.message,
        "instance": f"urn:duban:request:{g.get('request_id', '')}",
    }
    if isinstance(error, Misread):
        body["errors"] = list(error.errors)
    elif isinstance(error, InvalidInput):
        body |= _named(error)
    return body


def pointer(path: str) -> str:
    """Return the JSON pointer (RFC 6901, as a URI fragment) to a field named by a path such as `subjects.0.name`."""
    steps = (step.replace("~", "~0").replace("/", "~1") for step in path.split("."))
    return "#/" + "/".join(steps)


def _named(error: InvalidInput) -> dict[str, Any]:
    named: dict[str, Any] = {}
    if error.fields:
        named["errors"] = [_field(path, field) for path, field in error.fields.items()]
    if error.findings:
        named["findings"] = [finding.told() for finding in error.findings]
    return named


def _field(path: str, error: FieldError) -> dict[str, Any]:
    detail = str(error.params.get("message") or f"This is wrong: {error.code}.")
    return {"pointer": pointer(path), "code": error.code, "detail": detail}
