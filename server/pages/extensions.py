"""Asking for more time for a matter that was assigned from above."""

from __future__ import annotations

from dataclasses import replace

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from handlers.registers import Clue, assigned
from server.db import reading, unit_of_work
from server.guard import guard
from server.pages import form_view, submission, words
from server.pages.blueprint import blueprint
from server.pages.clues import visible
from server.pages.names import lang
from workflows import definitions, deployed, instances
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput, NotFound
from workflows.forms import Form

PROCESS = "extension"
ASKING = frozenset({"handler", "office_head", "case_supervision"})


@blueprint.get("/clues/<clue_id>/extension")
@guard(roles=ASKING)
def extension(actor: Actor, clue_id: str) -> str:
    """Show the application for an extension."""
    with reading() as session:
        clue, form = _asked(session, actor, clue_id)
        view = form_view.view(form, {}, lang=lang())
        return render_template("extension.html", clue=clue, form=view, problem="")


@blueprint.post("/clues/<clue_id>/extension")
@guard(roles=ASKING)
def ask_extension(actor: Actor, clue_id: str) -> Response | tuple[str, int]:
    """Hand the application in, or show it again with what is wrong."""
    with unit_of_work() as session:
        clue, form = _asked(session, actor, clue_id)
        number = clue.clue_no or clue.transfer_no
        sent = submission.received(session, form, actor)
    try:
        with unit_of_work() as session:
            instances.start(session, key=PROCESS, actor=actor, answers={**sent.answers, "number": number})
    except InvalidInput as error:
        if not error.fields:
            raise
        errors: dict[str, FieldError] = dict(error.fields)
        of_matter = errors.pop("number", None)
        with reading() as session:
            clue, form = _asked(session, actor, clue_id)
            view = form_view.view(form, sent.answers, lang=lang(), errors=errors)
            problem = words.field_words(of_matter) if of_matter else ""
            return render_template("extension.html", clue=clue, form=view, problem=problem), 422
    flash(_("The extension is asked for. Who decides on it finds it in the inbox."), "done")
    return redirect(url_for("pages.clue", clue_id=clue_id), 303)


def _asked(session: Session, actor: Actor, clue_id: str) -> tuple[Clue, Form]:
    """Return the matter and the form, without the number that the page knows."""
    clue, view = visible(session, actor, clue_id)
    if view != "content" or assigned.of_clue(session, clue)[0] is None:
        raise NotFound(f"There is no clue {clue_id}.", code="clue")
    owner = deployed.process(session, definitions.latest(session, PROCESS).id)
    form = deployed.form(session, owner, owner.definition.start_node)
    assert form is not None  # the gate refuses a start of this process without its form
    return clue, replace(form, components=tuple(part for part in form.components if part.key != "number"))
