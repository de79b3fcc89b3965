"""Who died is not sanctioned: a conclusion, benefits adjusted, gains recovered, no announcement (政务处分法 27).

But the Party member who deserved expulsion is expelled, as the meeting holds and the Party committee approves; for
less than that a conclusion is written, too (纪律处分条例 38).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from handlers import codes, office
from handlers.cases import situations
from handlers.registers import ClueSubject, papers
from handlers.registers.numbers import next_number
from handlers.registers.papers import kinds
from handlers.registers.papers.facts import Subject, identity, word
from handlers.registers.papers.facts import day as written
from handlers.registers.record import Answers, clue_of, note, who
from handlers.sanctions import deciding
from handlers.sanctions.choosing import SANCTIONED, situation
from handlers.sanctions.executing import CARRYING_OUT
from handlers.sanctions.matter import (
    decision,
    expulsion_put,
    meeting,
    name,
    person_of,
    proposal,
    put_before,
)
from handlers.sanctions.model import Decision, Execution
from handlers.sanctions.weighing import EXPULSION
from workflows.errors import EngineFault, refused
from workflows.operations import Context, operation

PAPER, OUTCOME = "death_conclusion", "dead"


@operation("deaths.situation")
def situated(context: Context) -> dict[str, Any]:
    """Return the `situation` of the person, and whether a dead member's `expulsion` is `put` before the meeting."""
    person = person_of(context)
    now = situation(context, person).code
    put = now == situations.DEAD and expulsion_put(context.session, person)
    return {"situation": now, "expulsion": "put" if put else "none"}


@operation("deaths.known", use="prefill")
def known(context: Context) -> dict[str, Any]:
    """Return who it is about, and the facts as the review found them."""
    person = person_of(context)
    row = proposal(context.session, person.case_id, person.subject_id)
    said = {"person": name(context.session, person.subject_id), "facts": row.facts if row else ""}
    return {key: value for key, value in said.items() if value}


@operation("deaths.hold")
def hold(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Write down what the meeting held on a Party member who died: he is expelled, or deserved less (`held`).

    The expulsion is a draft until the Party committee has approved it. NotAllowed without a meeting, InvalidInput where
    no expulsion was put before it: nobody dead is heard, so nothing heavier is decided than was proposed.
    """
    office.require(context.actor, {"reviewer"})
    person, held = person_of(context), put_before(context)
    if situation(context, person).code != situations.DEAD:
        raise EngineFault("The person is not recorded as dead.", element=context.element_id)
    note(context, clue_of(context), f"death.held_{answers['held']}", number=person.person_no)
    if answers["held"] != "expel":
        return {"held": answers["held"]}
    if not expulsion_put(context.session, person):
        raise refused("held", "expulsion_not_put")
    given = {"outcome": SANCTIONED, "party": EXPULSION}
    row = deciding.drafted(context, person, {**answers, **given}, held)
    # The five years in which nobody is admitted again mean nothing here.
    row.posthumous, row.party_months, row.gains = True, None, _gains(answers)
    return {"held": "expel", **deciding.write_down(context, person, row, held)}


@operation("deaths.conclude")
def conclude(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Write the conclusion on a person who died: facts, benefits, gains; its paper takes the place of a decision."""
    office.require(context.actor, {"reviewer"})
    clue, person = clue_of(context), person_of(context)
    if situation(context, person).code != situations.DEAD:
        raise EngineFault("The person is not recorded as dead.", element=context.element_id)
    held = meeting(context.session, clue.id)
    benefits = answers.get("benefits_text") if answers["benefits"] == "adjust" else None
    row = Decision(
        number=next_number(context.session, "death", context.now),
        clue_id=clue.id,
        case_id=person.case_id,
        subject_id=person.subject_id,
        state="made",
        outcome=OUTCOME,
        facts=answers["facts"],
        basis=answers["basis"],
        benefits=benefits,
        gains=_gains(answers),
        meeting_no=held.number or "" if held else "",
        authority="commission",
        made_on=office.today(),
        recorded_by=who(context),
        recorded_at=context.now,
    )
    deciding.supersede(context, person, row)
    person.outcome, person.closed_at = OUTCOME, None if benefits else context.now
    context.session.flush()
    papers.issue(context, clue, PAPER, str(row.number))
    note(context, clue, "death.concluded", number=row.number)
    return {
        "decision_no": row.number,
        "adjust": "yes" if benefits else "no",
        "concluded_on": office.today().isoformat(),
        "unit": context.session.get_one(ClueSubject, person.subject_id).unit_code or "none",
    }


@operation("deaths.adjust")
def adjust(context: Context, *, answers: Answers) -> None:
    """Record that the benefits were adjusted (T28)."""
    office.require(context.actor, CARRYING_OUT)
    clue, person = clue_of(context), person_of(context)
    row = decision(context.session, person.case_id, person.subject_id)
    context.session.add(
        Execution(
            clue_id=clue.id,
            decision_id=row.id if row else None,
            act="benefits",
            done_on=date.fromisoformat(answers["done_on"]),
            remark=answers["changes"],
            recorded_by=who(context),
            recorded_at=context.now,
        )
    )
    person.closed_at = context.now
    note(context, clue, "death.benefits", number=row.number if row else "", day=answers["done_on"])


@operation("executions.died")
def died(context: Context) -> None:
    """End the execution on a person who died after his decision: nothing is announced to the dead."""
    person = person_of(context)
    person.closed_at = context.now
    note(context, clue_of(context), "execution.died", number=person.person_no)


def _gains(answers: Answers) -> str:
    return " ".join(
        filter(None, (codes.word("death_gains", answers["gains"], "zh"), answers.get("gains_text")))
    )


def _conclusion(on: Subject) -> dict[str, Any]:
    rows = select(Decision).where(
        Decision.clue_id == on.clue.id, Decision.outcome == OUTCOME, Decision.state == "made"
    )
    row = on.session.scalars(rows.order_by(Decision.id.desc()).limit(1)).first()
    if row is None:
        return {}
    return {
        **identity(on, row.subject_id),
        "facts": row.facts,
        "basis": row.basis,
        "benefits": row.benefits or "",
        "gains": row.gains or "",
        "outcome": word("case_outcomes", OUTCOME),
        "made_on": written(row.made_on),
    }


kinds.offer(PAPER, {**kinds.INWARD, "death": _conclusion})
