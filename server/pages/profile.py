"""One's own account: who one is to the office, the language, the password."""

from __future__ import annotations

from flask import flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from server import auth, entry, guard
from server.auth import passwords
from server.db import database, reading
from server.pages import names, words
from server.pages.blueprint import blueprint
from workflows.actor import Actor
from workflows.errors import InvalidInput


@blueprint.get("/profile")
@guard.guard()
def profile(actor: Actor) -> str:
    """Show one's own account."""
    return _page(actor)


@blueprint.post("/profile/password")
@guard.guard()
def change_password(actor: Actor) -> Response | tuple[str, int]:
    """Change one's own password; every other session of the account ends."""
    old, new = request.form.get("old", ""), request.form.get("new", "")
    if new != request.form.get("again", ""):
        return _page(actor, again=_("The two new passwords differ. Type the new one twice.")), 422
    try:
        auth.change_password(
            database(),
            actor.id,
            old,
            new,
            remote=request.remote_addr or "",
            # Strangers' attempts do not keep who is signed in from changing what they guess at.
            known=guard.identity().session_id or "",
        )
    except (auth.Refused, auth.TooManyAttempts) as error:
        wrong = (
            _("This is not your present password.")
            if isinstance(error, auth.Refused)
            else words.error_words(error)
        )
        return _page(actor, old=wrong), 422
    except InvalidInput as error:
        return _page(actor, new=words.field_words(error.fields["password"])), 422
    with reading() as session:
        account = session.get_one(auth.Account, actor.id)
    response = entry.again(account, target=url_for("pages.profile"))
    flash(_("Your password is changed. Everybody who was signed in with the old one is signed out."), "done")
    return response


def _page(actor: Actor, **errors: str) -> str:
    held = sorted(group for group in actor.groups if "@" in group)
    office_wide = sorted(
        group
        for group in actor.groups - {actor.id}
        if "@" not in group and not any(name.startswith(f"{group}@") for name in held)
    )
    with reading() as session:
        second_factor = session.get_one(auth.Account, actor.id).second_factor_at is not None
    return render_template(
        "profile.html",
        shortest=passwords.SHORTEST_OF_TWO if second_factor else passwords.SHORTEST,
        longest=passwords.LONGEST,
        roles=[names.group(group) for group in held + office_wide],
        errors=errors,
    )
