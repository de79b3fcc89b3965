"""The kinds of failure that callers tell apart; HTTP codes live in the server's one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field: a stable code and the values that a message needs."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


class DubanError(Exception):
    """Base of all failures that a user may be told about; the text is plain English for logs and APIs.

    `code` is a stable word that pages translate with `params`.
    """

    def __init__(self, message: str, *, code: str = "", **params: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.params = params


class NotFound(DubanError):
    """There is no such thing, or the actor may not know that there is."""


class NotAllowed(DubanError):
    """The actor may see the thing but not do this with it."""


class Conflict(DubanError):
    """The thing is not in the state that the command needs (already claimed, completed, changed)."""


class InvalidInput(DubanError):
    """The input is wrong; `fields` names every bad field, `findings` every bad element of a diagram."""

    def __init__(
        self,
        message: str,
        *,
        fields: Mapping[str, FieldError] | None = None,
        findings: tuple[Any, ...] = (),
        code: str = "",
        **params: Any,
    ) -> None:
        super().__init__(message, code=code, **params)
        self.fields = dict(fields or {})
        self.findings = findings


def refused(field: str, code: str, **params: Any) -> InvalidInput:
    """Return the refusal of one answer: what is wrong with it, by a code that pages put into words."""
    message = f"The answer to {field} cannot be taken so: {code}."
    return InvalidInput(message, fields={field: FieldError(code, params)}, code="form")


class EngineFault(DubanError):
    """A run failed in mid-step: nothing of it may be stored. `element` is the BPMN id, where known.

    What has to be written all the same, the edge does in transactions after the rollback: `afterwards`.
    """

    def __init__(self, message: str, *, element: str | None = None, code: str = "", **params: Any) -> None:
        super().__init__(message, code=code, **params)
        self.element = element
        self.afterwards: list[Callable[[Any], None]] = []  #: each is given a session
