"""Signing in and out, and choosing the language."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from server import auth, guard, language
from server.db import unit_of_work
from server.guard import current_actor, public, safe_target
from server.pages.blueprint import blueprint
from workflows.actor import Actor
from workflows.errors import InvalidInput


@blueprint.get("/")
@guard.guard()
def home(actor: Actor) -> Response:
    """Lead to the inbox; who is not signed in comes to the page for that."""
    return redirect(url_for("pages.inbox"), 303)


@blueprint.get("/signin")
@public
def signin() -> Response | str:
    """Show the page to sign in."""
    if current_actor():
        return redirect(url_for("pages.inbox"), 303)
    return render_template("signin.html", login="", target=safe_target(request.args.get("next")))


@blueprint.post("/signin")
@public
def enter() -> Response | tuple[str, int]:
    """Sign in, or show the page again with what is wrong."""
    login, target = request.form.get("login", ""), safe_target(request.form.get("next"))
    try:
        return guard.sign_in(login, request.form.get("password", ""), target=target)
    except auth.TooManyAttempts as error:
        return render_template("signin.html", login=login, target=target, error=error), 429
    except auth.Refused as error:
        return render_template("signin.html", login=login, target=target, error=error), 401


@blueprint.post("/signout")
@guard.guard()
def sign_out(actor: Actor) -> Response:
    """End the session."""
    return guard.sign_out()


@blueprint.post("/language")
@public
def choose_language() -> Response:
    """Show pages in the chosen language from now on; the account remembers it."""
    locale = request.form.get("language", "")
    if locale not in language.LANGUAGES:
        raise InvalidInput(f"There are no pages in {locale!r}.", code="language")
    actor = current_actor()
    if actor:
        with unit_of_work() as session:
            auth.use_language(session, actor.id, locale)
    response = redirect(safe_target(request.form.get("next")) or url_for("pages.home"), 303)
    language.remember(response, locale)
    return response
