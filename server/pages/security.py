"""Sign-in and security of one's own account: second factor, signed-in browsers, API tokens."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from server import guard
from server.auth import credentials, factors, sessions, tokens
from server.db import reading, unit_of_work
from server.guard import identity, settings
from server.pages.blueprint import blueprint
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput

#: How long a token may hold, in days.
DAYS = (7, 30, 90, 365)


@blueprint.get("/profile/security")
@guard.guard()
def security(actor: Actor) -> str:
    """Show how one signs in, where one is signed in, and which programs act as one."""
    return _page(actor)


@blueprint.post("/profile/sessions/<session_id>/end")
@guard.guard()
def end_session(actor: Actor, session_id: str) -> Response:
    """Sign one browser out."""
    with unit_of_work() as session:
        sessions.end(session, session_id, login=actor.id)
    flash(_("That browser is signed out."), "done")
    return redirect(url_for("pages.security"), 303)


@blueprint.post("/profile/sessions/end")
@guard.guard()
def end_other_sessions(actor: Actor) -> Response:
    """Sign every browser out but this one."""
    with unit_of_work() as session:
        sessions.end_all(session, actor.id, actor=actor.id, but=identity().session_id)
    flash(_("All other browsers are signed out."), "done")
    return redirect(url_for("pages.security"), 303)


@blueprint.post("/profile/tokens")
@guard.guard()
def make_token(actor: Actor) -> str | tuple[str, int]:
    """Make a token for a program, and show it this once."""
    given = request.form
    try:
        with unit_of_work() as session:
            made = tokens.create(
                session,
                actor.id,
                given.get("name", ""),
                lasts=timedelta(days=_days(given.get("days", ""))),
                actor=actor.id,
                scopes=[scope for scope in tokens.SCOPES if scope in given.getlist("scopes")],
            )
    except InvalidInput as error:
        return _page(actor, error.fields), 422
    # In the answer itself: a flash would leave it in a cookie.
    return render_template("token.html", token=made, name=given["name"])


@blueprint.post("/profile/tokens/<token_id>/revoke")
@guard.guard()
def revoke_token(actor: Actor, token_id: str) -> Response:
    """End a token at once."""
    with unit_of_work() as session:
        tokens.revoke(session, token_id, login=actor.id)
    flash(_("The token is revoked."), "done")
    return redirect(url_for("pages.security"), 303)


def _page(actor: Actor, wrong: dict[str, FieldError] | None = None) -> str:
    with reading() as session:
        account = credentials.the(session, actor.id)
        return render_template(
            "security.html",
            account=account,
            codes_left=factors.codes_left(session, actor.id),
            sessions=sessions.listing(session, actor.id, idle=settings().session_idle),
            here=identity().session_id,
            methods={
                sessions.PASSWORD: _("password"),
                sessions.LINK: _("one-time link"),
                sessions.PROVIDER: _("the city's sign-in"),
            },
            tokens=tokens.listing(session, actor.id),
            scopes={
                "read": _("Read: lists, matters, papers"),
                "tasks": _("Work: start, claim and finish tasks, send transfers and files; reads as well"),
                "deploy": _("Deploy: put processes in place, and read them"),
                "everything": _("Everything that you may do, operating included"),
            },
            days=DAYS,
            wrong=wrong or {},
            given=request.form,
        )


def _days(text: str) -> int:
    if text not in map(str, DAYS):
        raise InvalidInput("A token holds for some days.", fields={"days": FieldError("option")})
    return int(text)
