"""The intake office's side of the receipt: its code is printed once, what came by it is opened and passed on."""

from __future__ import annotations

from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from handlers.vault import receipts, reporters
from server.db import unit_of_work
from server.downloads import download
from server.guard import guard, settings
from server.pages import words
from server.pages.blueprint import blueprint
from server.pages.clues import known
from workflows.actor import Actor
from workflows.errors import InvalidInput, NotFound

INTAKE = {reporters.INTAKE}


@blueprint.post("/clues/<clue_id>/receipt-code")
@guard(roles=INTAKE)
def make_receipt(actor: Actor, clue_id: str) -> str:
    """Show a reporter's receipt with a new code, this once, to be printed."""
    with unit_of_work() as session:
        clue = known(session, actor, clue_id)
        code = receipts.make(session, actor, clue)
        address = settings().public_url + url_for("pages.report")
        return render_template("reporter_receipt.html", clue=clue, code=code, address=address)


@blueprint.post("/clues/<clue_id>/additions/open")
@guard(roles=INTAKE)
def open_addition(actor: Actor, clue_id: str) -> str:
    """Show what a reporter added, and the text proposed for the file: without the marks of the reporter."""
    return _page(actor, clue_id)


@blueprint.post("/clues/<clue_id>/additions/file")
@guard(roles=INTAKE)
def addition_file(actor: Actor, clue_id: str) -> FlaskResponse:
    """Give the file that a reporter added, to be looked at."""
    with unit_of_work() as session:
        clue = known(session, actor, clue_id)
        _row, added = receipts.opened(session, actor, clue, request.form.get("addition", ""))
    if not added.content:
        raise NotFound("There came no file with it.", code="document")
    return download(added.content, "application/octet-stream", added.filename)


@blueprint.post("/clues/<clue_id>/additions/pass")
@guard(roles=INTAKE)
def pass_on_addition(actor: Actor, clue_id: str) -> Response | tuple[str, int]:
    """Put an addition into the file, as the intake clerk words it."""
    form = request.form
    try:
        with unit_of_work() as session:
            clue = known(session, actor, clue_id)
            receipts.pass_on(
                session,
                actor,
                clue,
                form.get("addition", ""),
                form.get("text", ""),
                with_file="with_file" in form,
            )
    except InvalidInput as error:
        if not error.fields:
            raise
        return _page(actor, clue_id, words.field_words(error.fields["text"])), 422
    flash(_("It lies among the files now; the handlers are told."), "done")
    return redirect(url_for("pages.reporter", clue_id=clue_id), 303)


def _page(actor: Actor, clue_id: str, wrong: str = "") -> str:
    with unit_of_work() as session:
        clue = known(session, actor, clue_id)
        row, added = receipts.opened(session, actor, clue, request.form.get("addition", ""))
        proposed = receipts.excerpt(session, clue, request.form.get("text") or added.text)
        return render_template(
            "addition.html",
            clue=clue,
            row=row,
            added=added,
            proposed=proposed,
            found=proposed != added.text,
            wrong={"text": wrong} if wrong else {},
        )
