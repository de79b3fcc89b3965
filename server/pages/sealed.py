"""Sealed items: what must not be entered. A cover is printed, and number, day, carrier and receiver are logged."""

from __future__ import annotations

from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from handlers.registers import diverted
from server.db import reading, unit_of_work
from server.downloads import download
from server.guard import guard
from server.limited import limited
from server.pages import form_view, submission
from server.pages.blueprint import blueprint
from server.pages.clues import word
from server.pages.names import lang
from server.papers import pdf
from server.traffic.rates import EXPORTS
from workflows import definitions, deployed, instances, recording
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput
from workflows.forms import Form, Options

PAGE = 100


@blueprint.get("/sealed")
@guard(roles=diverted.READERS)
def sealed(actor: Actor) -> str:
    """List the sealed items that the reader may know of, newest first."""
    with reading() as session:
        rows = session.scalars(diverted.listing(actor).limit(PAGE)).all()
        return render_template(
            "sealed.html", rows=rows, word=word, keeps=bool(actor.groups & diverted.KEEPERS)
        )


@blueprint.get("/sealed/new")
@guard(roles=diverted.KEEPERS)
def new_sealed(actor: Actor) -> str:
    """Show the form for a sealed item: it has no field for any content."""
    with reading() as session:
        form, options = _form(session)
        view = form_view.view(form, {}, lang=lang(), options=options)
        return render_template("sealed_new.html", form=view)


@blueprint.post("/sealed/new")
@guard(roles=diverted.KEEPERS)
def log_sealed(actor: Actor) -> Response | tuple[str, int]:
    """Log a sealed item and go to its cover, or show the form again with what is wrong."""
    with unit_of_work() as session:
        form, options = _form(session)
        sent = submission.received(session, form, actor)
    try:
        with unit_of_work() as session:
            begun = instances.start(session, key=diverted.PROCESS, actor=actor, answers=sent.answers)
            number = begun.business_key
    except InvalidInput as error:
        if not error.fields:
            raise
        errors: dict[str, FieldError] = dict(error.fields)
        view = form_view.view(form, sent.answers, lang=lang(), errors=errors, options=options)
        return render_template("sealed_new.html", form=view), 422
    flash(_("Logged as %(number)s. Print the cover and fix it to the sealed item.", number=number), "done")
    return redirect(url_for("pages.sealed_cover", sealed_no=number), 303)


@blueprint.get("/sealed/<sealed_no>/cover")
@guard(roles=diverted.READERS)
def sealed_cover(actor: Actor, sealed_no: str) -> str:
    """Show the cover of a sealed item as it is printed."""
    with reading() as session:
        row = diverted.find(session, actor, sealed_no)
        return render_template("sealed_cover.html", row=row, paper=diverted.cover(session, row), word=word)


@blueprint.get("/sealed/<sealed_no>/cover.pdf")
@guard(roles=diverted.READERS)
@limited(EXPORTS)
def sealed_cover_pdf(actor: Actor, sealed_no: str) -> FlaskResponse:
    """Give the cover of a sealed item as PDF."""
    with reading() as session:
        row = diverted.find(session, actor, sealed_no)
        content = pdf(diverted.cover(session, row), at=row.entered_at)
    return download(content, "application/pdf", f"{sealed_no}.pdf")


def _form(session: Session) -> tuple[Form, Options]:
    owner = deployed.process(session, definitions.latest(session, diverted.PROCESS).id)
    form = deployed.form(session, owner, owner.definition.start_node)
    assert form is not None  # the gate refuses a start of this process without its form
    return form, recording.options(session, form)
