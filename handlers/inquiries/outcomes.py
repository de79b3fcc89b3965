"""The report of an inquiry (b4), a finding per allegation, and what follows from it (G-b2)."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handlers import office
from handlers.cases import Allegation
from handlers.inquiries import measures
from handlers.inquiries.letters import TURNS, last_letters
from handlers.inquiries.model import Inquiry
from handlers.inquiries.planning import count, current, subjects
from handlers.registers import Clue, papers, resolving
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, clue_of, move, note, sign, who
from workflows.errors import refused
from workflows.operations import Context, operation

#: There is one more inquiry into a clue at most; what is unclear then is verified.
INQUIRIES = 2
STAGE = "inquiry"
#: The findings that an outcome goes with: what is true is neither accepted nor asked again.
FITS = {
    "accept": {"untrue", "unproven"},
    "first_form": {"true", "partly", "untrue", "unproven"},
    "again": {"partly", "unproven"},
    "verification": {"true", "partly", "unproven"},
}


@operation("inquiries.report")
def report(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Record the report (情况报告): each allegation with its finding, and what is proposed (规则 30)."""
    clue, session = clue_of(context), context.session
    row = current(context, clue)
    _check(context, clue, row, answers)
    first = _number(session, clue)
    asked = {str(one.id): one for one in subjects(session, row)}
    for number, one in enumerate(answers["allegations"], first):
        if one["subject"] not in asked:
            raise refused("allegations", "not_asked")
        session.add(
            Allegation(
                clue_id=clue.id,
                subject_id=int(one["subject"]),
                number=number,
                category=one["category"],
                text=one["text"],
                stage=STAGE,
                finding=one["finding"],
                basis=one["basis"],
                recorded_by=who(context),
                recorded_at=context.now,
            )
        )
    row.facts_found, row.assessment = answers["facts_found"], answers["assessment"]
    row.outcome, row.state = answers["proposal"], "reported"
    detail = {"measure": answers.get("measure"), "number": row.number}
    sign(context, clue, "inquiry_result", row.outcome, row.assessment, detail)
    session.flush()
    papers.issue(context, clue, "inquiry_report", row.number)
    note(context, clue, "inquiry.reported", number=row.number, outcome=row.outcome)
    findings = {one["finding"] for one in answers["allegations"]}
    return {
        "proposal": row.outcome,
        "measure": answers.get("measure") or "",
        "untrue": "yes" if findings == {"untrue"} else "no",
        "about_result": "first_form" if row.outcome == "first_form" else "inquiry_result",
    }


@operation("inquiries.last_report", use="prefill")
def last_report(context: Context) -> dict[str, Any]:
    """Return the report as it was, for who has to change it; else the facts as they were registered."""
    clue = clue_of(context)
    row = current(context, clue)
    if row.outcome is None:
        return {}
    return {"facts_found": row.facts_found, "assessment": row.assessment, "proposal": row.outcome}


@operation("inquiries.accept")
def accept(context: Context) -> dict[str, Any]:
    """Accept what was said and close: each is told by a letter of his own, a must (采信反馈函)."""
    clue = clue_of(context)
    row = current(context, clue)
    _end(context, clue, row)
    acceptances = []
    for subject in subjects(context.session, row):
        number = next_number(context.session, "acceptance", context.now)
        papers.issue(context, clue, "acceptance_letter", number, about=subject.id)
        note(context, clue, "inquiry.accepted", number=number)
        acceptances.append({"number": number, "subject_id": subject.id})
    resolving.settle(context, clue, "accepted")
    # Diagrams of before letters to several serve the first.
    return {"acceptances": acceptances, "acceptance_no": acceptances[0]["number"]}


@operation("inquiries.first_form")
def first_form(context: Context) -> dict[str, Any]:
    """Let the approved first-form measure be carried out on whom it was proposed for (处置类型 FM01 …)."""
    clue = clue_of(context)
    row = current(context, clue)
    measure = str(context.variables["measure"])
    numbers = [
        measures.decide(context, clue, subject.id, measure).number
        for subject in subjects(context.session, row)
    ]
    _end(context, clue, row)
    resolving.settle(context, clue, "first_form")
    return {"measure_nos": numbers}


@operation("inquiries.again")
def again(context: Context) -> dict[str, Any]:
    """Begin a second inquiry; the first one is over."""
    clue = clue_of(context)
    row = current(context, clue)
    _end(context, clue, row)
    note(context, clue, "inquiry.again", number=row.number)
    return {}


@operation("inquiries.verify")
def verify(context: Context) -> dict[str, Any]:
    """Hand the clue on to verification: its way is DW2 from now on, as approved."""
    clue = clue_of(context)
    _end(context, clue, current(context, clue))
    clue.way = "DW2"
    move(context, clue, "verification")
    return {}


@operation("inquiries.explaining", use="prefill")
def explaining(context: Context) -> dict[str, Any]:
    """Return who explains himself in which inquiry: all of the matter that his unit is shown."""
    row = current(context, clue_of(context))
    return {
        "inquiry_no": row.number,
        "persons": "、".join(one.name for one in subjects(context.session, row)),
    }


@operation("inquiries.explain")
def explain(context: Context, *, answers: Answers) -> None:
    """Keep how the person explained himself at the democratic-life meeting (b5): by his unit, or by the handlers."""
    office.require(context.actor, {"unit_head", "handler", "office_head"})
    clue = clue_of(context)
    row = current(context, clue)
    row.explained_on, row.explanation = date.fromisoformat(answers["explained_on"]), answers["explanation"]
    note(context, clue, "inquiry.explained", number=row.number, day=answers["explained_on"])


def _end(context: Context, clue: Clue, row: Inquiry) -> None:
    row.state, row.ended_at = "ended", context.now
    note(context, clue, "inquiry.ended", number=row.number, outcome=row.outcome)


def _check(context: Context, clue: Clue, row: Inquiry, answers: Answers) -> None:
    """Refuse a proposal that the findings do not bear, or that there may not be again."""
    proposal = answers["proposal"]
    findings = {one["finding"] for one in answers["allegations"]}
    if not answers["allegations"]:
        raise refused("allegations", "required")
    if not findings <= FITS[proposal]:
        raise refused("proposal", "finding_unfit")
    if proposal == "again" and count(context.session, clue) >= INQUIRIES:
        raise refused("proposal", "inquired_twice")
    if proposal == "first_form" and not answers.get("measure"):
        raise refused("measure", "required")
    if proposal != "verification" and _unanswered(context.session, row):
        raise refused("proposal", "unanswered")


def _unanswered(session: Session, row: Inquiry) -> bool:
    """Whether somebody was asked twice and did not answer as he should: then only verification is left."""
    return any(one.turn >= TURNS and one.state != "complete" for one in last_letters(session, row))


def _number(session: Session, clue: Clue) -> int:
    highest = select(func.max(Allegation.number)).where(Allegation.clue_id == clue.id)
    return (session.scalar(highest) or 0) + 1
