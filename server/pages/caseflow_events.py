"""Lines of a matter's record on how a case goes otherwise: deaths, flights, transfers, joinders; and their refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _

from handlers import codes
from server.pages import names
from server.pages.names import lang

Params = Mapping[str, Any]


def _said(params: Params) -> dict[str, str]:
    return {key: str(params.get(key) or "") for key in ("number", "day", "to")}


EVENTS: Mapping[str, Callable[[Params], str]] = {
    "measure.ended": lambda p: _(
        "The measure ended on %(day)s, because the person died: %(what)s.",
        day=p.get("day"),
        what=codes.word("measures", p.get("measure"), lang()),
    ),
    "case.all_died": lambda p: _("Nobody in the case is alive: the leader in charge decided that it ends."),
    "case.closed": lambda p: _("Case %(number)s is closed.", **_said(p)),
    "case.stopped_dead": lambda p: _("Case %(number)s ended, because nobody in it is alive.", **_said(p)),
    "case.stopped_joined": lambda p: _("Case %(number)s ended here: it was joined to another.", **_said(p)),
    "case.stopped_handed": lambda p: _(
        "Case %(number)s ended here: it was handed to another body.", **_said(p)
    ),
    "death.held_expel": lambda p: _(
        "%(number)s died: the meeting holds that expulsion was deserved.", **_said(p)
    ),
    "death.held_lesser": lambda p: _(
        "%(number)s died: the meeting holds that less than expulsion was deserved.", **_said(p)
    ),
    "death.concluded": lambda p: _(
        "Conclusion %(number)s on a person who died: no sanction (Law on Administrative Sanctions, article 27).",
        **_said(p),
    ),
    "death.benefits": lambda p: _("%(number)s: benefits adjusted on %(day)s.", **_said(p)),
    "execution.died": lambda p: _("%(number)s died: nothing more is announced or carried out.", **_said(p)),
    "prosecution.written": lambda p: _("Opinion on prosecution %(number)s was written.", **_said(p)),
    "prosecution.handed": lambda p: _("%(number)s: handed to the procuratorate on %(day)s.", **_said(p)),
    "prosecution.supplement": lambda p: _(
        "%(number)s: returned on %(day)s for a supplementary investigation.", **_said(p)
    ),
    "prosecution.supplemented": lambda p: _(
        "%(number)s: the supplementary investigation is done.", **_said(p)
    ),
    "prosecution.indicted": lambda p: _("%(number)s: indicted on %(day)s.", **_said(p)),
    "prosecution.not_prosecuted": lambda p: _("%(number)s: not prosecuted, decided on %(day)s.", **_said(p)),
    "prosecution.died": lambda p: _("%(number)s died: the transfer to the procuratorate ends.", **_said(p)),
    "joinder.asked_joined": lambda p: _("It was asked that %(number)s be joined to %(to)s.", **_said(p)),
    "joinder.asked_split": lambda p: _(
        "It was asked that persons of %(number)s go on by themselves.", **_said(p)
    ),
    "joinder.refused": lambda p: _("Case %(number)s goes on as it was.", **_said(p)),
    "joinder.joined": lambda p: _("Case %(number)s was joined to %(to)s.", **_said(p)),
    "joinder.joined_here": lambda p: _("%(to)s was joined to case %(number)s.", **_said(p)),
    "joinder.split": lambda p: _("Persons of %(number)s go on in case %(to)s.", **_said(p)),
    "joinder.split_here": lambda p: _("Case %(number)s was split off from %(to)s.", **_said(p)),
    "handover.asked": lambda p: _("Case %(number)s: transfer to another body asked for.", **_said(p)),
    "handover.stays": lambda p: _("The case goes on here, as ordered; its limits run as before."),
    "handover.listed": lambda p: _("What is handed over was listed on %(day)s.", **_said(p)),
    "handover.received": lambda p: _("The other body signed for the case on %(day)s.", **_said(p)),
    "confiscation.ask": lambda p: _("It was proposed that a confiscation be asked for."),
    "confiscation.none": lambda p: _("It was found that no confiscation has to be asked for."),
    "confiscation.returned": lambda p: _("The person has appeared: no confiscation is asked for."),
    "confiscation.sent": lambda p: _("The procuratorate is asked to apply for confiscation."),
}


def _situation(params: Params) -> str:
    return codes.word("person_situations", params.get("situation"), lang())


REFUSALS: Mapping[str, Callable[[Params], str]] = {
    "died_before": lambda p: _("His death is recorded already, and he is decided on."),
    "expulsion_not_put": lambda p: _(
        "Nobody has put the expulsion of a Party member before the meeting: it cannot be decided on who is dead."
    ),
    "not_missing": lambda p: _("The person is not recorded as missing."),
    "still_missing": lambda p: _(
        "The person is still recorded as missing: enter first that he has appeared."
    ),
    "situation": lambda p: _(
        "The law does not allow this for a person who is: %(situation)s.", situation=_situation(p)
    ),
    "no_crime_suspected": lambda p: _(
        "Only in a case with a suspected crime: let the case type be widened first."
    ),
    "benefits_in_office": lambda p: _("Benefits are adjusted of retired persons only."),
    "not_investigated": lambda p: _(
        "Cases are joined and split while they are investigated: this one is not."
    ),
    "no_open_case": lambda p: _("The matter has no case that runs."),
    "split_some": lambda p: _(
        "Name some of the persons of the case, not all: %(numbers)s.", numbers=names.joined(p["numbers"])
    ),
    "supplement_twice": lambda p: _(
        "It was returned twice already: a supplementary investigation is possible twice (Supervision Law, "
        "article 54)."
    ),
}
