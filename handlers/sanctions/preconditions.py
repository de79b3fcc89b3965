"""What must hold before a sanction is decided (G-c3): each refusal names the field and the rule (domain §2.3, §3c)."""

from __future__ import annotations

from datetime import date

from handlers.cases import CasePerson, Concerned
from handlers.sanctions import choosing
from handlers.sanctions.matter import concerned, hearing
from handlers.sanctions.model import Decision
from handlers.sanctions.weighing import REMOVAL, SERIOUS_WARNING, heavier
from workflows.errors import refused
from workflows.operations import Context

#: What a member of a village's self-governing body may get (政务处分法 22).
VILLAGE = frozenset({"AD1", "AD2", "AD3"})
#: What a person elected or appointed by a people's congress gets only after he was removed there (政务处分法 50).
AFTER_CONGRESS = frozenset({"AD5", "AD6"})
#: With these a sanction may be given: who is handed to the procuratorate may be sanctioned besides.
WITH_SANCTION = frozenset({"sanctioned", "transferred"})


def check_kinds(
    context: Context, person: CasePerson, outcome: str, party: str | None, administrative: str | None
) -> None:
    """Refuse sanctions that do not fit the outcome, or that this person cannot get at all."""
    given = bool(party or administrative)
    if outcome == "sanctioned" and not given:
        raise refused("party", "sanction_missing")
    if outcome not in WITH_SANCTION and given:
        raise refused("outcome", "sanction_given")
    choosing.check(context, person, outcome, party, administrative)
    known = concerned(context.session, person) or Concerned()
    if party and known.party_member is False:
        raise refused("party", "no_party_member")
    if party == REMOVAL and known.party_post is False:
        raise refused("party", "no_party_post")
    if administrative and known.village_cadre and administrative not in VILLAGE:
        raise refused("administrative", "village_cadre")


def check(context: Context, person: CasePerson, row: Decision, *, earliest: date) -> None:
    """Refuse a decision whose conditions do not hold; `earliest` is the day of the sanction meeting."""
    check_kinds(context, person, row.outcome, row.party, row.administrative)
    if row.benefits and not choosing.situation(context, person).benefits:
        raise refused("benefits", "benefits_in_office")
    known = concerned(context.session, person) or Concerned()
    if row.instead_of_removal and (row.party != SERIOUS_WARNING or known.party_post):
        raise refused("instead_of_removal", "instead_of_removal")
    if row.party and not row.branch_on and not row.branch_special:
        raise refused("branch_on", "branch_missing")
    if row.branch_on and row.branch_on > earliest:
        # The branch's resolution comes first (批准权限和程序规定).
        raise refused("branch_on", "latest", latest=earliest.isoformat())
    if row.administrative in AFTER_CONGRESS and known.congress_post and not row.congress_removed_on:
        raise refused("congress_removed_on", "congress_post")
    _not_aggravated(context, person, row)


def _not_aggravated(context: Context, person: CasePerson, row: Decision) -> None:
    """Refuse a sanction heavier than the one that was told: nobody gets more for defending himself (政务处分法 43)."""
    told = hearing(context.session, person.case_id, person.subject_id)
    if row.administrative and told is None:
        raise refused("administrative", "not_heard")
    if told is None:
        return
    for field in ("party", "administrative"):
        if heavier(getattr(row, field), getattr(told, field)):
            raise refused(field, "aggravated")
