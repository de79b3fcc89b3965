"""Telling a matter what has happened: the buttons of its page."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from handlers.cases import changes
from server.db import unit_of_work
from server.guard import guard
from server.pages.blueprint import blueprint
from server.pages.clues import visible
from server.pages.happenings import TELLING, heard
from workflows import instances
from workflows.actor import Actor
from workflows.errors import Conflict, NotFound


@blueprint.post("/clues/<clue_id>/happenings")
@guard(roles=TELLING)
def tell(actor: Actor, clue_id: str) -> Response:
    """Tell the matter what has happened; the step that follows, if any, is in the inbox."""
    with unit_of_work() as session:
        clue, view = visible(session, actor, clue_id)
        if view != "content":
            raise NotFound(f"There is no clue {clue_id}.", code="clue")
        chosen = [one for one in heard(session, actor, clue) if one.message == request.form.get("message")]
        if not chosen:
            raise Conflict("The matter does not wait for this any more.", code="no_receiver")
        if chosen[0].message == changes.MESSAGE:
            changes.tell(session, clue, actor=actor)
        else:
            instances.message(session, chosen[0].message, actor=actor, instance_id=clue.instance_id)
    flash(_("Recorded: %(what)s.", what=chosen[0].label), "done")
    return redirect(url_for("pages.clue", clue_id=clue_id), 303)
