"""What every page shows around its own content: navigation, assets, how instants and levels are written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import current_app, g, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from handlers import announcing, archiving, findings, notifications, wall
from handlers.clearing import filing
from handlers.registers import diverted, quarterly
from server.db import reading
from server.guard import current_actor
from server.pages import names, watchdog, words
from server.pages.blueprint import blueprint
from workflows import calendar, clock, plans
from workflows.actor import Actor
from workflows.errors import DubanError

#: Who has a register to open: whose grants let him see more of a clue than a word. Agencies and operators see none.
OFFICE = wall.roles("clue", {"V", "E", "A", "m"})
#: Who sees something of the register of talks and inquiries.
INTERVIEWING = wall.roles("interview", {"V", "E", "A", "m"})
#: Who sees every agency's returns.
OVERSEERS = wall.roles("returns", {"V", "E", "A"}, "everything")
#: Who reads the access log, or its totals.
LOG = wall.roles("access_log", {"V"}, "everything", "summary")
#: Who operates processes: who has a right over their course, and who draws them, who is told numbers alone.
OPERATING = wall.roles("process", {"steer", "mend", "confirm"})
COCKPIT = OPERATING | {"supervisor"}
#: 案件监督管理室
SUPERVISION = frozenset({"case_supervision", "case_supervision_head"})
#: Who looks at the visibility matrix: who answers for it, and who oversees that it is kept.
VISIBILITY = SUPERVISION | {"supervisor", "auditor", "principal"}
#: Who oversees that reporters' identities are read by right.
READING_ABOUT = frozenset({"auditor", "principal"})
#: Shorter texts are codes of choices, or quickly typed again.
SHORTEST_TYPED = 4
#: Counting further would tell nobody more.
UNREAD_COUNTED = 100
#: Working days are counted one by one no further than this.
FURTHEST = timedelta(days=400)


@dataclass(frozen=True)
class Assets:
    """The built files of one entry of the web build."""

    js: str
    css: tuple[str, ...]


@dataclass(frozen=True)
class Item:
    """One entry of the main navigation."""

    label: str
    url: str
    current: bool
    count: str | None = None  #: how much is unread, empty for nothing; None where nothing is counted


@blueprint.record_once
def offer_words(state: Any) -> None:
    """Give every template and macro the words of the pages."""
    state.app.jinja_env.globals.update(
        assets=assets,
        local=local,
        day=day,
        level_of=level_of,
        level_word=level_word,
        colour_of=colour_of,
        colour_word=colour_word,
        due_words=due_words,
        remaining=remaining,
        error_words=words.error_words,
        typed_texts=typed_texts,
        upload_bytes=state.app.config["MAX_CONTENT_LENGTH"],
        person_name=names.person,
        unit_name=names.unit,
        group_name=names.group,
        task_name=names.task_name,
        process_name=names.process_name,
        listed=names.listed,
        colon=names.colon,
        few=few,
    )


@blueprint.app_context_processor
def frame() -> dict[str, Any]:
    """Return what the templates of all pages use."""
    actor = current_actor()
    return {
        "actor": actor,
        "lang": names.lang(),
        "source": names.source,
        "demo": current_app.extensions["duban.settings"].demo,
        "navigation": navigation(actor) if actor else [],
        "now": clock.now(),
    }


def few(count: int) -> str:
    """Return how many matters there are, for who sees none of them: small numbers are merged (domain.md §4.2 rule 5)."""
    least: int = current_app.extensions["duban.settings"].small_count
    return f"1–{least - 1}" if 0 < count < least and least > 2 else str(count)


def navigation(actor: Actor) -> list[Item]:
    """Return the entries that this actor can use, in the order of use."""
    entries = [("pages.inbox", _("Inbox")), ("pages.deadlines", _("Deadlines"))]
    if "agency_clerk" in actor.groups:
        entries.append(("pages.transfers", _("Transfers")))
        entries.append(("pages.returns", _("Returns")))
    if actor.groups & OFFICE:
        entries.append(("pages.clues", _("Clues")))
        entries.append(("pages.cases", _("Cases")))
    if actor.groups & INTERVIEWING:
        entries.append(("pages.interviews", _("Talks and inquiries")))
    if actor.groups & OVERSEERS:
        entries.append(("pages.periods", _("Periodic returns")))
    if actor.groups & (quarterly.READERS | {"office_head"}):
        entries.append(("pages.results", _("Quarterly results")))
    if actor.groups & announcing.READERS:
        entries.append(("pages.announcement_reports", _("Reports on announcements")))
    if actor.groups & filing.READERS:
        entries.append(("pages.clearing", _("Clearing and tolerance")))
    if actor.groups & (archiving.KEEPERS | {"auditor"}):
        first = "pages.keeping" if actor.groups & archiving.KEEPERS else "pages.keeping_destroyed"
        entries.append((first, _("Keeping")))
    if actor.groups & diverted.READERS:
        entries.append(("pages.sealed", _("Sealed items")))
    entries.append(("pages.notifications", _("Notifications")))
    if actor.groups & COCKPIT:
        entries.append(("pages.cockpit", _("Cockpit")))
    if "supervisor" in actor.groups:
        entries.append(("pages.processes", _("Processes")))
        entries.append(("pages.paper_templates", _("Paper templates")))
        entries.append(("pages.limits", _("Time limits")))
    if actor.groups & VISIBILITY:
        entries.append(("pages.visibility", _("Visibility")))
    if actor.groups & READING_ABOUT:
        entries.append(("pages.unsealings", _("Unsealing")))
    if "admin" in actor.groups:
        entries.append(("pages.people", _("People")))
        entries.append(("pages.outgoing", _("Messages")))
    if actor.groups & LOG:
        entries.append(("pages.audit", _("Audit")))
    elif actor.groups & findings.READERS:
        entries.append(("pages.audit_findings", _("Audit findings")))
    if actor.groups & watchdog.READERS:
        entries.append(("pages.clocks", _("Missing clocks")))
    with reading() as session:
        unread = notifications.unread_count(session, actor.id, at_most=UNREAD_COUNTED)
    here = request.endpoint or ""
    return [
        Item(
            label,
            url_for(endpoint),
            here.startswith(endpoint.rstrip("s")),
            unread_words(unread) if endpoint == "pages.notifications" else None,
        )
        for endpoint, label in entries
    ]


def unread_words(count: int) -> str:
    """Return how many notifications are unread, as pages show it."""
    if count >= UNREAD_COUNTED:
        return f"{UNREAD_COUNTED - 1}+"
    return str(count) if count else ""


def assets(entry: str) -> Assets:
    """Return the addresses of a built entry (`base`, `viewer`)."""
    return _built(current_app.static_folder or "")[entry]


@lru_cache
def _built(static: str) -> dict[str, Assets]:
    manifest = json.loads((Path(static) / "dist/manifest.json").read_text())
    prefix = "/static/dist/"
    return {
        chunk["name"]: Assets(
            prefix + chunk["file"], tuple(prefix + sheet for sheet in _sheets(manifest, chunk))
        )
        for chunk in manifest.values()
        if chunk.get("isEntry")
    }


def _sheets(manifest: dict[str, Any], chunk: dict[str, Any]) -> list[str]:
    own = list(chunk.get("css", ()))
    return own + [sheet for name in chunk.get("imports", ()) for sheet in _sheets(manifest, manifest[name])]


def local(instant: datetime | None, *, seconds: bool = False) -> str:
    """Return an instant on the office's clock, such as 2026-03-09 14:30; empty for none."""
    if instant is None:
        return ""
    return instant.astimezone(clock.office_zone()).strftime(
        "%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M"
    )


