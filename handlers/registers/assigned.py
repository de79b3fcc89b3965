"""Matters assigned from above (交办件): three months in all, and how that may be extended (检举控告规则 21).

The principal may add up to three months once and reports that up; whatever goes beyond is for the commission
above, whose reply has a number. Every due date that was stays in the register.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import office
from handlers.registers import papers
from handlers.registers.model import Assignment, Clue, ClueHandler, Extension
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, clue_of, keep_files, note, who
from workflows import calendar, clock, limits, plans
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput, NotAllowed
from workflows.operations import Context, Recorded, operation

#: Code of the source: assigned from above.
SOURCE = "SR05"
RULE = "T08"


def take_in(context: Context, clue: Clue, answers: Answers) -> None:
    """Open the entry of an assigned matter; its limit runs from the day on which the assignment was received."""
    given = answers.get("assigned_on")
    day = date.fromisoformat(given) if given else office.today()
    version, due_at = _counted(context.session, day, 0)
    context.session.add(
        Assignment(
            clue_id=clue.id,
            assigned_by=answers.get("assigned_by") or "",
            assignment_no=answers.get("assignment_no") or "",
            assigned_on=day,
            limit_version=version,
            first_due_at=due_at,
            due_at=due_at,
        )
    )


@operation("assignments.begin")
def begin(context: Context) -> dict[str, Any]:
    """Return since when the limit of the assigned matter runs."""
    assignment = context.session.get_one(Assignment, clue_of(context).id)
    return {"assigned_on": assignment.assigned_on.isoformat(), "extended_to": None}


@operation("assignments.report")
def report(context: Context, *, answers: Answers) -> None:
    """Record the verification report (核查报告) sent up; the matter must have been settled."""
    clue = clue_of(context)
    if not _settled(context.session, clue):
        raise InvalidInput(
            "The clue is not concluded yet.", fields={"reported_on": FieldError("not_concluded")}
        )
    assignment = context.session.get_one(Assignment, clue.id)
    assignment.report_no, assignment.result = answers["report_no"], answers["result"]
    assignment.reported_on, assignment.reported_by = date.fromisoformat(answers["reported_on"]), who(context)
    keep_files(context, clue, answers.get("report"), "verification_report", "report")
    note(context, clue, "assignment.reported", day=answers["reported_on"])


@operation("extensions.ask")
def ask(context: Context, *, answers: Answers) -> Recorded:
    """Ask for more time, before the limit ends; refused where the rule allows none (domain §2.4)."""
    session = context.session
    assignment = _running(context, answers["number"])
    clue = session.get_one(Clue, assignment.clue_id)
    left = _months_left(session, clue)
    months = int(answers["months"])
    if left and months > left:
        raise _refused("months", "months_left", left=left)
    row = Extension(
        number=next_number(session, "extension", context.now),
        clue_id=clue.id,
        rule_id=RULE,
        level="A4" if left else "UP",
        months=months,
        reason=answers["reason"],
        asked_by=who(context),
        asked_at=context.now,
        old_due_at=assignment.due_at,
    )
    session.add(row)
    session.flush()
    papers.issue(context, clue, "extension_form", row.number)
    note(context, clue, "extension.asked", number=row.number, months=months, level=row.level)
    return Recorded(
        variables={"extension_no": row.number, "level": row.level},
        scope_id=clue.scope_id,
        business_key=clue.transfer_no,
    )


@operation("extensions.decide")
def decide(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Grant the extension or refuse it, as the principal (A4)."""
    clue, row = _asked(context)
    if row.asked_by == who(context):
        raise NotAllowed("Who asked for the extension may not decide on it.", code="proposer")
    months = _granted(context.session, clue) + row.months
    _, due_at = _counted(context.session, _assignment(context.session, clue).assigned_on, months)
    _decide(context, clue, row, answers, due_at, office.today())
    return {"decision_extension": answers["decision"]}


