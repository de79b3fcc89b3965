"""The page of a one-time link: the first administrator, or who was given one, chooses a password and is in."""

from __future__ import annotations

from datetime import timedelta

from flask import render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from server import entry
from server.auth import links, passwords, sessions
from server.db import reading, unit_of_work
from server.guard import public
from server.pages import words
from server.pages.blueprint import blueprint
from server.traffic import rates
from workflows.errors import Conflict, InvalidInput, NotFound

#: Whoever guesses links is stopped soon; from one address.
MISSES = rates.Limit("link-miss", 30, timedelta(hours=1))


@blueprint.get("/welcome/<token>")
@public
def welcome(token: str) -> str:
    """Ask for the password that the link lets choose; looking at the page spends nothing."""
    return _page(token)


@blueprint.post("/welcome/<token>")
@public
def accept(token: str) -> Response | tuple[str, int]:
    """Keep the password, spend the link, and let in."""
    given = request.form
    if given.get("password", "") != given.get("again", ""):
        again = _("The two new passwords differ. Type the new one twice.")
        return _page(token, again=again), 422
    try:
        with unit_of_work() as session:
            account = links.use(
                session,
                token,
                given.get("password", ""),
                login=given.get("login", "").strip(),
                name=given.get("name", ""),
            )
    except InvalidInput as error:
        wrong = {name: words.field_words(field) for name, field in error.fields.items()}
        return _page(token, **wrong), 422
    except Conflict as error:
        return _page(token, login=words.error_words(error)), 409
    return entry.admit(account, method=sessions.LINK)


def _page(token: str, **wrong: str) -> str:
    try:
        with reading() as session:
            link = links.find(session, token)
    except NotFound:
        with unit_of_work() as session:
            rates.spend(session, f"ip:{request.remote_addr or ''}"[:64], MISSES)
        raise
    return render_template(
        "welcome.html",
        link=link,
        wrong=wrong,
        given=request.form,
        shortest=passwords.SHORTEST,
        longest=passwords.LONGEST,
    )
