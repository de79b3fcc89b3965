"""What the reader was told: reminders, escalations, and what came back to them."""

from __future__ import annotations

from flask import jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from handlers import notifications as register
from server.db import reading, unit_of_work
from server.guard import guard
from server.pages.blueprint import blueprint
from server.pages.events import notification_words
from server.pages.frame import UNREAD_COUNTED, unread_words
from workflows.actor import Actor
from workflows.errors import NotFound


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


@blueprint.get("/notifications/unread")
@guard()
def unread_notifications(actor: Actor) -> Response:
    """Tell an open page how many notifications are unread: it asks each minute that it is looked at."""
    with reading() as session:
        count = register.unread_count(session, actor.id, at_most=UNREAD_COUNTED)
    return jsonify({"unread": unread_words(count)})


@blueprint.get("/notifications/<notification_id>")
@guard()
def notification(actor: Actor, notification_id: str) -> Response:
    """Go where a notification points, which is read thereby: the link that messages carry."""
    try:
        number = _number(notification_id)
    except ValueError:
        raise NotFound("There is no such notification.", code="notification") from None
    with unit_of_work() as session:
        return redirect(_place(register.opened(session, actor.id, number)), 303)


@blueprint.post("/notifications/read")
@guard()
def read_notifications(actor: Actor) -> Response:
    """Mark one notification, or all, as read."""
    chosen = request.form.get("id", type=_number)
    with unit_of_work() as session:
        register.mark_read(session, actor.id, None if chosen is None else [chosen])
    return redirect(url_for("pages.notifications", show=request.form.get("show") or None), 303)


def _place(row: register.Notification) -> str:
    if row.task_id:
        return url_for("pages.task", task_id=row.task_id)
    if row.code.startswith("return.") and row.scope_id:
        return url_for("pages.period", period_id=row.scope_id.removeprefix("period:"))
    if row.code == "clue.attempt" and row.scope_id:
        return url_for("pages.clue", clue_id=row.scope_id.removeprefix("clue:"), _anchor="readers")
    return url_for("pages.notifications")


def _number(text: str) -> int:
    """Return a row's number; ValueError beyond what any database can look up."""
    if not 0 <= (number := int(text)) < 2**63:
        raise ValueError(text[:20])
    return number
