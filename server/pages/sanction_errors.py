"""What review, decision and execution refuse, in words that name the rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _

from handlers import codes
from server.pages import names

Params = Mapping[str, Any]


def _people(params: Params) -> str:
    return names.joined(names.person(login) for login in params["logins"])


FIELDS: Mapping[str, Callable[[Params], str]] = {
    "not_reviewers": lambda p: _("Not a case reviewer: %(names)s.", names=_people(p)),
    "investigated_it": lambda p: _(
        "Took part in the verification or investigation and cannot review it: %(names)s.", names=_people(p)
    ),
    "no_proposal": lambda p: _("The review has proposed nothing for %(number)s.", number=p["number"]),
    "sanction_missing": lambda p: _("Say which sanction is given."),
    "sanction_given": lambda p: _("With a sanction the decision is: sanctioned."),
    "no_party_member": lambda p: _("Who is no Party member gets no Party sanction."),
    "no_party_post": lambda p: _(
        "There is no Party post to remove the person from: give a serious warning with an effect of two years."
    ),
    "village_cadre": lambda p: _(
        "A member of a village's self-governing body gets a warning, a demerit or a major demerit only "
        "(Law on Administrative Sanctions, article 22)."
    ),
    "instead_of_removal": lambda p: _(
        "This goes with a serious warning of a Party member who has no Party post, and nothing else."
    ),
    "branch_missing": lambda p: _(
        "The branch meeting decides first: give its day, or the special situation in which it is left out."
    ),
    "congress_post": lambda p: _(
        "Elected or appointed by a people's congress: the person is removed there first; give the day "
        "(Law on Administrative Sanctions, article 50)."
    ),
    "consultation_waits": lambda p: _("The time for the reply is not over: nobody counts as silent yet."),
    "consultation_paper": lambda p: _("A reply that came on paper is entered with the paper attached."),
    "consultation_objected": lambda p: _("An objection came: say how it was considered."),
    "not_heard": lambda p: _(
        "The person has not been heard on an administrative sanction "
        "(Law on Administrative Sanctions, article 43)."
    ),
    "aggravated": lambda p: _(
        "Heavier than what the person was told: nobody gets more for defending himself "
        "(Law on Administrative Sanctions, article 43)."
    ),
    "effect_months": lambda p: _(
        "Together between %(min)d and %(max)d months (Law on Administrative Sanctions, article 15).",
        min=p["min"],
        max=p["max"],
    ),
    "lengthened_once": lambda p: _("The probation was lengthened once already."),
    "one_person": lambda p: _("A decision is announced by two: name another member of staff."),
    "rights_lacking": lambda p: _(
        "These rights lack a proof or a reasoned exception: %(rights)s.",
        rights=names.joined(codes.word("rights", code, names.lang()) for code in p["rights"]),
    ),
}
