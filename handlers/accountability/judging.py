"""d1 and G-d1: whether the leadership behind a case, its supervisors or its handlers are looked at, too (domain §3d).

Reasons are recorded always. Who is filed already is handled inside that case: nothing separate is started against him
(问责条例 9), and the register of cases says who is.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import codes, office
from handlers.accountability import owners
from handlers.accountability.model import DualJudgement, DutyOwner
from handlers.accountability.papering import issue
from handlers.cases import Case
from handlers.cases.matter import open_case
from handlers.registers import DUTY, Clue, ClueSubject
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, clue_of, note, sign, who
from workflows.errors import EngineFault, refused
from workflows.operations import Context, operation

STEP = "dual_judgement"
REPEATED = "repeated"
ABSENT = "absent"


@operation("dual.judge")
def judge(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Keep the judgment with those who answer; InvalidInput where the register of cases says otherwise."""
    clue = clue_of(context)
    given = answers.get("owners") or []
    unit = answers["unit"].strip()
    _check(context.session, answers, given, unit)
    row = DualJudgement(
        number=next_number(context.session, "judgement", context.now),
        clue_id=clue.id,
        case_id=case.id if (case := open_case(context.session, clue)) else None,
        instance_id=context.instance_id,
        point=context.variables.get("point") or "investigation",
        trigger=answers["trigger"],
        dual_type=answers["dual_type"],
        unit=unit,
        unit_code=_unit_code(context.session, clue, unit),
        proposal=answers["proposal"],
        reasons=answers["reasons"],
        recorded_by=who(context),
        recorded_at=context.now,
    )
    context.session.add(row)
    context.session.flush()
    for one in given:
        owners.enter(context.session, row, one)
    sign(context, clue, STEP, "proposed", answers["reasons"], {"proposal": row.proposal})
    note(context, clue, "dual.judged", number=row.number, result=row.proposal)
    issue(context, clue, "dual_judgement_form", row.number)
    return {"judgement_no": row.number}


@operation("dual.conclude")
def conclude(context: Context) -> dict[str, Any]:
    """Let what was approved hold: `dual` is none, inside or start; the cases that persons are filed in are told."""
    clue, row = clue_of(context), _of_process(context)
    row.result, row.decided_at = row.proposal, context.now
    issue(context, clue, "dual_judgement_form", row.number)
    note(context, clue, "dual.decided", number=row.number, result=row.result)
    for case in _filed_in(context.session, row):
        other = context.session.get_one(Clue, case.clue_id)
        note(context, other, "dual.inside", number=row.number, case=case.case_no)
    return {"dual": row.result, "judgement_no": row.number}


@operation("dual.known", use="prefill")
def known(context: Context) -> dict[str, Any]:
    """Return the unit that the matter is about, and the trigger that the register proposes."""
    clue = clue_of(context)
    about = select(ClueSubject).where(ClueSubject.clue_id == clue.id, ClueSubject.kind != DUTY)
    subject = context.session.scalars(about.order_by(ClueSubject.id).limit(1)).first()
    if subject is None:
        return {}
    often = subject.unit_code and _often(context.session, subject.unit_code)
    return {"unit": subject.unit or subject.name, **({"trigger": REPEATED} if often else {})}


def _check(session: Session, answers: Answers, given: list[Any], unit: str) -> None:
    proposal = answers["proposal"]
    if answers["trigger"] == ABSENT and proposal != "none":
        raise refused("trigger", "dual_trigger")
    if proposal == "none":
        return
    if not given:
        raise refused("owners", "required")
    filed = [one["object"] == owners.PERSON and owners.filed(session, one["name"], unit) for one in given]
    if proposal == "start" and all(filed):
        raise refused("proposal", "all_filed")
    if proposal == "inside" and not all(filed):
        raise refused("proposal", "not_filed")


def _often(session: Session, unit_code: str) -> bool:
    row = next(row for row in codes.rows("dual_triggers") if row["code"] == REPEATED)
    return owners.cases_of_unit(session, unit_code, months=int(row["months"])) >= int(row["cases"])


def _unit_code(session: Session, clue: Clue, unit: str) -> str | None:
    """Return the code of a unit: as the register has it, else as it was found for somebody of this matter."""
    known = office.named(session, unit)
    about = select(ClueSubject.unit_code).where(ClueSubject.clue_id == clue.id, ClueSubject.unit == unit)
    return known.code if known else session.scalars(about.limit(1)).first()


def _filed_in(session: Session, row: DualJudgement) -> list[Case]:
    cases = select(Case).join(DutyOwner, DutyOwner.filed_case_id == Case.id)
    return list(session.scalars(cases.where(DutyOwner.judgement_id == row.id).distinct()))


def _of_process(context: Context) -> DualJudgement:
    """Return the last judgment of this process: what was returned stays beside what was judged anew."""
    rows = select(DualJudgement).where(DualJudgement.instance_id == context.instance_id)
    row = context.session.scalars(rows.order_by(DualJudgement.number.desc()).limit(1)).first()
    if row is None:
        raise EngineFault("Nothing was judged in this process.", element=context.element_id)
    return row