@operation("extensions.decide_above")
def decide_above(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Enter what the commission above decided on a further extension; its reply has a number."""
    clue, row = _asked(context)
    row.document_no = answers["document_no"]
    due_at = _end_of(date.fromisoformat(answers["new_due"])) if answers["decision"] == "agree" else None
    if due_at and due_at <= row.old_due_at:
        raise _refused("new_due", "earliest", earliest=_day(row.old_due_at).isoformat())
    _decide(context, clue, row, answers, due_at, date.fromisoformat(answers["decided_on"]))
    return {"decision_extension": answers["decision"]}


@operation("extensions.told_above")
def told_above(context: Context, *, answers: Answers) -> None:
    """Record that the extension was reported to the commission above."""
    clue, row = _asked(context)
    row.reported_on, row.reported_no = date.fromisoformat(answers["reported_on"]), answers["document_no"]
    row.reported_by = who(context)
    papers.issue(context, clue, "extension_form", row.number)
    note(context, clue, "extension.reported", number=row.number, day=answers["reported_on"])


@operation("assignments.due")
def due(context: Context) -> dict[str, Any]:
    """Return until when the assigned matter has time now."""
    return {"extended_to": _day(_assignment(context.session, clue_of(context)).due_at).isoformat()}


def of_clue(session: Session, clue: Clue) -> tuple[Assignment | None, list[Extension]]:
    """Return the assignment that the clue came by, if any, and the extensions asked for, in order."""
    asked = select(Extension).where(Extension.clue_id == clue.id).order_by(Extension.id)
    return session.get(Assignment, clue.id), list(session.scalars(asked))


def may_ask(session: Session, actor: Actor, clue: Clue) -> bool:
    """Whether the actor handles the clue: a handler, the head of their office; before them, case supervision."""
    if clue.office_code is None:
        return "case_supervision" in actor.groups
    mine = select(ClueHandler.id).where(
        ClueHandler.clue_id == clue.id,
        ClueHandler.login == actor.id,
        ClueHandler.ended_at.is_(None),
        ClueHandler.recused.is_(False),
    )
    return f"office_head@{clue.office_code}" in actor.groups or session.scalar(mine.limit(1)) is not None


def _decide(
    context: Context, clue: Clue, row: Extension, answers: Answers, due_at: datetime | None, on: date
) -> None:
    row.decision, row.opinion = answers["decision"], answers.get("opinion") or ""
    row.decided_by, row.decided_on = who(context), on
    if row.decision == "agree" and due_at:
        row.new_due_at = due_at
        _assignment(context.session, clue).due_at = due_at
    papers.issue(context, clue, "extension_form", row.number)
    day = _day(row.new_due_at).isoformat() if row.new_due_at else None
    note(context, clue, f"extension.{row.decision}", number=row.number, level=row.level, day=day)


def _running(context: Context, number: str) -> Assignment:
    """Return the assignment for which more time may be asked; InvalidInput says why not."""
    session, wanted = context.session, number.strip().upper()
    clue = session.scalar(select(Clue).where((Clue.clue_no == wanted) | (Clue.transfer_no == wanted)))
    if clue is None or context.actor is None or not may_ask(session, context.actor, clue):
        raise _refused("number", "clue_number", number=number)
    found = session.get(Assignment, clue.id)
    if found is None:
        raise _refused("number", "not_assigned", number=number)
    waiting = select(Extension.id).where(Extension.clue_id == clue.id, Extension.decision.is_(None))
    if session.scalar(waiting.limit(1)) is not None:
        raise _refused("number", "extension_waits")
    if found.reported_on is not None or found.due_at <= context.now:
        raise _refused("number", "extension_late", day=_day(found.due_at).isoformat())
    return found


def _months_left(session: Session, clue: Clue) -> int:
    """Return how many months the principal may still add; beyond them the commission above decides."""
    cap = limits.get(session, RULE, _assignment(session, clue).limit_version).cap
    return int(cap.partition(" ")[0] or 0) - _granted(session, clue)


def _granted(session: Session, clue: Clue) -> int:
    """Return how many months the principal has added."""
    granted = select(Extension.months).where(
        Extension.clue_id == clue.id, Extension.level == "A4", Extension.decision == "agree"
    )
    return sum(session.scalars(granted))


def _counted(session: Session, day: date, more: int) -> tuple[int, datetime]:
    """Return the version of the limit and when it ends with `more` months."""
    rule = limits.current(session, RULE, day)
    assert rule.n is not None
    longer = replace(rule, n=rule.n + more)
    return rule.version, calendar.due(longer, day, plans.work_days(session), clock.office_zone()).at


def _settled(session: Session, clue: Clue) -> bool:
    """Whether the clue has come to its end; one that was joined, with the clue it was joined to."""
    met: set[str] = set()
    while clue.duplicate_of and clue.id not in met:
        met.add(clue.id)
        clue = session.get_one(Clue, clue.duplicate_of)
    return clue.concluded_at is not None or clue.stage == "returned"


def _asked(context: Context) -> tuple[Clue, Extension]:
    number = context.variables["extension_no"]
    row = context.session.scalars(select(Extension).where(Extension.number == number)).one()
    clue = clue_of(context, row.clue_id)
    return clue, row


def _assignment(session: Session, clue: Clue) -> Assignment:
    return session.get_one(Assignment, clue.id)


def _day(instant: datetime) -> date:
    """Return the last day before an instant that ends a day."""
    return (instant - timedelta(microseconds=1)).astimezone(clock.office_zone()).date()


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), clock.office_zone())


def _refused(field: str, code: str, **params: Any) -> InvalidInput:
    return InvalidInput("This extension cannot be asked for.", fields={field: FieldError(code, params)})
