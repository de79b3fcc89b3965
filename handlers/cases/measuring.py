"""Measures (措施): asked for with a reason, approved by level, carried out and signed by two (监察法 44).

Before a case is filed nothing is frozen, searched, sealed or seized (domain §3c c2); which measures that means
stands in `codes/measures.csv`.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import or_, select

from handlers import codes, office
from handlers.cases.ledgers import Measure
from handlers.cases.matter import day, open_case, person_of
from handlers.registers import approvals
from handlers.registers.record import Answers, clue_of, note, who
from workflows.errors import EngineFault, refused
from workflows.operations import Context, operation


@operation("measures.propose")
def propose(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Enter the measure that is asked for; InvalidInput where it may not be taken before a filing."""
    clue, kind = clue_of(context), answers["measure"]
    filed = open_case(context.session, clue) is not None
    if not filed and not before_filing(kind):
        raise refused("measure", "not_before_filing")
    since, until = day(answers, "from_on"), day(answers, "until_on")
    assert since is not None
    if until is not None and until < since:
        raise refused("until_on", "earliest", earliest=since.isoformat())
    person = person_of(context, answers["subject"], "subject") if answers.get("subject") else None
    row = Measure(
        clue_id=clue.id,
        kind=kind,
        stage="investigation" if filed else "verification",
        subject_id=person.id if person else None,
        target=answers["target"],
        reason=answers["reason"],
        from_on=since,
        until_on=until,
        asked_by=who(context),
        asked_at=context.now,
    )
    context.session.add(row)
    context.session.flush()
    note(context, clue, "measure.asked", measure=kind)
    return {"measure_id": row.id}


@operation("measures.decided")
def decided(context: Context, *, decision: str) -> None:
    """Let the register have what was decided on the measure: only `agree` lets it be carried out."""
    row = _row(context)
    if decision == "agree":
        approvals.demand(context, "measure", "a3", row.asked_at)
    row.state = "approved" if decision == "agree" else "refused"
    row.decided_at = context.now
    row.approver = context.actor.id if context.actor else None
    note(context, clue_of(context), f"measure.{row.state}", measure=row.kind)


@operation("measures.carry_out")
def carry_out(context: Context, *, answers: Answers) -> None:
    """Record the measure as it was carried out, and sign; another signs after (`bpmn/second_signature`)."""
    row, done = _row(context), date.fromisoformat(answers["done_on"])
    if row.state not in ("approved", "done"):  # done: sent back by who signs second
        raise EngineFault("The measure has not been approved.", element=context.element_id)
    if done < row.from_on:
        raise refused("done_on", "earliest", earliest=row.from_on.isoformat())
    if done > office.today():
        raise refused("done_on", "latest", latest=office.today().isoformat())
    row.done_on, row.record, row.done_by = done, answers["record"], who(context)
    if row.ended_on is None:
        row.state = "done"
    note(context, clue_of(context), "measure.done", measure=row.kind, day=answers["done_on"])


def end_on(context: Context, subject_id: int, on: date) -> None:
    """End the approved measures on a person that still run on a day: he died."""
    rows = select(Measure).where(
        Measure.clue_id == clue_of(context).id,
        Measure.subject_id == subject_id,
        Measure.state.in_(("approved", "done")),
        or_(Measure.until_on.is_(None), Measure.until_on > on),
    )
    for row in context.session.scalars(rows.order_by(Measure.id)):
        row.state, row.ended_on = "ended", on
        note(context, clue_of(context), "measure.ended", measure=row.kind, day=on.isoformat())


def before_filing(kind: str) -> bool:
    """Return whether a measure may be taken in a verification, before any case is filed (监督执纪工作规则 34)."""
    return any(row["code"] == kind and row["before_filing"] == "true" for row in codes.rows("measures"))


def _row(context: Context) -> Measure:
    key = context.variables.get("measure_id")
    row = context.session.get(Measure, key) if key is not None else None
    if row is None or row.clue_id != clue_of(context).id:
        raise EngineFault("The matter has no such measure.", element=context.element_id)
    return row
