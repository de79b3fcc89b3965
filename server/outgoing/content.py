"""What a message may say: number, step, date and link. Nothing else of a notice gets past this file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handlers.notifications import Notification
from handlers.outbox import kind_of
from workflows import clock, ladder

#: A number of the office's registers: a business key that somebody chose may be a name.
NUMBER = re.compile(r"[A-Z]{2}-\d{4}-\d{1,9}")
LONGEST_STEP = 80


@dataclass(frozen=True)
class Content:
    """Everything that leaves the system about a notice."""

    kind: str  #: of `outbox.KINDS`
    number: str  #: of the matter; empty if the notice is of none
    step_zh: str
    step_en: str
    due: str  #: the office's day, with the time where it does not end with the day; may be empty
    link: str

    def step(self, locale: str) -> str:
        """Return the step in a language."""
        return (self.step_en or self.step_zh) if locale == "en" else (self.step_zh or self.step_en)


def of(notice: Notification, public_url: str) -> Content:
    """Return what may be said of a notice."""
    params = notice.params
    return Content(
        kind=kind_of(notice.code),
        number=number(params.get("number")),
        step_zh=_step(params, "task"),
        step_en=_step(params, "task_en"),
        due=_due(params.get("due")),
        link=f"{public_url}/notifications/{notice.id}",
    )


def day_of(due_at: datetime) -> str:
    """Return the last day of a deadline, with the time where it does not end with the day."""
    wall = due_at.astimezone(clock.office_zone())
    if wall.time().isoformat() == "00:00:00":
        return ladder.last_day(due_at).isoformat()
    return wall.strftime("%Y-%m-%d %H:%M")


def number(value: Any) -> str:
    """Return a number of the registers; nothing where it is none."""
    return value if isinstance(value, str) and NUMBER.fullmatch(value) else ""


def _step(params: Mapping[str, Any], name: str) -> str:
    # In one line: it may stand in a message's head. Only a step of a diagram has an element.
    words = params.get(name) if params.get("element") else None
    return " ".join(words.split())[:LONGEST_STEP] if isinstance(words, str) else ""


def _due(value: Any) -> str:
    try:
        return day_of(datetime.fromisoformat(value)) if isinstance(value, str) else ""
    except (ValueError, TypeError):
        return ""
