"""From the number to the handling office: registration, urgent route, named reporter, distribution."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from sqlalchemy import select

from handlers import notifications, office
from handlers.registers import joining, papers
from handlers.registers.model import Clue, ClueHandler
from handlers.registers.numbers import next_number
from handlers.registers.record import (
    FEWEST_HANDLERS,
    Answers,
    clue_by_number,
    clue_of,
    hand_over,
    keep_files,
    last_opinion,
    move,
    not_the_proposer,
    note,
    relate,
    sign,
    who,
)
from workflows.errors import FieldError, InvalidInput
from workflows.operations import Context, operation

#: Sources that are set when a matter is taken in: what has its own course from the first day.
FROM_ABOVE = frozenset({"SR05", "SR17"})


@operation("clues.register")
def register(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Give the clue its one number, which is never used again, and say whether it is major (a5)."""
    clue = clue_of(context)
    related = [number for number in re.split(r"[,，;；\s]+", answers.get("related") or "") if number]
    found = [clue_by_number(context.session, number, "related", clue) for number in related]
    clue.clue_no = clue.clue_no or next_number(context.session, "clue", context.now)
    clue.source = _source(clue, answers)
    clue.registered_by, clue.registered_at = who(context), context.now
    clue.category = answers["category"]
    clue.tags = list(answers.get("tags") or ())
    clue.summary = answers["summary"]
    clue.management = answers["management"]
    clue.major = answers["major"] == "yes"
    clue.major_signs = list(answers.get("major_signs") or ())
    move(context, clue, "registered", number=clue.clue_no, major=clue.major)
    for other in found:
        relate(context, clue, other)
    papers.issue(context, clue, "clue_register", clue.clue_no)
    if clue.major:
        _tell_staff(context, clue, "clue.major", "principal")
    return {
        "major": answers["major"],
        "category": clue.category,
        "management": clue.management,
        "registered_at": context.now.isoformat(),
        "distribute_from": context.now.isoformat(),
    }


def _source(clue: Clue, answers: Answers) -> str:
    """Return the source; what comes from above has its own course from the first day, so it is not made here."""
    source = str(answers.get("source") or clue.source)
    if source != clue.source and {source, clue.source} & FROM_ABOVE:
        raise InvalidInput(
            "What comes from above is entered as such.", fields={"source": FieldError("from_above")}
        )
    return source


@operation("clues.entry", use="prefill")
def entry(context: Context) -> dict[str, Any]:
    """Return what the register knows of a clue before it is registered."""
    clue = clue_of(context)
    return {"source": clue.source, "major": "yes" if clue.urgency == "major" else None}


@operation("clues.order_urgent")
def order_urgent(context: Context, *, answers: Answers) -> None:
    """Record the principal's order on a major clue; distribution goes on beside it (a6)."""
    clue = clue_of(context)
    report_on = answers.get("inform_on")
    sign(context, clue, "a6", "ordered", answers["order"], {"inform_on": report_on} if report_on else None)
    note(context, clue, "clue.ordered")
    _tell_staff(context, clue, "clue.ordered", "case_supervision", *_at_work(context, clue))


@operation("clues.tell_reporter")
def tell_reporter(context: Context, *, answers: Answers) -> None:
    """Record that the named reporter was told of the acceptance (T05); the reporter's name is not here."""
    _tell(context, answers, "a5_tell", "clue.reporter_told")
    _record_told(context, "notice_record", "notice")


@operation("clues.tell_reporter_handed_on")
def tell_reporter_handed_on(context: Context, *, answers: Answers) -> None:
    """Record that the named reporter was told that another body has the matter now."""
    _tell(context, answers, "x6_tell", "clue.reporter_handed_on")
    _record_told(context, "notice_record", "notice")


