"""The calendar feed: its address is made, shown once and withdrawn on one's account; whoever has it reads dates only."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from handlers import office
from server import icalendar, language
from server.auth import feeds
from server.db import reading, unit_of_work
from server.guard import guard, public, settings
from server.outgoing import content
from server.outgoing.words import gettext_for
from server.pages import matter
from server.pages.blueprint import blueprint
from server.traffic import rates
from workflows import clock, ladder
from workflows.actor import Actor
from workflows.errors import NotFound
from workflows.model import Task
from workflows.tasks import deadlines

#: Calendar programs ask every quarter of an hour at most; whoever guesses tokens is stopped sooner.
FEEDS = rates.Limit("feed", 60, timedelta(hours=1))
MISSES = rates.Limit("feed-miss", 30, timedelta(hours=1))
AHEAD = timedelta(days=400)
#: What is so long overdue has other places to be seen.
BEHIND = timedelta(days=180)


@blueprint.post("/profile/calendar")
@guard()
def make_feed(actor: Actor) -> str:
    """Give the account a new feed, and show its address this once; the one before ends."""
    with unit_of_work() as session:
        token = feeds.create(session, actor.id, language.current())
    # In the answer itself: a flash would leave it in a cookie.
    address = settings().public_url + url_for("pages.feed", token=token)
    return render_template("feed.html", address=address)


@blueprint.post("/profile/calendar/withdraw")
@guard()
def withdraw_feed(actor: Actor) -> AnyResponse:
    """End the account's feed at once."""
    with unit_of_work() as session:
        feeds.revoke(session, actor.id)
    return redirect(url_for("pages.preferences"), 303)


@blueprint.get("/calendar/<token>.ics")
@public
def feed(token: str) -> Response:
    """Give the open deadlines of the token's account, number and step only, to a calendar program."""
    with reading() as session:
        found = feeds.find(session, token)
    with unit_of_work() as session:
        # A transaction of its own: what fails afterwards has cost as much.
        rates.spend(session, *((found.login, FEEDS) if found else (_caller(), MISSES)))
    if found is None:
        raise NotFound("There is no such calendar: it was withdrawn, or never there.", code="feed")
    body = _calendar(found.login, found.locale)
    response = Response(body, content_type=icalendar.MEDIA_TYPE)
    response.headers["Cache-Control"] = "private, max-age=900"
    response.headers["Content-Disposition"] = "inline; filename=duban.ics"
    return response


def _caller() -> str:
    return f"ip:{request.remote_addr or ''}"[:64]


def _calendar(login: str, locale: str) -> str:
    _ = gettext_for(locale)
    now = clock.now()
    with reading() as session:
        actor = office.actor_for(session, login)
        tasks = deadlines.mine(session, actor, since=now - BEHIND, until=now + AHEAD)
        numbers = {
            scope: found.number
            for scope, found in matter.headings(session, actor, {task.scope_id for task in tasks}).items()
        }
    events = [_event(task, numbers.get(task.scope_id or "", ""), locale) for task in tasks]
    return icalendar.calendar(_("Duban: my deadlines"), str(clock.office_zone()), events)


def _event(task: Task, heading: str, locale: str) -> icalendar.Event:
    due_at = task.sorts_at
    ends_with_day = len(content.day_of(due_at)) == len("2026-03-09")
    number = content.number(heading or task.instance.business_key)
    step = (task.name_en or task.name) if locale == "en" else (task.name or task.name_en)
    return icalendar.Event(
        uid=f"task-{task.id}@duban",
        when=ladder.last_day(due_at) if ends_with_day else due_at,
        summary=" ".join(part for part in (number, step or task.element_id) if part),
        url=f"{settings().public_url}{url_for('pages.task', task_id=task.id)}",
        stamp=task.claimed_at or task.created_at,
    )
