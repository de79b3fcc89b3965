"""Carrying out a decision: announced by two, served, posts changed, reported, property, checked (c15–c17)."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from handlers import office
from handlers.cases import CasePerson
from handlers.cases.matter import case_of
from handlers.registers import ClueSubject, Service, papers
from handlers.registers.record import Answers, clue_of, keep_files, note, who
from handlers.sanctions.choosing import TRANSFERRED
from handlers.sanctions.matter import decision, name, organisation_units, person_of
from handlers.sanctions.model import Decision, Execution
from workflows.errors import EngineFault, NotAllowed, refused
from workflows.operations import Context, operation

CARRYING_OUT = frozenset({"unit_head", "organisation_department"})
NOTICE = "execution_notice"


@operation("executions.begin")
def begin(context: Context) -> dict[str, Any]:
    """Return to whom a decision has to be announced, who is handed to the procuratorate, and since when (T27)."""
    case = case_of(context)
    rows = select(Decision.subject_id).where(
        Decision.case_id == case.id, Decision.state == "made", Decision.outcome != "dead"
    )
    given = or_(Decision.party.is_not(None), Decision.administrative.is_not(None))
    told = rows.where(or_(Decision.outcome == "exempted", given, Decision.benefits.is_not(None)))
    handed = rows.where(Decision.outcome == TRANSFERRED)
    return {
        "subject_ids": list(context.session.scalars(told.order_by(Decision.id))),
        "to_prosecute": list(context.session.scalars(handed.order_by(Decision.id))),
        "property_from": context.now.isoformat(),
    }


@operation("executions.open")
def take_up(context: Context) -> dict[str, Any]:
    """Return what the steps on one person need to know: when and by what number it was decided, who carries it out."""
    row = _made(context)
    subject = context.session.get_one(ClueSubject, row.subject_id)
    return {
        "decision_no": row.number,
        "decided_on": (row.party_effective_on or _day(row.made_on)).isoformat(),
        "sanctioned": "yes" if row.party or row.administrative or row.benefits else "no",
        "unit": subject.unit_code or "none",
        "posthumous": "yes" if row.posthumous else "no",
    }


@operation("executions.person", use="prefill")
def person(context: Context) -> dict[str, Any]:
    """Return who it is about, and the number of the decision."""
    row = _made(context)
    return {"person": name(context.session, row.subject_id), "decision_no": row.number}


@operation("executions.announce")
def announce(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Record that the decision was announced to the person, by two (政务处分法 42); the other one signs, too."""
    office.require(context.actor, {"reviewer"})
    row, other = _made(context), answers["second_staff"]
    if other == who(context):
        raise refused("second_staff", "one_person")
    announced = date.fromisoformat(answers["announced_on"])
    if announced < _day(row.made_on):
        raise refused("announced_on", "earliest", earliest=_day(row.made_on).isoformat())
    _keep(context, row, "announced", announced, answers["said"], answers["scope"], second=other)
    return {"signers": [other], "announcers": [who(context), other], "announced_on": answers["announced_on"]}


@operation("executions.announced")
def announced(context: Context) -> None:
    """Let the announcement stand: both have signed it."""
    row = _made(context)
    row.announced_on = date.fromisoformat(context.variables["announced_on"])
    papers.issue(context, clue_of(context), "announcement_record", str(row.number))
    note(
        context,
        clue_of(context),
        "execution.announced",
        number=row.number,
        day=context.variables["announced_on"],
    )


@operation("executions.notify")
def notify(context: Context, *, answers: Answers) -> None:
    """Send the notice of execution to the unit and the organisation department; NotAllowed before the announcement.

    Who was dead when it was decided is told nothing.
    """
    office.require(context.actor, {"reviewer"})
    row, clue = _made(context), clue_of(context)
    if row.announced_on is None and not row.posthumous:
        raise NotAllowed("The decision has not been announced.", code="not_announced")
    for unit_code in _executors(context.session, row):
        context.session.add(
            Service(
                clue_id=clue.id,
                subject_id=row.subject_id,
                unit_code=unit_code,
                kind=NOTICE,
                paper_no=row.number,
                recipient=unit_code,
                served_on=date.fromisoformat(answers["served_on"]),
                method=answers["method"],
                received_by="unit",
                recorded_by=who(context),
                recorded_at=context.now,
            )
        )
    _keep(context, row, "notified", date.fromisoformat(answers["served_on"]), answers.get("remark") or "")


@operation("executions.carry_out")
def carry_out(context: Context, *, answers: Answers) -> None:
    """Record that post, pay and the like were changed and the decision put on file (T28; 政务处分法 54)."""
    office.require(context.actor, CARRYING_OUT)
    row = _made(context)
    _keep(context, row, "executed", date.fromisoformat(answers["done_on"]), answers["changes"])
    keep_files(context, clue_of(context), answers.get("files"), "execution_proof", "files")


@operation("executions.report")
def report(context: Context, *, answers: Answers) -> None:
    """Report how the decision was carried out (T29)."""
    office.require(context.actor, CARRYING_OUT)
    row = _made(context)
    _keep(context, row, "reported", date.fromisoformat(answers["reported_on"]), answers["report"])
    keep_files(context, clue_of(context), answers.get("files"), "execution_report", "files")


@operation("executions.check")
def check(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Check the execution and visit the person; what is not carried out goes back (c17; 党员权利保障条例 36)."""
    office.require(context.actor, {"reviewer"})
    row, result = _made(context), answers["checked"]
    text = f"{answers['found']}\n{answers['visit']}"
    _keep(context, row, "checked", date.fromisoformat(answers["visited_on"]), text, result)
    if result == "done" and row.outcome != TRANSFERRED:
        person = context.session.get_one(CasePerson, (row.case_id, row.subject_id))
        person.closed_at = context.now
    return {"checked": result}


@operation("executions.property")
def dispose(context: Context, *, answers: Answers) -> None:
    """Record how the property of the case was disposed of, or that there was none (T30)."""
    office.require(context.actor, {"handler", "office_head"})
    clue, done_on = clue_of(context), date.fromisoformat(answers["done_on"])
    context.session.add(
        Execution(
            clue_id=clue.id,
            act="property",
            done_on=done_on,
            result=answers["property"],
            remark=answers.get("remark") or "",
            recorded_by=who(context),
            recorded_at=context.now,
        )
    )
    note(context, clue, "execution.property", day=answers["done_on"])


def _keep(
    context: Context,
    row: Decision,
    act: str,
    done_on: date,
    remark: str,
    result: str = "",
    *,
    second: str | None = None,
) -> None:
    context.session.add(
        Execution(
            clue_id=row.clue_id,
            decision_id=row.id,
            act=act,
            done_on=done_on,
            result=result,
            remark=remark,
            recorded_by=who(context),
            second_by=second,
            recorded_at=context.now,
        )
    )
    if act != "announced":
        note(context, clue_of(context), f"execution.{act}", number=row.number, day=done_on.isoformat())


def _made(context: Context) -> Decision:
    """Return the decision in force on the person that the step is about."""
    person = person_of(context)
    row = decision(context.session, person.case_id, person.subject_id)
    if row is None or row.state != "made":
        raise EngineFault("Nothing is decided on this person.", element=context.element_id)
    return row


def _executors(session: Session, row: Decision) -> list[str]:
    """Return the units that carry a decision out: the person's own, and those of the organisation department."""
    own = session.get_one(ClueSubject, row.subject_id).unit_code
    return sorted(filter(None, {own, *organisation_units(session)}))


def _day(day: date | None) -> date:
    assert day is not None
    return day
