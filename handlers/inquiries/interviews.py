"""Interviews without a clue (提醒谈话、约谈): level by rank and repetition, decision, talk, what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import func, select

from handlers import office
from handlers.inquiries.model import Interview, InterviewPerson
from handlers.registers.numbers import next_number
from handlers.registers.record import FEWEST_HANDLERS, Answers, parties, who
from workflows import calendar, clock
from workflows.errors import EngineFault, NotAllowed, refused
from workflows.operations import Context, Recorded, operation

#: Who decides on an interview of each level, and leads it; the highest there is.
APPROVERS = {1: "office_head@{office}", 2: "leader", 3: "principal"}
HIGHEST = max(APPROVERS)
#: Earlier interviews count for so many months.
MONTHS = 12


@operation("reminders.propose")
def propose(context: Context, *, answers: Answers) -> Recorded:
    """Propose an interview with one or more persons of a unit; the level follows from the table and the register."""
    session, login = context.session, who(context)
    units = _offices(context)
    if not units:
        raise NotAllowed("Who proposes an interview belongs to an office.", code="role")
    if not answers["persons"]:
        raise refused("persons", "required")
    row = Interview(
        number=next_number(session, "interview", context.now),
        kind=answers["kind"],
        unit_code=answers["unit"],
        office_code=units[0],
        level=1,
        reason=answers["reason"],
        state="proposed",
        proposed_by=login,
        proposed_at=context.now,
    )
    session.add(row)
    session.flush()
    for one in answers["persons"]:
        session.add(
            InterviewPerson(
                interview_id=row.id, name=one["name"].strip(), post=one.get("post") or "", rank=one["rank"]
            )
        )
    session.flush()
    return Recorded(
        variables={
            "interview_no": row.number,
            "rank": min(one["rank"] for one in answers["persons"]),
            "earlier": earlier(context, row),
            "office": row.office_code,
        },
        business_key=row.number,
    )


@operation("reminders.level")
def level(context: Context) -> dict[str, Any]:
    """Return the level: what the table says of the rank, or one above each interview that mended nothing (domain §3b)."""
    row = _named(context)
    by_rank = _rule(context.variables["rule"])
    row.level = min(HIGHEST, max(by_rank, 1 + int(context.variables["earlier"])))
    return {"level": row.level, "approver": APPROVERS[row.level].format(office=row.office_code)}


@operation("reminders.proposed", use="prefill")
def proposed(context: Context) -> dict[str, Any]:
    """Return what was proposed, for who decides on it and who holds the talk."""
    row = _named(context)
    return {
        "number": row.number,
        "level": str(row.level),
        "reason": row.reason,
        "persons": _names(context, row),
    }


@operation("reminders.decide")
def decide(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Decide whether the talk is held; who proposed it does not."""
    row = _named(context)
    if row.proposed_by in parties(context):
        raise NotAllowed("Who proposed the interview may not decide on it.", code="proposer")
    decision, opinion = answers["decision"], answers.get("opinion") or ""
    if decision != "agree" and not opinion.strip():
        raise refused("opinion", "required")
    row.decided_by, row.opinion = who(context), opinion
    row.state = "approved" if decision == "agree" else "refused"
    chosen = list(dict.fromkeys(answers.get("interviewers") or ()))
    if decision == "agree" and len(chosen) < FEWEST_HANDLERS:
        raise refused("interviewers", "too_few", min=FEWEST_HANDLERS)
    row.interviewers = chosen
    return {"decision_interview": decision, "interviewers": chosen}


@operation("reminders.hold")
def hold(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Record the talk as one of the two who held it."""
    row = _named(context)
    row.held_on, row.record = date.fromisoformat(answers["held_on"]), answers["record"]
    return {"held_on": answers["held_on"]}


@operation("reminders.second")
def second(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Sign as the other one who was there, or send the record back."""
    row = _named(context)
    if answers["second"] == "signed":
        row.state = "held"
    return {"second_signature": answers["second"]}


@operation("reminders.resolve")
def resolve(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Enter whether the problem is mended; what is not counts when the same are talked to again within a year."""
    row = _named(context)
    row.result = answers["result"]
    row.state = "resolved" if answers["mended"] == "yes" else "unresolved"
    row.resolved_on = office.today() if answers["mended"] == "yes" else None
    return {}


def earlier(context: Context, row: Interview) -> int:
    """Return how many interviews of the last twelve months with any of these persons mended nothing."""
    since = calendar.add_months(clock.day_of(context.now), -MONTHS)
    names = select(InterviewPerson.name).where(InterviewPerson.interview_id == row.id)
    found = (
        select(func.count(Interview.id.distinct()))
        .join(InterviewPerson, InterviewPerson.interview_id == Interview.id)
        .where(
            Interview.id != row.id,
            Interview.unit_code == row.unit_code,
            InterviewPerson.name.in_(names),
            Interview.held_on >= since,
            Interview.resolved_on.is_(None),
        )
    )
    return context.session.scalar(found) or 0


def _rule(found: Any) -> int:
    """Return the level of the decision table, which gives a row or its one value."""
    value = found["level"] if isinstance(found, Mapping) else found
    return int(value)


def _names(context: Context, row: Interview) -> str:
    rows = select(InterviewPerson).where(InterviewPerson.interview_id == row.id).order_by(InterviewPerson.id)
    return "、".join(
        f"{one.name}（{one.post}）" if one.post else one.name for one in context.session.scalars(rows)
    )


def _offices(context: Context) -> list[str]:
    """Return the offices for which somebody may propose: where he is a handler or the head."""
    groups = (group.partition("@") for group in (context.actor.groups if context.actor else ()))
    return sorted(unit for role, _at, unit in groups if unit and role in ("handler", "office_head"))


def _named(context: Context) -> Interview:
    number = context.variables.get("interview_no")
    found = context.session.scalars(select(Interview).where(Interview.number == number)).one_or_none()
    if found is None:
        raise EngineFault(f"There is no interview {number}.", element=context.element_id)
    return found
