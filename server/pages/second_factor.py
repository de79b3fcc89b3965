"""One's own second factor: set up with a picture and a first code, recovery codes, ended with password and code."""

from __future__ import annotations

import segno
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from handlers.vault import keys
from server import auth, guard
from server.auth import credentials, factors, passwords
from server.db import database, reading, unit_of_work
from server.guard import EVERYBODY, identity, settings
from server.pages import words
from server.pages.blueprint import blueprint
from server.traffic import rates
from workflows.actor import Actor
from workflows.errors import DubanError, InvalidInput

#: What goes wrong in a form and is said in it.
_WRONG = (auth.Refused, auth.TooManyAttempts, auth.WrongCode, rates.TooMany, InvalidInput)


@blueprint.get("/profile/second-factor")
@guard.guard()
def second_factor(actor: Actor) -> Response | str:
    """Show how to set the second factor up, and its picture once that has begun."""
    return _page(actor)


@blueprint.post("/profile/second-factor/begin")
@guard.guard()
def begin_factor(actor: Actor) -> Response:
    """Make a new secret, which counts once a code of it is given."""
    with unit_of_work() as session:
        factors.begin(session, actor.id)
    return redirect(url_for("pages.second_factor"), 303)


@blueprint.post("/profile/second-factor/confirm")
@guard.guard()
def confirm_factor(actor: Actor) -> Response | str | tuple[Response | str, int]:
    """Let the second factor count from now on, and show the recovery codes this once."""
    try:
        _prove_password(actor)
        _count(actor)
        with unit_of_work() as session:
            codes = factors.confirm(
                session, actor.id, request.form.get("code", ""), session_id=identity().session_id
            )
    except _WRONG as error:
        return _page(actor, error), 422
    return render_template("recovery_codes.html", codes=codes, new=True)


@blueprint.post("/profile/second-factor/codes")
@guard.guard()
def new_recovery_codes(actor: Actor) -> Response | str:
    """Make new recovery codes and show them this once; the old ones count no more."""
    if (refused := _prove(actor)) is not None:
        return refused
    with unit_of_work() as session:
        codes = factors.new_codes(session, actor.id)
    return render_template("recovery_codes.html", codes=codes, new=False)


@blueprint.post("/profile/second-factor/remove")
@guard.guard()
def remove_factor(actor: Actor) -> Response:
    """End the second factor, by password and code; where the role demands one, another is set up next."""
    if (refused := _prove(actor, alone=True)) is not None:
        return refused
    with unit_of_work() as session:
        factors.remove(session, actor.id, actor=actor.id)
    flash(_("The second factor is removed. You sign in with the password alone."), "done")
    return redirect(url_for("pages.security"), 303)


def _prove(actor: Actor, *, alone: bool = False) -> Response | None:
    """Return where to go on when password or code are wrong, None when both are right.

    `alone`: the password stands alone afterwards, and has to be long enough for that.
    """
    try:
        _prove_password(actor)
        if alone:
            passwords.check_strength(actor.id, request.form.get("password", ""))
        _count(actor)
        with unit_of_work() as session:
            factors.check(session, actor.id, request.form.get("code", ""))
    except _WRONG as error:
        flash(_words(error), "error")
        return redirect(url_for("pages.security"), 303)
    return None


def _prove_password(actor: Actor) -> None:
    with reading() as session:
        account = credentials.the(session, actor.id)
    # Who comes by the city's own sign-in may have none.
    if account.password_hash:
        password = request.form.get("password", "")
        auth.verify(
            database(),
            actor.id,
            password,
            remote=request.remote_addr or "",
            known=identity().session_id or "",
        )


def _count(actor: Actor) -> None:
    with unit_of_work() as session:
        factors.count(session, actor.id)


def _page(actor: Actor, error: DubanError | None = None) -> Response | str:
    with reading() as session:
        account = credentials.the(session, actor.id)
        enrolment = factors.begun(session, actor.id)
    if account.second_factor_at:
        return redirect(url_for("pages.security"), 303)
    return render_template(
        "second_factor.html",
        enrolment=enrolment,
        picture=_picture(enrolment.uri) if enrolment else "",
        error=_words(error) if error else "",
        demanded=bool(settings().second_factor_roles & (actor.groups | {EVERYBODY})),
        with_password=bool(account.password_hash),
        possible=keys.ready(),
    )


def _words(error: DubanError) -> str:
    if isinstance(error, auth.Refused):
        return _("This is not your present password.")
    if isinstance(error, InvalidInput) and error.fields.get("password"):
        return _("Alone, your password is too short: choose a longer one first.")
    return words.error_words(error)


def _picture(uri: str) -> Markup:
    drawn = segno.make(uri, error="m").svg_inline(
        scale=5, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None, omitsize=False
    )
    return Markup(drawn)
