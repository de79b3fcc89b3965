"""What a filled-in form sent: answers, uploads kept as references, rows added or taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from handlers import uploads
from workflows import forms
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput
from workflows.forms import Field, Form

#: Inputs of the page itself; no question's key begins with an underscore.
KEPT, ADD, REMOVE = "_kept.", "_add", "_remove"


@dataclass
class Submission:
    """What the visitor typed and chose, valid or not; `errors` are files that could not be taken in."""

    answers: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, FieldError] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)  #: names by reference


def received(session: Session, form: Form | None, actor: Actor) -> Submission:
    """Return the answers in the present request; new files are stored, so that no error loses them."""
    if form is None:
        return Submission()
    found = Submission()
    pickers = {part.key: part for part in _questions(form) if part.type == "filepicker"}

    def files(name: str) -> list[str]:
        return _files(session, found, name, pickers[name.rpartition(".")[2]], actor)

    found.answers = forms.parse_submission(form, _values, files)
    _add_row(form, found.answers)
    found.files = uploads.names(session, references(form, found.answers), actor.id)
    return found


def typed(form: Form | None) -> dict[str, Any]:
    """Return the answers in the present request without files: nothing is stored."""
    return forms.parse_submission(form, _values, lambda name: []) if form else {}


def asks_for_rows() -> bool:
    """Return whether the visitor only asked for one row more or less."""
    return ADD in request.form or REMOVE in request.form


def references(form: Form, answers: Mapping[str, Any]) -> list[str]:
    """Return the references to files that the answers hold."""
    found: list[str] = []
    for part in form.fields:
        value = answers.get(part.key)
        if part.type == "filepicker" and isinstance(value, list):
            found += [item for item in value if isinstance(item, str)]
        if part.type == "dynamiclist" and isinstance(value, list):
            inner = Form(form.id, "", "", part.components)
            found += [one for row in value if isinstance(row, Mapping) for one in references(inner, row)]
    return found


def _values(name: str) -> list[str]:
    """Return the values sent under a name, without the number of the row to be taken away."""
    removed, _, number = request.form.get(REMOVE, "").rpartition(".")
    return [value for value in request.form.getlist(name) if (name, value) != (removed, number)]


def _files(session: Session, found: Submission, name: str, part: Field, actor: Actor) -> list[str]:
    """Return references to the files kept from before and to those just sent."""
    kept = uploads.owned(session, request.form.getlist(KEPT + name), actor.id)
    for file in request.files.getlist(name):
        if not file.filename:
            continue
        content = file.stream.read()
        if not forms.accepts(part, file.filename):
            kinds = [kind for kind in part.accept if kind.startswith(".")]
            found.errors[name] = FieldError("file_kind", {"name": file.filename, "kinds": kinds})
        elif not content:
            found.errors[name] = FieldError("file_empty", {"name": file.filename})
        else:
            try:
                kept.append(uploads.keep(session, login=actor.id, filename=file.filename, content=content).id)
            except InvalidInput as error:
                found.errors[name] = error.fields["file"]
    # The newest file replaces the one before where only one may be.
    return kept if part.multiple else kept[-1:]


def _add_row(form: Form, answers: dict[str, Any]) -> None:
    name = request.form.get(ADD, "")
    part = next((part for part in form.fields if part.key == name and part.type == "dynamiclist"), None)
    if part is None:
        return
    # Rows left blank count here: they stand on the page, and the new one comes below them.
    wanted = min(len(request.form.getlist(name)) + 1, part.max_rows)
    rows = answers.get(name) or []
    answers[name] = rows + [{}] * (wanted - len(rows))


def _questions(form: Form) -> list[Field]:
    return [part for top in form.fields for part in (top, *Form(form.id, "", "", top.components).fields)]