def day(instant: datetime | date | None) -> str:
    """Return the office's calendar day of an instant; the day that ends at midnight is the one before."""
    if instant is None:
        return ""
    return (_last_day(instant) if isinstance(instant, datetime) else instant).isoformat()


def day_of(text: str) -> date | None:
    """Return the day that a filter names, None where it names none."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    # Beyond these, the day before or after cannot be told in every zone.
    return found if date.min.year < found.year < date.max.year else None


def midnight(day: date) -> datetime:
    """Return the instant at which the office's day begins."""
    return datetime.combine(day, time(), clock.office_zone())


def due_words(due_at: datetime) -> str:
    """Return when something is due: the last day, and the time where it does not end with the day."""
    return local(due_at) if _in_hours(due_at) else day(due_at)


def _last_day(instant: datetime) -> date:
    # A limit in days ends at 24:00: that instant belongs to the day it closes.
    return (instant.astimezone(clock.office_zone()) - timedelta(microseconds=1)).date()


def level_of(task: Any) -> str:
    """Return the deadline level a page shows: the rung reached, or overdue the moment it is."""
    if task.paused_at is not None and task.closed_at is None:
        return "paused"
    if task.due_at is None:
        return "none"
    if task.closed_at is None and task.due_at <= clock.now():
        return "overdue"
    return str(task.level)


