"""Clearing, tolerance and false accusation in the reader's language: lines of a matter's record, refusals of forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _

from handlers import codes
from server.pages.names import lang

Params = Mapping[str, Any]


def _word(table: str, params: Params, name: str) -> str:
    return codes.word(table, params.get(name), lang())


EVENTS: Mapping[str, Callable[[Params], str]] = {
    "clarification.begun": lambda p: _("A clearing is begun (%(number)s).", number=p["number"]),
    "clarification.refused": lambda p: _(
        "Not to be cleared (%(number)s): %(reason)s.",
        number=p["number"],
        reason=_word("clarification_refusals", p, "reason"),
    ),
    "clarification.postponed": lambda p: _("The clearing is put off (%(number)s).", number=p["number"]),
    "clarification.silent": lambda p: _(
        "No consent: filed without clearing (%(number)s).", number=p["number"]
    ),
    "clarification.returned": lambda p: _(
        "The text was sent back to be changed (%(number)s).", number=p["number"]
    ),
    "clarification.planning": lambda p: _("The plan was sent back (%(number)s).", number=p["number"]),
    "clarification.approved": lambda p: _("The clearing is approved (%(number)s).", number=p["number"]),
    "clarification.not_approved": lambda p: _(
        "The clearing is not approved (%(number)s).", number=p["number"]
    ),
    "clarification.done": lambda p: _(
        "Cleared on %(day)s, the letter is made (%(number)s).", day=p["day"], number=p["number"]
    ),
    "clarification.carried_out": lambda p: _(
        "Organisation department and integrity archive were told (%(number)s).", number=p["number"]
    ),
    "clarification.visited": lambda p: _(
        "Return visit on %(day)s (%(number)s).", day=p["day"], number=p["number"]
    ),
    "clarification.retaliation_none": lambda p: _("No retaliation found (%(number)s).", number=p["number"]),
    "clarification.retaliation_signs": lambda p: _(
        "Signs of retaliation: told to the leader in charge (%(number)s).", number=p["number"]
    ),
    "tolerance.decided": lambda p: _(
        "Tolerance: %(outcome)s (%(number)s).",
        outcome=_word("tolerance_outcomes", p, "outcome"),
        number=p["number"],
    ),
    "tolerance.told": lambda p: _(
        "The outcome on tolerance was told on %(day)s (%(number)s).", day=p["day"], number=p["number"]
    ),
    "accusation.mistaken": lambda p: _("The report was a mistake (%(number)s).", number=p["number"]),
    "accusation.fabricated": lambda p: _(
        "A finding on a false accusation is asked for (%(number)s).", number=p["number"]
    ),
    "accusation.decided_agree": lambda p: _("Found a false accusation (%(number)s).", number=p["number"]),
    "accusation.decided_refuse": lambda p: _(
        "Not found a false accusation (%(number)s).", number=p["number"]
    ),
    "accusation.decided_return": lambda p: _(
        "Not found a false accusation (%(number)s).", number=p["number"]
    ),
    "accusation.concluded": lambda p: _(
        "The false accusation was dealt with (%(number)s).", number=p["number"]
    ),
}
#: What is wrong with a field, by its code.
REFUSALS: Mapping[str, Callable[[Params], str]] = {
    "clearing_nobody": lambda p: _("The matter names nobody who could be cleared."),
    "clearing_known": lambda p: _("A clearing of this person is under way already."),
    "clearing_true": lambda p: _("Something was found true: the person is not cleared."),
    "clearing_unproven": lambda p: _(
        "A finding is “unproven”: it cannot be excluded and is not “untrue”. The person is not cleared."
    ),
    "clearing_no_finding": lambda p: _("The register has no finding of “untrue” about this person."),
    "clearing_dead": lambda p: _("The person is dead: the family is asked."),
    "others_open": lambda p: _(
        "The register has open clues about the same person: %(numbers)s. Say why they do not count, or put it off.",
        numbers=p["numbers"],
    ),
    "written_too": lambda p: _(
        "Face to face, at a meeting or by circular always goes together with a letter."
    ),
    "no_public_consent": lambda p: _("The person has not consented to be cleared in public."),
    "names_reporter": lambda p: _(
        "The text bears a mark of the reporter; it is masked here where it stands. Send it back to be changed."
    ),
    "seven_criteria": lambda p: _("Score each of the seven criteria once."),
    "hard_stop": lambda p: _("With a hard stop there is no tolerance: propose to refuse it."),
    "no_ground": lambda p: _("Name the ground on which there is tolerance."),
    "filing_number": lambda p: _(
        "There is no receipt of a prior filing with this number: %(number)s.", number=p["number"]
    ),
    "not_untrue": lambda p: _(
        "Only where nothing but “untrue” was found may a false accusation be examined."
    ),
}
