"""Lines of a matter's record that dual investigation, leaks and accidents leave, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _

from handlers import codes
from server.pages.names import joined, lang, person

Params = Mapping[str, Any]


def _said(params: Params) -> dict[str, str]:
    return {
        "number": str(params.get("number") or "–"),
        "result": codes.word("dual_results", params.get("result"), lang()),
        "outcome": codes.word("accountability_outcomes", params.get("outcome"), lang()),
        "people": joined(person(str(login)) for login in params.get("people") or ()),
        "case": str(params.get("case") or ""),
        "day": str(params.get("day") or ""),
    }


EVENTS: Mapping[str, Callable[[Params], str]] = {
    "dual.judged": lambda params: _("Dual investigation judged (%(number)s): %(result)s.", **_said(params)),
    "dual.decided": lambda params: _(
        "The judgment on dual investigation holds (%(number)s): %(result)s.", **_said(params)
    ),
    "dual.inside": lambda params: _(
        "What somebody of the case %(case)s answers for is handled inside it (%(number)s).", **_said(params)
    ),
    "accountability.asked": lambda params: _(
        "An accountability inquiry is asked for (%(number)s).", **_said(params)
    ),
    "accountability.started": lambda params: _(
        "The accountability inquiry is started (%(number)s).", **_said(params)
    ),
    "accountability.not_started": lambda params: _(
        "The accountability inquiry is not started (%(number)s).", **_said(params)
    ),
    "accountability.team": lambda params: _(
        "Team of the accountability inquiry %(number)s: %(people)s.", **_said(params)
    ),
    "accountability.heard": lambda params: _("Those who answer were heard (%(number)s).", **_said(params)),
    "accountability.reported": lambda params: _(
        "Report of the accountability inquiry handed in (%(number)s).", **_said(params)
    ),
    "accountability.review_agree": lambda params: _(
        "The review agrees with the accountability inquiry (%(number)s).", **_said(params)
    ),
    "accountability.review_return": lambda params: _(
        "The review sends the accountability inquiry back (%(number)s).", **_said(params)
    ),
    "accountability.decided": lambda params: _(
        "Accountability decided (%(number)s): %(outcome)s.", **_said(params)
    ),
    "accountability.filed": lambda params: _(
        "Persons of the inquiry %(number)s are filed in a matter of their own: %(to)s.", **params
    ),
    "accountability.filed_here": lambda params: _(
        "Begun by the accountability inquiry %(number)s, to file a case.", **params
    ),
    "accountability.announced": lambda params: _(
        "The decision on accountability %(number)s was announced on %(day)s.", **_said(params)
    ),
    "accountability.posts": lambda params: _(
        "Posts were changed on %(day)s after the decision on accountability %(number)s.", **_said(params)
    ),
    "accountability.closed": lambda params: _(
        "The accountability inquiry is closed (%(number)s).", **_said(params)
    ),
    "leak.frozen": lambda params: _(
        "A leak was reported (%(number)s): the matter is seen by its handlers and leaders alone.",
        **_said(params),
    ),
    "leak.looked_into": lambda params: _("The leak %(number)s was looked into.", **_said(params)),
    "suspension.begun": lambda params: _(
        "Suspension for self-examination %(number)s runs from %(day)s.", **_said(params)
    ),
    "suspension.expired": lambda params: _(
        "The last day of the suspension %(number)s, %(day)s, is over and nothing is decided.", **_said(params)
    ),
    "suspension.extended": lambda params: _(
        "The suspension %(number)s goes on until %(day)s.", **_said(params)
    ),
    "suspension.ended": lambda params: _(
        "The suspension %(number)s ended on %(day)s: %(outcome)s.",
        **_said(params) | {"outcome": codes.word("suspension_outcomes", params.get("outcome"), lang())},
    ),
    "leak.lifted": lambda params: _("The freeze after the leak %(number)s was lifted.", **_said(params)),
    "accident.passed_on": lambda params: _(
        "The report of the accident %(number)s was received and passed on.", **_said(params)
    ),
    "accident.reported_above": lambda params: _(
        "The accident %(number)s was reported to the commission above.", **_said(params)
    ),
    "accident.settled": lambda params: _(
        "How the accident %(number)s was dealt with is recorded.", **_said(params)
    ),
}
