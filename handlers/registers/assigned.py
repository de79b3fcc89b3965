"""Matters assigned from above (交办件): three months in all, and how that may be extended (检举控告规则 21).

The principal may add up to three months and reports that up; whatever goes beyond is for the commission
above, whose reply has a number. The due dates that were stay in the register of changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers import office
from handlers.registers.model import Assignment, Clue
from handlers.registers.record import Answers, clue_of, keep_files, note, who
from workflows import calendar, clock, limits, plans
from workflows.errors import FieldError, InvalidInput
from workflows.operations import Context, operation

#: Code of the source: assigned from above.
SOURCE = "SR05"
RULE = "T08"


def take_in(context: Context, clue: Clue, answers: Answers) -> None:
    """Open the entry of an assigned matter; its limit runs from the day on which the assignment was received."""
    given = answers.get("assigned_on")
    day = date.fromisoformat(given) if given else office.today()
    version, due_at = _counted(context.session, day)
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
    return {"assigned_on": assignment.assigned_on.isoformat()}


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


@operation("assignments.rescheduled", use="clock")
def rescheduled(context: Context, *, changed: Mapping[str, Any]) -> None:
    """Let the register have the due date that a pause or an extension has given the assigned matter."""
    clue = context.session.get(Clue, (context.scope_id or "").removeprefix("clue:"))
    assignment = context.session.get(Assignment, clue.id) if clue else None
    if assignment is not None and changed["rule"] == RULE and changed["new"]:
        assignment.due_at = datetime.fromisoformat(changed["new"])


def of_clue(session: Session, clue: Clue) -> Assignment | None:
    """Return the assignment that the clue came by, if any."""
    return session.get(Assignment, clue.id)


def _counted(session: Session, day: date) -> tuple[int, datetime]:
    """Return the version of the limit and when it ends."""
    rule = limits.current(session, RULE, day)
    return rule.version, calendar.due(rule, day, plans.work_days(session), clock.office_zone()).at


def _settled(session: Session, clue: Clue) -> bool:
    """Whether the clue has come to its end; one that was joined, with the clue it was joined to."""
    met: set[str] = set()
    while clue.duplicate_of and clue.id not in met:
        met.add(clue.id)
        clue = session.get_one(Clue, clue.duplicate_of)
    return clue.concluded_at is not None or clue.stage == "returned"
