"""Lines of a matter's record that the shared parts leave, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _

from handlers import codes
from server.pages.names import lang

Params = Mapping[str, Any]


def _about(params: Params) -> dict[str, str]:
    return {
        "what": codes.word("approval_subjects", params.get("about"), lang()),
        "level": codes.word("approval_levels", params.get("level"), lang()),
    }


EVENTS: Mapping[str, Callable[[Params], str]] = {
    "approval.agree": lambda params: _("%(what)s: approved by the %(level)s.", **_about(params)),
    "approval.return": lambda params: _("%(what)s: returned by the %(level)s.", **_about(params)),
    "approval.refuse": lambda params: _("%(what)s: refused by the %(level)s.", **_about(params)),
    "second.signed": lambda params: _("%(what)s: signed by the second person, too.", **_about(params)),
    "second.back": lambda params: _("%(what)s: sent back by the second person.", **_about(params)),
    "correction.asked": lambda params: _("Correction %(number)s asked for.", number=params.get("number")),
    "correction.agree": lambda params: _("Correction %(number)s is in force.", number=params.get("number")),
    "correction.return": lambda params: _("Correction %(number)s returned.", number=params.get("number")),
    "correction.refuse": lambda params: _("Correction %(number)s refused.", number=params.get("number")),
    "paper.served": lambda params: _(
        "Served on %(day)s (%(number)s).", day=params.get("day"), number=params.get("number") or "–"
    ),
}
