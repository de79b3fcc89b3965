"""Filing beforehand what a unit wants to try: the head of the unit hands it in on the page of the filings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from handlers.clearing import filing
from server.db import reading, unit_of_work
from server.guard import guard
from server.pages import form_view, submission
from server.pages.blueprint import blueprint
from server.pages.names import lang
from workflows import definitions, deployed, instances, recording
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput
from workflows.forms import Form

FILING = frozenset({filing.FILING})


@blueprint.get("/clearing/filings/new")
@guard(roles=FILING)
def new_filing(actor: Actor) -> str:
    """Show the empty form."""
    with reading() as session:
        return _page(session, {}, {}, {})


@blueprint.post("/clearing/filings")
@guard(roles=FILING)
def file_beforehand(actor: Actor) -> Response | tuple[str, int]:
    """Hand the filing in, or show it again with what is wrong."""
    with unit_of_work() as session:
        sent = submission.received(session, _form(session), actor)
    try:
        if sent.errors:
            raise InvalidInput("A file is refused.", fields=sent.errors, code="form")
        with unit_of_work() as session:
            instances.start(session, key=filing.PROCESS, actor=actor, answers=sent.answers)
    except InvalidInput as error:
        if not error.fields:
            raise
        with reading() as session:
            return _page(session, sent.answers, dict(error.fields), sent.files), 422
    flash(_("It is filed. The receipt appears here once the materials have been checked."), "done")
    return redirect(url_for("pages.clearing"), 303)


def _page(
    session: Session, answers: Mapping[str, Any], errors: Mapping[str, FieldError], files: Mapping[str, str]
) -> str:
    form = _form(session)
    view = form_view.view(
        form,
        answers,
        lang=lang(),
        options=recording.options(session, form),
        errors=dict(errors),
        files=dict(files),
    )
    return render_template("filing_new.html", form=view)


def _form(session: Session) -> Form:
    owner = deployed.process(session, definitions.latest(session, filing.PROCESS).id)
    form = deployed.form(session, owner, owner.definition.start_node)
    assert form is not None  # the gate refuses a start of this process without its form
    return form
