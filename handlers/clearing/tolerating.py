"""Determination on tolerance (容错认定): seven criteria with evidence, hard stops, decided collectively (问责条例 17)."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import codes, office
from handlers.clearing import filing
from handlers.clearing.beginning import logins, named, of_clue, team
from handlers.clearing.model import Tolerance, ToleranceCriterion
from handlers.registers import papers
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, clue_of, note
from workflows.errors import EngineFault, refused
from workflows.operations import Context, Recorded, operation

ABOUT = "tolerance"
#: Who keeps the record of the meeting.
RECORDERS = "case_supervision"


@operation("tolerance.raise_in")
def raise_in(context: Context, *, answers: Answers) -> Recorded:
    """Take in that somebody asks for tolerance in a matter; a prior filing is named by its receipt."""
    session, clue = context.session, named(context, answers["number"])
    if not of_clue(session, clue):
        raise refused("number", "clearing_nobody")
    earlier = filing.received(session, answers["filing_no"]) if answers.get("filing_no") else None
    row = Tolerance(
        number=next_number(session, "tolerance", context.now),
        clue_id=clue.id,
        instance_id=context.instance_id,
        filing_id=earlier.id if earlier else None,
        raised_by=answers["raised_by"],
        raised_on=date.fromisoformat(answers["raised_on"]),
        reason=answers["reason"],
    )
    session.add(row)
    session.flush()
    known = {**team(session, clue), "about": ABOUT, "recorders": logins(session, RECORDERS)}
    return Recorded(variables=known, scope_id=clue.scope_id, business_key=clue.transfer_no)


@operation("tolerance.assessed", use="prefill")
def assessed(context: Context) -> dict[str, Any]:
    """Return what was scored before, else the seven criteria to be scored."""
    row = _of_process(context)
    if row.conclusion:
        scored = last_scores(context.session, row)
        lines = {one.criterion: {"score": one.score, "evidence": one.evidence} for one in scored}
        known = {"grounds": row.grounds, "conclusion": row.conclusion, "proposed": row.proposed}
    else:
        lines, known = {}, {}
    subjects = of_clue(context.session, clue_of(context))
    criteria = [{"criterion": code, **lines.get(code, {})} for code in _criteria()]
    return {"subject": str(row.subject_id or subjects[0].id), "criteria": criteria, **known}


@operation("tolerance.assess")
def assess(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Score each criterion once, with its evidence; any hard stop refuses at once, whatever is proposed."""
    row = _of_process(context)
    counted = Counter(line["criterion"] for line in answers["criteria"])
    if set(counted) != set(_criteria()) or max(counted.values()) > 1:
        raise refused("criteria", "seven_criteria")
    row.subject_id, row.conclusion = int(answers["subject"]), answers["conclusion"]
    row.grounds, row.hard_stops = list(answers.get("grounds") or ()), list(answers.get("hard_stops") or ())
    row.proposed = answers["proposed"]
    if row.hard_stops and row.proposed != "refused":
        raise refused("proposed", "hard_stop")
    if row.proposed != "refused" and not row.grounds:
        raise refused("grounds", "no_ground")
    _score(context, row, answers)
    return {"hard_stop": "yes" if row.hard_stops else "no"}


@operation("tolerance.decide")
def decide(context: Context) -> None:
    """Record the outcome: what was proposed where the meeting agreed, refused where it did not or must not be asked."""
    row = _of_process(context)
    agreed = not row.hard_stops and context.variables.get("decision_meeting") == "agree"
    row.outcome = row.proposed if agreed else "refused"
    row.decided_on = office.today()
    row.meeting_no = None if row.hard_stops else context.variables.get("meeting_no")
    note(context, clue_of(context), "tolerance.decided", number=row.number, outcome=row.outcome)


@operation("tolerance.tell")
def tell(context: Context, *, answers: Answers) -> None:
    """Record who was told, make the paper (容错认定书), and keep what is put right."""
    clue, row = clue_of(context), _of_process(context)
    for day in ("person_told_on", "unit_told_on", "copied_on"):
        setattr(row, day, date.fromisoformat(answers[day]))
    row.correction = answers["correction"]
    papers.issue(context, clue, "tolerance_decision", row.number)
    note(context, clue, "tolerance.told", number=row.number, day=answers["person_told_on"])


def last_scores(session: Session, row: Tolerance) -> list[ToleranceCriterion]:
    """Return how the criteria were scored last."""
    own = select(ToleranceCriterion).where(ToleranceCriterion.tolerance_id == row.id)
    scores = list(session.scalars(own.order_by(ToleranceCriterion.round)))
    return [one for one in scores if one.round == scores[-1].round]


def _score(context: Context, row: Tolerance, answers: Answers) -> None:
    """Keep the scores beside those of an earlier proposal that was sent back."""
    last = max((one.round for one in last_scores(context.session, row)), default=0)
    context.session.add_all(
        ToleranceCriterion(tolerance_id=row.id, round=last + 1, clue_id=row.clue_id, **line)
        for line in answers["criteria"]
    )


def _criteria() -> list[str]:
    return [line["code"] for line in codes.rows("tolerance_criteria")]


def _of_process(context: Context) -> Tolerance:
    row = context.session.scalar(select(Tolerance).where(Tolerance.instance_id == context.instance_id))
    if row is None:
        raise EngineFault("The process determines no tolerance.", element=context.element_id)
    return row
