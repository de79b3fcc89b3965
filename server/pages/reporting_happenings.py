"""What happens beside the steps of a matter, told from its page: an interference, a leak, a safety accident."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from handlers import accidents, interference, leaking, working
from handlers.registers import Clue
from server.db import reading, unit_of_work
from server.guard import guard
from server.pages import form_view, submission
from server.pages.blueprint import blueprint
from server.pages.clues import known, word
from server.pages.duals import titles
from server.pages.names import lang
from workflows import definitions, deployed, instances, recording
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput, NotFound
from workflows.forms import Form, Options

#: What is told to those who have to know; of the rest, somebody decides whether it is done.
REPORTS = frozenset({interference.PROCESS, leaking.PROCESS, accidents.PROCESS})


@blueprint.get("/clues/<clue_id>/happened/<happening>")
@guard(roles=working.WORKING)
def happened(actor: Actor, clue_id: str, happening: str) -> str:
    """Show the form by which it is told."""
    with reading() as session:
        return _page(session, _clue(session, actor, clue_id, happening), happening, {}, {}, {})


@blueprint.post("/clues/<clue_id>/happened/<happening>")
@guard(roles=working.WORKING)
def tell_happened(actor: Actor, clue_id: str, happening: str) -> Response | tuple[str, int]:
    """Begin its process, or show the form again with what is wrong."""
    with unit_of_work() as session:
        clue = _clue(session, actor, clue_id, happening)
        sent = submission.received(session, _form(session, happening)[0], actor)
    answers = {**sent.answers, "number": clue.clue_no or clue.transfer_no}
    try:
        if sent.errors:
            raise InvalidInput("A file is refused.", fields=sent.errors, code="form")
        with unit_of_work() as session:
            instances.start(session, key=happening, actor=actor, answers=answers)
    except InvalidInput as error:
        if not error.fields:
            raise
        with reading() as session:
            again = _clue(session, actor, clue_id, happening)
            return _page(session, again, happening, sent.answers, error.fields, sent.files), 422
    told = (
        _("It is reported to those who have to know.")
        if happening in REPORTS
        else _("It is asked for. Who decides on it finds it in the inbox.")
    )
    flash(told, "done")
    return redirect(url_for("pages.clue", clue_id=clue_id), 303)


@blueprint.get("/interference")
@guard(roles=interference.READING)
def interferences(actor: Actor) -> str:
    """List the register of interference, without what concerns the reader."""
    with reading() as session:
        return render_template("interference.html", rows=interference.listing(session, actor), word=word)


def _page(
    session: Session,
    clue: Clue,
    happening: str,
    answers: Mapping[str, Any],
    errors: Mapping[str, FieldError],
    files: Mapping[str, str],
) -> str:
    form, options = _form(session, happening)
    return render_template(
        "happened.html",
        clue=clue,
        happening=happening,
        title=titles()[happening],
        form=form_view.view(form, answers, lang=lang(), options=options, errors=dict(errors), files=files),
        report=happening in REPORTS,
    )


def _clue(session: Session, actor: Actor, clue_id: str, happening: str) -> Clue:
    clue = known(session, actor, clue_id)
    if happening not in titles() or not working.works_on(session, actor, clue):
        raise NotFound(f"There is no clue {clue_id}.", code="clue")
    return clue


def _form(session: Session, happening: str) -> tuple[Form, Options]:
    owner = deployed.process(session, definitions.latest(session, happening).id)
    form = deployed.form(session, owner, owner.definition.start_node)
    assert form is not None  # the gate refuses a start of these processes without its form
    form = replace(form, components=tuple(part for part in form.components if part.key != "number"))
    return form, recording.options(session, form)
