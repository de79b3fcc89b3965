"""What the reader was told: reminders, escalations, and what came back to them."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from handlers import notifications as register
from server.db import reading, unit_of_work
from server.guard import guard
from server.pages.blueprint import blueprint
from server.pages.events import notification_words
from workflows.actor import Actor


@blueprint.get("/notifications")
@guard()
def notifications(actor: Actor) -> str:
    """List the reader's own notifications, newest first."""
    unread = request.args.get("show") == "unread"
    before = request.args.get("before", type=_number)
    with reading() as session:
        page = register.listing(session, actor.id, unread=unread, before=before)
        return render_template(
            "notifications.html",
            page=page,
            unread=unread,
            unread_count=register.unread_count(session, actor.id),
            words=notification_words,
        )


@blueprint.post("/notifications/read")
@guard()
def read_notifications(actor: Actor) -> Response:
    """Mark one notification, or all, as read."""
    chosen = request.form.get("id", type=_number)
    with unit_of_work() as session:
        register.mark_read(session, actor.id, None if chosen is None else [chosen])
    return redirect(url_for("pages.notifications", show=request.form.get("show") or None), 303)


def _number(text: str) -> int:
    """Return a row's number; ValueError beyond what any database can look up."""
    if not 0 <= (number := int(text)) < 2**63:
        raise ValueError(text[:20])
    return number
