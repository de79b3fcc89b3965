"""What every page shows around its own content: navigation, assets, and how instants and levels are written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import current_app, request, url_for
from flask_babel import gettext as _

from handlers import notifications
from server import language
from server.db import reading
from server.guard import current_actor
from server.pages.blueprint import blueprint
from workflows import clock
from workflows.actor import Actor

#: What the office's own people hold; agencies and operators see no register.
OFFICE = frozenset(
    {
        "intake_clerk",
        "case_supervision",
        "case_supervision_head",
        "office_head",
        "handler",
        "leader",
        "principal",
        "reviewer",
    }
)


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
    count: int = 0


@blueprint.app_context_processor
def frame() -> dict[str, Any]:
    """Return what the templates of all pages use."""
    actor = current_actor()
    return {
        "actor": actor,
        "lang": lang(),
        "demo": current_app.extensions["duban.settings"].demo,
        "assets": assets,
        "navigation": navigation(actor) if actor else [],
        "local": local,
        "day": day,
        "level_of": level_of,
        "level_word": level_word,
        "remaining": remaining,
        "now": clock.now(),
    }


def lang() -> str:
    """Return `zh` or `en`, as data that carries both names asks for it."""
    return "en" if language.current() == "en" else "zh"


def named(thing: Any) -> str:
    """Return the name of a unit, role or limit in the page's language."""
    prefix = "title" if hasattr(thing, "title_zh") else "name"
    return str(getattr(thing, f"{prefix}_{lang()}") or getattr(thing, f"{prefix}_zh"))


def navigation(actor: Actor) -> list[Item]:
    """Return the entries that this actor can use, in the order of use."""
    entries = [("pages.inbox", _("Inbox"))]
    if "agency_clerk" in actor.groups:
        entries.append(("pages.transfers", _("Transfers")))
    if actor.groups & OFFICE:
        entries.append(("pages.clues", _("Clues")))
    entries.append(("pages.notifications", _("Notifications")))
    if "supervisor" in actor.groups:
        entries.append(("pages.processes", _("Processes")))
    if "admin" in actor.groups:
        entries.append(("pages.people", _("People")))
    with reading() as session:
        unread = notifications.unread_count(session, actor.id)
    here = request.endpoint or ""
    return [
        Item(label, url_for(endpoint), here.startswith(endpoint.rstrip("s")), unread * (endpoint == "pages.notifications"))
        for endpoint, label in entries
    ]


def assets(entry: str) -> Assets:
    """Return the addresses of a built entry (`base`, `viewer`)."""
    return _built(current_app.static_folder or "")[entry]


@lru_cache
def _built(static: str) -> dict[str, Assets]:
    manifest = json.loads((Path(static) / "dist/manifest.json").read_text())
    prefix = "/static/dist/"
    return {
        chunk["name"]: Assets(prefix + chunk["file"], tuple(prefix + sheet for sheet in _sheets(manifest, chunk)))
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
    return instant.astimezone(clock.office_zone()).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def day(instant: datetime | date | None) -> str:
    """Return the office's calendar day of an instant; the day that ends at midnight is the one before."""
    if instant is None:
        return ""
    if not isinstance(instant, datetime):
        return instant.isoformat()
    # A limit in days ends at 24:00: that instant belongs to the day it closes.
    return (instant.astimezone(clock.office_zone()) - timedelta(microseconds=1)).date().isoformat()


def level_of(task: Any) -> str:
    """Return the deadline level a page shows: the rung reached, or overdue the moment it is."""
    if task.due_at is None:
        return "none"
    if task.closed_at is None and task.due_at <= clock.now():
        return "overdue"
    return str(task.level)


def level_word(level: str) -> str:
    """Return the word that stands beside the colour and the shape."""
    return {
        "none": _("No deadline"),
        "normal": _("On time"),
        "remind": _("Reminder"),
        "warn": _("Warning"),
        "alarm": _("Urgent"),
        "overdue": _("Overdue"),
    }[level]


def remaining(due_at: datetime | None) -> str:
    """Return how much time is left, or by how much a deadline has passed, in words."""
    if due_at is None:
        return ""
    left = due_at - clock.now()
    hours = int(abs(left) / timedelta(hours=1))
    if hours < 48:
        return _("%(n)d hours left", n=hours) if left > timedelta(0) else _("%(n)d hours over", n=hours)
    days = hours // 24
    return _("%(n)d days left", n=days) if left > timedelta(0) else _("%(n)d days over", n=days)