@operation("clues.tell_reporter_result")
def tell_reporter_result(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Record that the named reporter was given the result, any objection, and whether there is new evidence (T06)."""
    _tell(context, answers, "a13_tell", "clue.reporter_result")
    _record_told(context, "feedback_record", "feedback")
    clue = clue_of(context)
    keep_files(context, clue, answers.get("materials"), "material", "materials")
    if answers.get("evidence") == "yes" and clue.clue_no is None:
        # Nobody studied this clue itself: what is new makes it one to be studied.
        joining.take_up(context, clue)
        return {"evidence": "new"}
    return {"evidence": answers.get("evidence") or "no"}


@operation("clues.propose_office")
def propose_office(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Propose the handling office (a7); the table's proposal stands in the form."""
    clue = clue_of(context)
    _check_office(context, answers["to_office"])
    decided = last_opinion(context.session, clue, "a7_approve")
    sign(context, clue, "a7", "proposed", answers["reason"], {"to_office": answers["to_office"]})
    _issue_sheet(context, clue, anew=decided is not None and decided.decision == "agree")
    move(context, clue, "distributing", office=answers["to_office"])
    return {"to_office": answers["to_office"]}


@operation("clues.approve_distribution")
def approve_distribution(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Approve the distribution or return it; the principal decides (监督执纪工作规则 释义 23)."""
    clue = clue_of(context)
    not_the_proposer(context, clue, "a7")
    sign(context, clue, "a7_approve", answers["decision"], answers.get("opinion") or "")
    if answers["decision"] == "agree":
        clue.office_code = context.variables["to_office"]
        hand_over(context, clue, "distribution", to_unit=clue.office_code)
        move(context, clue, "assigning", office=clue.office_code)
    else:
        clue.stage = "registered"
        note(context, clue, "clue.distribution_returned")
    _issue_sheet(context, clue)
    return {"decision_a7": answers["decision"]}


def _issue_sheet(context: Context, clue: Clue, *, anew: bool = False) -> None:
    """Write the distribution sheet anew; one that was agreed to is closed, and the next has its own number."""
    kind = "distribution_form"
    number = papers.sheet_number(context, clue, kind, series="distribution", anew=anew)
    papers.issue(context, clue, kind, number)


def _check_office(context: Context, code: str) -> None:
    """Refuse an office that handles no clues: nobody there could take it, or two of them."""
    heads = office.people_in(context.session, f"office_head@{code}")
    if not heads or len(office.people_in(context.session, f"handler@{code}")) < FEWEST_HANDLERS:
        raise InvalidInput(
            f"The office {code} handles no clues: it has no head, or fewer than two handlers.",
            fields={"to_office": FieldError("no_handling_office", {"office": code})},
        )


def _at_work(context: Context, clue: Clue) -> list[str]:
    """Return who works on the clue by now: the head of its office, and its handlers."""
    handlers = select(ClueHandler.login).where(ClueHandler.clue_id == clue.id, ClueHandler.ended_at.is_(None))
    heads = [f"office_head@{clue.office_code}"] if clue.office_code else []
    return [*heads, *context.session.scalars(handlers)]


def _tell_staff(context: Context, clue: Clue, code: str, *groups: str) -> None:
    people = [person for group in groups for person in office.people_in(context.session, group)]
    notifications.notify(
        context.session,
        [person.login for person in people if person.login],
        code=code,
        params={"number": clue.clue_no},
        scope_id=clue.scope_id,
        level="warn",
    )


def _tell(context: Context, answers: Answers, step: str, code: str) -> None:
    clue = clue_of(context)
    told_on = date.fromisoformat(answers["told_on"])
    objects = answers.get("objection") == "yes"
    sign(
        context,
        clue,
        step,
        "objected" if objects else "told",
        answers["text"],
        {
            "told_on": told_on.isoformat(),
            "way": answers["told_way"],
            "objection": answers.get("objection_text") or "",
            "evidence": answers.get("evidence_text") or "",
        },
    )
    note(context, clue, code, day=told_on.isoformat(), objection=objects)


def _record_told(context: Context, kind: str, series: str) -> None:
    """Make the record that goes to the file: when, how and by whom, never who the reporter is."""
    papers.issue(context, clue_of(context), kind, next_number(context.session, series, context.now))
