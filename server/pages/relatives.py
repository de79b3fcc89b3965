"""Close relatives that one declares oneself, so that a matter which names them is noticed in time."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from handlers import codes
from handlers.office import relatives as register
from server.db import reading, unit_of_work
from server.guard import guard
from server.pages import words
from server.pages.blueprint import blueprint
from server.pages.clues import word
from workflows.actor import Actor
from workflows.errors import InvalidInput


@blueprint.get("/profile/relatives")
@guard()
def relatives(actor: Actor) -> str:
    """Show one's own declarations, and the form for another."""
    with reading() as session:
        return _page(session, actor, {}, {})


@blueprint.post("/profile/relatives")
@guard()
def declare_relative(actor: Actor) -> Response | tuple[str, int]:
    """Declare a close relative."""
    given = {name: request.form.get(name, "").strip() for name in ("name", "relation")}
    known = [row["code"] for row in codes.rows("relations")]
    try:
        with unit_of_work() as session:
            register.declare(session, actor.id, given["name"], given["relation"], known)
    except InvalidInput as error:
        wrong = {name: words.field_words(fault) for name, fault in error.fields.items()}
        with reading() as session:
            return _page(session, actor, given, wrong), 422
    flash(_("It is declared."), "done")
    return redirect(url_for("pages.relatives"), 303)


@blueprint.post("/profile/relatives/end")
@guard()
def end_relative(actor: Actor) -> Response:
    """Withdraw a declaration of one's own; it stays on record."""
    with unit_of_work() as session:
        register.withdraw(session, actor.id, request.form.get("id", ""))
    flash(_("The declaration is withdrawn."), "done")
    return redirect(url_for("pages.relatives"), 303)


def _page(session: Session, actor: Actor, given: dict[str, str], wrong: dict[str, str]) -> str:
    return render_template(
        "relatives.html",
        rows=register.declared(session, actor.id),
        relations=codes.rows("relations"),
        word=word,
        given=given,
        wrong=wrong,
    )
