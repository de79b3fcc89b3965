"""Lines of a matter's record that inquiries, first-form measures and their letters leave, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _

from handlers import codes
from server.pages.names import lang

Params = Mapping[str, Any]


def _word(table: str, code: Any) -> str:
    return codes.word(table, str(code or ""), lang())


EVENTS: Mapping[str, Callable[[Params], str]] = {
    "inquiry.begun": lambda p: _("The talk or letter inquiry begins."),
    "inquiry.planned": lambda p: _(
        "Inquiry %(number)s planned: %(mode)s.",
        number=p["number"],
        mode=_word("inquiry_modes", p.get("mode")),
    ),
    "inquiry.approved": lambda p: _("The plan of inquiry %(number)s takes effect.", number=p["number"]),
    "inquiry.talk_called": lambda p: _("Notice of the talk made (%(number)s).", number=p["number"]),
    "inquiry.talked": lambda p: _("Talk %(number)s held on %(day)s.", number=p["number"], day=p["day"]),
    "inquiry.talk_stopped": lambda p: _(
        "Talk %(number)s stopped on %(day)s.", number=p["number"], day=p["day"]
    ),
    "inquiry.delegate_recused": lambda p: _(
        "Who was asked to hold the talk keeps out of it: the office talks."
    ),
    "inquiry.stop_decided": lambda p: (
        _("After the stop: another talk.")
        if p.get("next") == "talk"
        else _("After the stop: the inquiry goes on.")
    ),
    "letter.issued": lambda p: _("Letter of inquiry %(number)s made.", number=p["number"]),
    "letter.replied": lambda p: _("The unit has replied to %(number)s.", number=p["number"]),
    "letter.complete": lambda p: _("The reply to %(number)s is complete.", number=p["number"]),
    "letter.incomplete": lambda p: _("The reply to %(number)s is incomplete.", number=p["number"]),
    "letter.none": lambda p: _("No reply to %(number)s came in time.", number=p["number"]),
    "inquiry.reported": lambda p: _(
        "Report of inquiry %(number)s, proposed: %(outcome)s.",
        number=p["number"],
        outcome=_word("inquiry_outcomes", p.get("outcome")),
    ),
    "inquiry.ended": lambda p: _(
        "Inquiry %(number)s ended: %(outcome)s.",
        number=p["number"],
        outcome=_word("inquiry_outcomes", p.get("outcome")),
    ),
    "inquiry.accepted": lambda p: _("Letter of acceptance %(number)s made.", number=p["number"]),
    "inquiry.again": lambda p: _("A second inquiry follows."),
    "inquiry.explained": lambda p: _("Explained at the democratic-life meeting on %(day)s.", day=p["day"]),
    "measure.decided": lambda p: _(
        "First-form measure %(number)s: %(measure)s.",
        number=p["number"],
        measure=_word("first_form_measures", p.get("measure")),
    ),
    "measure.carried_out": lambda p: _(
        "Measure %(number)s carried out on %(day)s.", number=p["number"], day=p["day"]
    ),
    "measure.in_effect": lambda p: _(
        "Admonition %(number)s in effect until %(day)s.", number=p["number"], day=p["day"]
    ),
    "measure.followed_up": lambda p: _(
        "Report on the change after admonition %(number)s.", number=p["number"]
    ),
}
