"""Lines of a matter's record that review, decision and execution leave, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _

from handlers import codes
from server.pages.names import joined, lang, person

Params = Mapping[str, Any]


def _outcome(params: Params) -> str:
    return codes.word("case_outcomes", params.get("outcome"), lang())


def _kind(params: Params) -> str:
    kind = str(params.get("kind") or "")
    return codes.word(
        "party_sanctions" if kind.startswith("PD") else "administrative_sanctions", kind, lang()
    )


EVENTS: Mapping[str, Callable[[Params], str]] = {
    "review.accept": lambda p: _("Case %(number)s accepted for review.", number=p["number"]),
    "review.postpone": lambda p: _(
        "Acceptance of case %(number)s postponed until its file is complete.", number=p["number"]
    ),
    "review.refuse": lambda p: _("Case %(number)s not accepted for review.", number=p["number"]),
    "review.completed": lambda p: _("The file for the review was completed."),
    "review.panel": lambda p: _("Panel: %(names)s.", names=joined(person(login) for login in p["logins"])),
    "review.found_report": lambda p: _("The panel finds the case clear: the report is written."),
    "review.found_evidence": lambda p: _("The panel wants evidence to be supplemented."),
    "review.found_new_facts": lambda p: _("The panel has found new facts."),
    "review.found_reinvestigate": lambda p: _("The panel finds the main facts unclear."),
    "review.found_worse": lambda p: _(
        "The panel finds it worse than shown: to be shown to the person again."
    ),
    "review.paused": lambda p: _("The clock of the review stands while the file is supplemented."),
    "review.supplemented": lambda p: _("The supplemented file was sent to the review."),
    "review.resumed": lambda p: _("The clock of the review runs again."),
    "review.shown_again": lambda p: _("Shown to the person again on %(day)s.", day=p["day"]),
    "review.talked": lambda p: _("Review talk held on %(day)s.", day=p["day"]),
    "review.reported": lambda p: _("Review report written on %(number)s.", number=p["number"]),
    "review.heard": lambda p: _(
        "%(number)s was told and heard on %(day)s.", number=p["number"], day=p["day"]
    ),
    "review.sent_back": lambda p: _("Case %(number)s goes back for re-investigation.", number=p["number"]),
    "sanction.put": lambda p: _("Case %(number)s put before the standing committee.", number=p["number"]),
    "sanction.asked": lambda p: _("Letters of consultation: %(numbers)s.", numbers=joined(p["numbers"])),
    "sanction.agreed": lambda p: _("%(number)s: no objection.", number=p["number"]),
    "sanction.objected": lambda p: _("%(number)s: an objection came.", number=p["number"]),
    "sanction.unanswered": lambda p: _("%(number)s: no reply in time.", number=p["number"]),
    "sanction.consulted": lambda p: _(
        "The organisation department and the unit were consulted on the meeting's opinion (%(number)s).",
        number=p["number"],
    ),
    "sanction.decided": lambda p: _(
        "%(number)s: %(what)s, as the meeting decided.", number=p["number"], what=_outcome(p)
    ),
    "sanction.committee_agree": lambda p: _("%(number)s: the Party committee approved.", number=p["number"]),
    "sanction.committee_return": lambda p: _(
        "%(number)s: the Party committee returned it.", number=p["number"]
    ),
    "sanction.committee_refuse": lambda p: _("%(number)s: the Party committee refused.", number=p["number"]),
    "sanction.made": lambda p: _(
        "Decision %(number)s was made: %(what)s.", number=p["number"], what=_outcome(p)
    ),
    "sanction.again": lambda p: _("Case %(number)s is reviewed again.", number=p["number"]),
    "sanction.ended": lambda p: _(
        "%(what)s: its effect ended by itself on %(day)s.", what=_kind(p), day=p["day"]
    ),
    "sanction.lengthened": lambda p: _("Probation lengthened until %(day)s.", day=p["day"]),
    "sanction.restored": lambda p: _("Rights of a Party member restored on %(day)s.", day=p["day"]),
    "rights.kept": lambda p: _("%(number)s: each right has its proof.", number=p["number"]),
    "execution.announced": lambda p: _(
        "Decision %(number)s announced on %(day)s, by two.", number=p["number"], day=p["day"]
    ),
    "execution.notified": lambda p: _(
        "Notice of execution of %(number)s sent on %(day)s.", number=p["number"], day=p["day"]
    ),
    "execution.executed": lambda p: _(
        "%(number)s: changes of post and pay made on %(day)s.", number=p["number"], day=p["day"]
    ),
    "execution.reported": lambda p: _(
        "%(number)s: execution reported on %(day)s.", number=p["number"], day=p["day"]
    ),
    "execution.checked": lambda p: _(
        "%(number)s: execution checked, person visited on %(day)s.", number=p["number"], day=p["day"]
    ),
    "execution.property": lambda p: _("Property settled on %(day)s.", day=p["day"]),
}
