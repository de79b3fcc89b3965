"""From the number to the handling office: registration, urgent route, named reporter, distribution."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from handlers import notifications, office
from handlers.registers.numbers import next_number
from handlers.registers.record import (
    Answers,
    clue_by_number,
    clue_of,
    hand_over,
    move,
    not_the_proposer,
    note,
    sign,
    who,
)
from workflows.operations import Context, operation


@operation("clues.register")
def register(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Give the clue its one number, which is never used again, and say whether it is major (a5)."""
    clue = clue_of(context)
    related = [number for number in re.split(r"[,，;；\s]+", answers.get("related") or "") if number]
    found = [clue_by_number(context.session, number, "related", clue) for number in related]
    clue.clue_no = clue.clue_no or next_number(context.session, "clue", context.now)
    clue.registered_by, clue.registered_at = who(context), context.now
    clue.category = answers["category"]
    clue.tags = list(answers.get("tags") or ())
    clue.summary = answers["summary"]
    clue.management = answers["management"]
    clue.major = answers["major"] == "yes"
    clue.major_signs = list(answers.get("major_signs") or ())
    move(context, clue, "registered", number=clue.clue_no, major=clue.major)
    for other in found:
        note(context, clue, "clue.related", number=other.clue_no or other.transfer_no)
        note(context, other, "clue.related", number=clue.clue_no)
    if clue.major:
        principals = [
            person.login for person in office.people_in(context.session, "principal") if person.login
        ]
        notifications.notify(
            context.session,
            principals,
            code="clue.major",
            params={"number": clue.clue_no},
            scope_id=clue.scope_id,
            level="warn",
        )
    return {
        "major": answers["major"],
        "category": clue.category,
        "management": clue.management,
        "registered_at": context.now.isoformat(),
    }


@operation("clues.order_urgent")
def order_urgent(context: Context, *, answers: Answers) -> None:
    """Record the principal's order on a major clue; distribution goes on beside it (a6)."""
    clue = clue_of(context)
    sign(context, clue, "a6", "ordered", answers["order"])
    note(context, clue, "clue.ordered")
    handlers = [clue.registered_by] if clue.registered_by else []
    notifications.notify(
        context.session,
        handlers,
        code="clue.ordered",
        params={"number": clue.clue_no},
        scope_id=clue.scope_id,
        level="warn",
    )


@operation("clues.tell_reporter")
def tell_reporter(context: Context, *, answers: Answers) -> None:
    """Record that the named reporter was told of the acceptance (T05); the reporter's name is not here."""
    _tell(context, answers, "a5_tell", "clue.reporter_told")


@operation("clues.tell_reporter_result")
def tell_reporter_result(context: Context, *, answers: Answers) -> None:
    """Record that the named reporter was given the result (T06), and any objection."""
    _tell(context, answers, "a13_tell", "clue.reporter_result")


@operation("clues.propose_office")
def propose_office(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Propose the handling office (a7); the table's proposal stands in the form."""
    clue = clue_of(context)
    sign(context, clue, "a7", "proposed", answers["reason"], {"to_office": answers["to_office"]})
    move(context, clue, "distributing", office=answers["to_office"])
    return {"to_office": answers["to_office"]}


@operation("clues.approve_distribution")
def approve_distribution(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Approve the distribution or return it; the principal decides (监督执纪工作规则 释义 23)."""
    clue = clue_of(context)
    not_the_proposer(context, clue, ("a7",))
    sign(context, clue, "a7_approve", answers["decision"], answers.get("opinion") or "")
    if answers["decision"] == "agree":
        clue.office_code = context.variables["to_office"]
        hand_over(context, clue, "distribution", to_unit=clue.office_code)
        move(context, clue, "assigning", office=clue.office_code)
    else:
        move(context, clue, "registered", number=clue.clue_no, major=clue.major)
    return {"decision_a7": answers["decision"]}


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
        },
    )
    note(context, clue, code, day=told_on.isoformat(), objection=objects)
