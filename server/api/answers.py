"""Forms filled in by programs: judged as on the page, and told back member by member."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request
from flask_babel import force_locale
from sqlalchemy.orm import Session

from handlers import uploads
from server.language import DEFAULT
from server.pages.words import field_words
from server.problems import Unprocessable, pointer
from workflows import forms, recording
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput
from workflows.forms import Field, Form, Options
from workflows.forms.fields import flat


def body(name: str, example: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request body of a form's answers; the document has the form's schema under this name."""
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"required": True, "content": {"application/json": {"schema": schema, "example": dict(example)}}}


def checked(session: Session, form: Form, options: Options, answers: Mapping[str, Any], actor: Actor) -> None:
    """Raise Unprocessable naming every member that the form does not take, files included."""
    wrong: dict[str, FieldError] = {}
    try:
        recording.check(session, form, answers)
    except InvalidInput as error:
        wrong |= error.fields
    for part in form.fields:
        if part.type == "filepicker" and part.key not in wrong:
            wrong |= _files(session, part, answers.get(part.key), actor)
    if wrong:
        raise explained(form, options, wrong)


def explained(form: Form, options: Options, wrong: Mapping[str, FieldError]) -> Unprocessable:
    """Return the refusal of answers: each wrong member with a pointer to it, and what is allowed there."""
    with force_locale(_locale()):
        errors = [_told(form, options, path, error) for path, error in wrong.items()]
    return Unprocessable(errors)


def _told(form: Form, options: Options, path: str, error: FieldError) -> dict[str, Any]:
    told = {"pointer": pointer(path), "code": error.code, "detail": field_words(error)}
    allowed = _allowed(form.components, options, path.split("."), error.code)
    return told | ({"allowed": allowed} if allowed else {})


def _allowed(parts: Sequence[Field], options: Options, path: list[str], code: str) -> list[str]:
    """Return the codes that may stand at a place, or the members that there are."""
    steps = [step for step in path if not step.isdecimal()]
    here = [part for part in flat(tuple(parts)) if part.key]
    if len(steps) > 1:
        inner = next((part for part in here if part.key == steps[0]), None)
        return _allowed(inner.components, options, steps[1:], code) if inner else []
    if code == "unknown":
        return [part.key for part in here]
    found = next((part for part in here if part.key == steps[0]), None) if steps else None
    return [option.value for option in (found.choices(options) or ())] if found else []


def _files(session: Session, part: Field, given: Any, actor: Actor) -> dict[str, FieldError]:
    references = given if isinstance(given, list) else []
    names = uploads.names(session, references, actor.id)
    kinds = [kind for kind in part.accept if kind.startswith(".")]
    found: dict[str, FieldError] = {}
    for place, reference in enumerate(references):
        if reference not in names:
            found[f"{part.key}.{place}"] = FieldError("file")
        elif not forms.accepts(part, names[reference]):
            found[f"{part.key}.{place}"] = FieldError("file_kind", {"name": names[reference], "kinds": kinds})
    return found


def _locale() -> str:
    """Return the language of what is wrong: English, unless the client asks for Chinese."""
    return DEFAULT if request.accept_languages.best_match(["en", "zh"], default="en") == "zh" else "en"
