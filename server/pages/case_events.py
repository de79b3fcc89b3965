"""Lines of a matter's record that verification, filing and investigation leave, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _

from handlers import codes
from server.pages.names import joined, lang, person

Params = Mapping[str, Any]


def _measure(params: Params) -> dict[str, str]:
    return {
        "what": codes.word("measures", params.get("measure"), lang()),
        "day": str(params.get("day") or ""),
    }


def _type(params: Params) -> dict[str, str]:
    return {"type": codes.word("case_types", params.get("case_type"), lang())}


def _said(params: Params) -> dict[str, str]:
    return {"number": str(params.get("number") or ""), "day": str(params.get("day") or "")}


def _change(params: Params) -> str:
    words = {
        "died": _("died"),
        "retired": _("retired"),
        "missing": _("missing or fled"),
        "returned": _("has appeared again"),
    }
    return words.get(str(params.get("change")), "")


EVENTS: Mapping[str, Callable[[Params], str]] = {
    "verification.planned": lambda params: _("The plan of the verification was submitted."),
    "verification.judgment": lambda params: _(
        "It was proposed to go to filing on a judgment or penalty in force, without a verification."
    ),
    "verification.spared": lambda params: _("Nothing needs to be verified: it goes to filing."),
    "verification.opened": lambda params: _("The verification was opened."),
    "verification.reported": lambda params: _(
        "The report of the verification was written (%(number)s).", **_said(params)
    ),
    "verification.settled": lambda params: _(
        "The outcome of the verification: %(what)s.",
        what=codes.word("verification_outcomes", params.get("outcome"), lang()),
    ),
    "verification.handed": lambda params: _("Handed to a Party organisation on %(day)s.", **_said(params)),
    "investigation.counted": lambda params: _(
        "A fugitive is back: the time of the investigation is counted from %(day)s.", **_said(params)
    ),
    "measure.asked": lambda params: _("A measure was asked for: %(what)s.", **_measure(params)),
    "measure.approved": lambda params: _("The measure was approved: %(what)s.", **_measure(params)),
    "measure.refused": lambda params: _("The measure was not approved: %(what)s.", **_measure(params)),
    "measure.done": lambda params: _("The measure was carried out on %(day)s: %(what)s.", **_measure(params)),
    "talk.recorded": lambda params: _(
        "A talk was held on %(day)s by %(names)s.",
        day=params.get("day"),
        names=joined(person(login) for login in params.get("staff") or ()),
    ),
    "filing.proposed": lambda params: _("A filing was proposed: %(type)s.", **_type(params)),
    "filing.decided": lambda params: _("The case %(number)s was filed.", **_said(params)),
    "filing.refused": lambda params: _("Nothing was filed: the filing was refused."),
    "filing.announced": lambda params: _(
        "The filing %(number)s was announced to the person on %(day)s and the unit told.", **_said(params)
    ),
    "case_type.proposed": lambda params: _("A wider case type was proposed: %(type)s.", **_type(params)),
    "case_type.widened": lambda params: _("The case type is now: %(type)s.", **_type(params)),
    "investigation.planned": lambda params: _(
        "The plan of the investigation of %(number)s was submitted.", **_said(params)
    ),
    "investigation.work": lambda params: _(
        "Work of the investigation was entered; new evidence: %(count)s.", count=params.get("evidence")
    ),
    "property.released": lambda params: _(
        "Property no. %(item)s was released on %(day)s.", item=params.get("item"), day=params.get("day")
    ),
    "case.person_changed": lambda params: _(
        "A person's situation changed on %(day)s: %(what)s.", day=params.get("day"), what=_change(params)
    ),
    "facts.shown": lambda params: _("The facts were shown to the persons on %(day)s.", **_said(params)),
    "investigation.reported": lambda params: _(
        "The report of the investigation was written (%(number)s).", **_said(params)
    ),
}
#: Why an answer of a form was refused.
REFUSALS: Mapping[str, Callable[[Params], str]] = {
    "not_before_filing": lambda p: _(
        "Not before a case is filed: freezing, search, sealing, seizure and the like follow a filing."
    ),
    "not_of_matter": lambda p: _("This does not belong to the matter."),
    "everybody_once": lambda p: _("Each of the %(count)d persons of the matter once.", count=p["count"]),
    "not_of_team": lambda p: _(
        "No handler of this matter: %(names)s.", names=joined(person(login) for login in p["logins"])
    ),
    "found_true": lambda p: _("An allegation was found true: it cannot simply be closed."),
    "on_judgment": lambda p: _("The matter goes by a judgment or penalty in force: choose that type."),
    "no_judgment": lambda p: _("No judgment or penalty in force was approved as the basis of this matter."),
    "crime_investigated": lambda p: _("Where a crime is suspected the case is investigated."),
    "penalty_investigated": lambda p: _(
        "Facts of an administrative penalty are investigated after the filing."
    ),
    "facts_unclear": lambda p: _("The verification has not made the main facts clear: investigate them."),
    "nobody_party": lambda p: _("Nobody here is a Party member: choose a type without a Party filing."),
    "nobody_official": lambda p: _(
        "Nobody here is a public official: choose a type without a supervisory filing."
    ),
    "no_property": lambda p: _("No property is held that could be released."),
    "opinion_or_refusal": lambda p: _("Write the person's opinion, or why he did not sign."),
    "not_wider": lambda p: _("A case type may only be widened."),
}
