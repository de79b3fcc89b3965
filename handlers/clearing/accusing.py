"""False accusation (诬告陷害): only after a finding of untrue, found so at city level or above (检举控告规则).

Nothing here says who reported: that stands in the vault, and only an unsealing opens it.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import office
from handlers.clearing import eligibility
from handlers.clearing.beginning import named, of_clue, team
from handlers.clearing.model import FalseAccusation
from handlers.office import Unit
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, clue_of, keep_files, note
from workflows.errors import EngineFault, refused
from workflows.operations import Context, Recorded, operation

ABOUT = "false_accusation"
#: Kinds of units below the city: their commissions ask the one above.
BELOW = ("county", "town")


@operation("accusations.raise_in")
def raise_in(context: Context, *, answers: Answers) -> Recorded:
    """Take in signs of fabrication in a matter in which nothing but untrue was found."""
    session, clue = context.session, named(context, answers["number"])
    against = {eligibility.against(session, one.id) for one in of_clue(session, clue)}
    if against != {None}:
        raise refused("number", "not_untrue")
    row = FalseAccusation(
        number=next_number(session, "false_accusation", context.now),
        clue_id=clue.id,
        instance_id=context.instance_id,
        signs=list(answers["signs"]),
        raised_on=date.fromisoformat(answers["raised_on"]),
        reason=answers["reason"],
    )
    session.add(row)
    session.flush()
    known = {**team(session, clue), "about": ABOUT, "competent": "yes" if is_competent(session) else "no"}
    return Recorded(variables=known, scope_id=clue.scope_id, business_key=clue.transfer_no)


def is_competent(session: Session) -> bool:
    """Return whether the office is of city level or above: by the unit that its commission stands under."""
    units = {unit.code: unit for unit in office.tree(session)}
    commission = next((unit for unit in units.values() if unit.kind == "commission"), None)
    return commission is not None and not any(unit.kind in BELOW for unit in _above(commission, units))


@operation("accusations.assess")
def assess(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Say whether the report was mistaken or fabricated; a mistake is met with education and nothing else."""
    row = _of_process(context)
    row.judgement, row.basis = answers["judgement"], answers["basis"]
    keep_files(context, clue_of(context), answers.get("evidence"), "other", "evidence")
    note(context, clue_of(context), f"accusation.{row.judgement}", number=row.number)
    return {"judgement": row.judgement}


@operation("accusations.educate")
def educate(context: Context, *, answers: Answers) -> None:
    """Record that who was mistaken was talked to, by who may know him."""
    row = _of_process(context)
    row.consequence, row.carried_out_on = "education", date.fromisoformat(answers["carried_out_on"])


@operation("accusations.decided_above")
def decided_above(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Enter what a city-level or higher body has found; its decision has a number."""
    row = _of_process(context)
    row.document_no, row.decided_on = answers["document_no"], date.fromisoformat(answers["decided_on"])
    return {"decision": answers["decision"]}


@operation("accusations.decide")
def decide(context: Context) -> None:
    """Keep the decision, and by whom it was made."""
    row = _of_process(context)
    row.decision = context.variables["decision"]
    row.determined_by = "UP" if row.document_no else "A4"
    row.decided_on = row.decided_on or office.today()
    note(context, clue_of(context), f"accusation.decided_{row.decision}", number=row.number)


@operation("accusations.conclude")
def conclude(context: Context, *, answers: Answers) -> None:
    """Record the sanction or the hand-over to the police, and which gains were withdrawn."""
    row = _of_process(context)
    row.consequence, row.gains = answers["consequence"], answers["gains"]
    row.carried_out_on = date.fromisoformat(answers["carried_out_on"])
    note(context, clue_of(context), "accusation.concluded", number=row.number)


def _above(unit: Unit, units: dict[str, Unit]) -> list[Unit]:
    return [units[code] for code in unit.path.split("/") if code in units and code != unit.code]


def _of_process(context: Context) -> FalseAccusation:
    row = context.session.scalar(
        select(FalseAccusation).where(FalseAccusation.instance_id == context.instance_id)
    )
    if row is None:
        raise EngineFault("The process is about no accusation.", element=context.element_id)
    return row