def colour_of(task: Any) -> str:
    """Return the colour that the office's table gives an open task, "" where it gives none or the task is overdue."""
    if task.colour is None or level_of(task) in ("overdue", "paused"):
        return ""
    return str(task.colour.value)


def colour_word(colour: str) -> str:
    """Return the word that stands beside a timer colour and its shape."""
    return {
        "green": _("Green"),
        "blue": _("Blue"),
        "yellow": _("Yellow"),
        "orange": _("Orange"),
        "red": _("Red"),
    }[colour]


def level_word(level: str) -> str:
    """Return the word that stands beside the colour and the shape."""
    return {
        "none": _("No deadline"),
        "paused": _("Paused"),
        "normal": _("On time"),
        "remind": _("Reminder"),
        "warn": _("Warning"),
        "alarm": _("Urgent"),
        "overdue": _("Overdue"),
    }[level]


def remaining(due_at: datetime | None) -> str:
    """Return how much time is left, or by how much a deadline has passed: working days, at the end hours."""
    if due_at is None:
        return ""
    now = clock.now()
    if abs(due_at - now) > FURTHEST:
        return ""
    last, today = _last_day(due_at), clock.day_of(now)
    if _in_hours(due_at) and abs(due_at - now) < timedelta(days=2):
        hours = int(abs(due_at - now) / timedelta(hours=1))
        if due_at > now:
            return ngettext("%(num)d hour left", "%(num)d hours left", hours)
        return ngettext("%(num)d hour over", "%(num)d hours over", hours)
    if due_at <= now:
        days = max(1, calendar.working_days_between(last, today, work_days()))
        return ngettext("%(num)d working day over", "%(num)d working days over", days)
    if last == today:
        return _("due today")
    days = calendar.working_days_between(today, last, work_days())
    return ngettext("%(num)d working day left", "%(num)d working days left", days)


def work_days() -> calendar.WorkDays:
    """Return the office's calendar, asked for once in a request."""
    if "work_days" not in g:
        with reading() as session:
            g.work_days = plans.work_days(session)
    found: calendar.WorkDays = g.work_days
    return found


def _in_hours(due_at: datetime) -> bool:
    return due_at.astimezone(clock.office_zone()).time().isoformat() != "00:00:00"


def typed_texts(error: DubanError) -> list[str]:
    """Return what the visitor had typed into the form that failed, for the page to give back.

    A form without our token may be another site's: it is given back only where the browser vouches for it.
    """
    if error.code == "csrf" and request.headers.get("Sec-Fetch-Site") != "same-origin":
        return []
    if error.code == "http_413":
        # Nothing of it was read.
        return []
    ours = {"csrf_token", "next", "back", "language", "login", "old", "new", "again", "password"}
    return [
        text.strip()
        for name, text in request.form.items(multi=True)
        if name not in ours and not name.startswith("_") and len(text.strip()) >= SHORTEST_TYPED
    ]
