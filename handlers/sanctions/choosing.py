"""What may be proposed and decided for a person, by his situation: the choices of the forms and their refusals."""

from __future__ import annotations

from handlers import codes, office
from handlers.cases import Case, CasePerson, Concerned, situations
from handlers.cases.situations import Situation
from handlers.sanctions.matter import concerned, person_of
from workflows.errors import refused
from workflows.forms import Option, Options
from workflows.operations import Context, operation

#: What needs a case type in which a crime is suspected (`codes/case_types.csv`).
TRANSFERRED, STRUCK_OFF, CRIME = "transferred", "struck_off", "CT4"
SANCTIONED = "sanctioned"


@operation("sanctions.choices", use="options")
def choices(context: Context) -> Options:
    """Return what the person's situation leaves: `person_outcomes`, `person_party`, `person_administrative`."""
    now = situation(context, person_of(context))
    return {
        "person_outcomes": _options("case_outcomes", now.outcomes),
        "person_party": _options("party_sanctions", now.party),
        "person_administrative": _options("administrative_sanctions", now.administrative),
    }


def situation(context: Context, person: CasePerson) -> Situation:
    """Return the situation of a person today."""
    return situations.of(concerned(context.session, person), office.today())


def words(context: Context, person: CasePerson) -> str:
    """Return his situation in a line for forms, with the rule; empty for who is in office."""
    now = situation(context, person)
    row = next(row for row in codes.rows(situations.TABLE) if row["code"] == now.code)
    return "" if now.code == situations.LIVING else f"{row['zh']}（{row['source']}）"


def check(
    context: Context, person: CasePerson, outcome: str, party: str | None, administrative: str | None
) -> None:
    """Refuse what the person's situation, or the type of his case, does not let be decided."""
    now = situation(context, person)
    for field, given, allowed in (
        ("outcome", outcome, now.outcomes),
        ("party", party, now.party),
        ("administrative", administrative, now.administrative),
    ):
        if given and given not in allowed:
            raise refused(field, "situation", situation=now.code)
    known = concerned(context.session, person) or Concerned()
    if party and now.code == situations.DEAD and not known.party_member:
        raise refused("party", "no_party_member")
    if outcome == STRUCK_OFF and known.party_member is False:
        raise refused("outcome", "no_party_member")
    if outcome == TRANSFERRED and context.session.get_one(Case, person.case_id).case_type != CRIME:
        raise refused("outcome", "no_crime_suspected")


def _options(table: str, allowed: frozenset[str]) -> list[Option]:
    rows = (row for row in codes.rows(table) if row["code"] in allowed)
    return [Option(row["code"], row["zh"], row["en"]) for row in rows]
