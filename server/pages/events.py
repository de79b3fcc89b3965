"""What happened, in the reader's language: the record of a matter, opinions in it, and notifications."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from handlers import codes
from handlers.notifications import Notification
from handlers.registers import MatterEvent, Opinion
from server.pages.frame import day
from server.pages.names import joined, lang, person

Params = Mapping[str, Any]


def event_words(event: MatterEvent) -> str:
    """Return one line of a matter's record; its code where nobody has put it into words."""
    wording = EVENTS.get(event.code)
    return wording(event.params) if wording else event.code


def notification_words(row: Notification) -> str:
    """Return a notification in words."""
    wording = NOTIFICATIONS.get(row.code) or EVENTS.get(row.code)
    return wording(row.params) if wording else row.code


def opinion_words(row: Opinion) -> str:
    """Return what was decided, in a word of its code table."""
    for table in ("decisions", "disposal_proposals", "disposal_ways"):
        name = codes.word(table, row.decision, lang())
        if name != row.decision:
            return name
    return row.decision


def _step(params: Params) -> str:
    english = params.get("task_en") if lang() == "en" else None
    return str(english or params.get("task") or "")


def _due(params: Params) -> str:
    due = params.get("due")
    return day(datetime.fromisoformat(due)) if due else ""


def _told(params: Params) -> str:
    return joined(person(login) for login in params.get("to", ()))


def _reminder(params: Params) -> str:
    return _(
        "“%(step)s” of %(number)s is due on %(due)s.",
        step=_step(params),
        number=params.get("number") or "",
        due=_due(params),
    )


def _overdue(params: Params) -> str:
    return _(
        "“%(step)s” of %(number)s was due on %(due)s and is overdue; a reason in writing is required.",
        step=_step(params),
        number=params.get("number") or "",
        due=_due(params),
    )


def _listed(params: Params) -> str:
    return _(
        "“%(step)s” of %(number)s, due on %(due)s, has been overdue for long: consider listed supervision.",
        step=_step(params),
        number=params.get("number") or "",
        due=_due(params),
    )


def _recorded(words: Callable[[Params], str]) -> Callable[[Params], str]:
    return lambda params: _("%(what)s Told: %(whom)s.", what=words(params), whom=_told(params))


NOTIFICATIONS: Mapping[str, Callable[[Params], str]] = {
    "deadline.normal": _reminder,
    "deadline.remind": _reminder,
    "deadline.warn": _reminder,
    "deadline.alarm": _reminder,
    "deadline.overdue": _overdue,
    "deadline.listed": _listed,
}
EVENTS: Mapping[str, Callable[[Params], str]] = {
    **{code: _recorded(words) for code, words in NOTIFICATIONS.items()},
}
