"""Allegations (反映的问题): a finding of each, at each stage a row of its own (domain §3c c3, c9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handlers.cases.matter import person_of
from handlers.cases.model import Allegation
from handlers.registers import Clue
from handlers.registers.record import clue_of, who
from workflows.operations import Context

#: What a finding says where there is nothing in it; "unproven" is not "untrue" (domain §3e e1).
UNTRUE = "untrue"


def record(context: Context, rows: Sequence[Mapping[str, Any]], stage: str) -> None:
    """Enter what a report found of each allegation; a report written anew adds rows, and `latest` returns those."""
    clue = clue_of(context)
    last = (
        context.session.scalar(select(func.max(Allegation.number)).where(Allegation.clue_id == clue.id)) or 0
    )
    for number, row in enumerate(rows, last + 1):
        amount = row.get("amount")
        context.session.add(
            Allegation(
                clue_id=clue.id,
                subject_id=person_of(context, row["subject"], "allegations").id,
                number=number,
                category=row["category"],
                text=row["text"],
                amount=Decimal(str(amount)) if amount is not None else None,
                stage=stage,
                finding=row["finding"],
                basis=row["basis"],
                recorded_by=who(context),
                recorded_at=context.now,
            )
        )


def latest(session: Session, clue: Clue, stage: str) -> Sequence[Allegation]:
    """Return what the newest report of a stage found, allegation by allegation."""
    newest = select(func.max(Allegation.recorded_at)).where(
        Allegation.clue_id == clue.id, Allegation.stage == stage
    )
    rows = select(Allegation).where(
        Allegation.clue_id == clue.id,
        Allegation.stage == stage,
        Allegation.recorded_at == newest.scalar_subquery(),
    )
    return session.scalars(rows.order_by(Allegation.number)).all()


def all_untrue(session: Session, clue: Clue, stage: str) -> bool:
    """Return whether the newest report found every allegation untrue, and there was one."""
    found = latest(session, clue, stage)
    return bool(found) and all(row.finding == UNTRUE for row in found)
