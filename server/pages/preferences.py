"""How notices reach one beyond the page: one's address, a choice for each kind, and the calendar feed."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from handlers import outbox
from server.auth import feeds
from server.db import reading, unit_of_work
from server.guard import guard, settings
from server.pages import words
from server.pages.blueprint import blueprint
from workflows.actor import Actor
from workflows.errors import InvalidInput


@blueprint.get("/profile/notices")
@guard()
def preferences(actor: Actor) -> str:
    """Show how notices reach the reader."""
    with reading() as session:
        chosen = outbox.choices.of(session, [actor.id])[actor.id]
        given = {f"mail-{kind}": choice.mail for kind, choice in chosen.items()}
        given |= {f"webhooks-{kind}": "1" for kind, choice in chosen.items() if choice.webhooks}
        given["address"] = outbox.choices.addresses(session, [actor.id]).get(actor.id, "")
    return _page(actor, given, {})


@blueprint.post("/profile/notices")
@guard()
def save_preferences(actor: Actor) -> Response | tuple[str, int]:
    """Keep the reader's choices, or say by field what is wrong with them."""
    given = {name: value.strip() for name, value in request.form.items()}
    try:
        with unit_of_work() as session:
            outbox.choices.save(
                session,
                actor,
                address=given.get("address", ""),
                mail={kind: given.get(f"mail-{kind}", "") for kind in outbox.KINDS},
                webhooks=[kind for kind in outbox.KINDS if given.get(f"webhooks-{kind}")],
                domains=settings().way_out.domains,
            )
    except InvalidInput as error:
        wrong = {name: words.field_words(fault) for name, fault in error.fields.items()}
        return _page(actor, given, wrong), 422
    flash(_("Your choices are kept."), "done")
    return redirect(url_for("pages.preferences"), 303)


def kinds() -> dict[str, str]:
    """Return the kinds of notices in words, in the order in which pages list them."""
    said = {
        "near": _("A deadline comes near"),
        "overdue": _("A deadline has passed"),
        "changed": _("A deadline was changed, paused or counted again"),
        "matter": _("A matter: major, ordered upon, concluded"),
        "return": _("Periodic returns of the agencies"),
        "other": _("Everything else"),
    }
    return {kind: said[kind] for kind in outbox.KINDS}


def ways() -> dict[str, str]:
    """Return how a notice may go by mail, in words."""
    return {"none": _("not by mail"), "now": _("at once"), "digest": _("in the daily digest")}


def _page(actor: Actor, given: Mapping[str, str], wrong: Mapping[str, str]) -> str:
    with reading() as session:
        return render_template(
            "preferences.html",
            kinds=kinds(),
            ways=ways(),
            given=given,
            wrong=wrong,
            way_out=settings().way_out,
            webhooks=bool(outbox.webhooks.listing(session)),
            feed=feeds.of(session, actor.id),
        )
