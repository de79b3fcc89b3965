"""Corrections (更正): no entry is ever overwritten; what is right stands beside it, approved, from then on.

Asked for by who works on the matter, approved by the head of the handling office; the entry itself stays as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from handlers.registers import Clue
from handlers.registers.intake import CASE_SUPERVISION_UNIT
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, clue_of, keep_files, note, who
from handlers.working import matter_of
from workflows.errors import EngineFault
from workflows.model import Base
from workflows.operations import Context, Recorded, operation

PROCESS = "correction"


class Correction(Base):
    """One correction: of which entry, what stood there, what is right, why; in force from `decided_at` on if agreed."""

    __tablename__ = "correction"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))  #: of `codes/correction_kinds.csv`
    entry: Mapped[str] = mapped_column(String(64))  #: its number, or what it is found by
    was: Mapped[str] = mapped_column(Text)
    becomes: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    decision: Mapped[str | None] = mapped_column(String(16))  #: agree return refuse
    decided_at: Mapped[datetime | None]


@operation("corrections.ask")
def ask(context: Context, *, answers: Answers) -> Recorded:
    """Ask for a correction of an entry of the matter with this number."""
    clue = matter_of(context, answers["number"])
    row = Correction(
        number=next_number(context.session, "correction", context.now),
        clue_id=clue.id,
        kind=answers["kind"],
        entry=answers["entry"],
        was=answers["was"],
        becomes=answers["becomes"],
        reason=answers["reason"],
        asked_by=who(context),
        asked_at=context.now,
    )
    context.session.add(row)
    keep_files(context, clue, answers.get("proof"), "other", "proof")
    note(context, clue, "correction.asked", number=row.number)
    # While no office handles the matter, the one that received it decides.
    unit = clue.office_code or CASE_SUPERVISION_UNIT
    variables = {"clue_id": clue.id, "correction_no": row.number, "office": unit}
    return Recorded(variables=variables, scope_id=clue.scope_id, business_key=clue.transfer_no)


@operation("corrections.decide")
def decide(context: Context) -> None:
    """Keep what was decided; agreed, the correction stands beside its entry from now on."""
    clue, number = clue_of(context), context.variables.get("correction_no")
    asked = select(Correction).where(Correction.number == number, Correction.clue_id == clue.id)
    row = context.session.scalar(asked)
    if row is None:
        raise EngineFault(f"The matter has no correction {number}.", element=context.element_id)
    row.decision, row.decided_at = str(context.variables.get("decision")), context.now
    note(context, clue, f"correction.{row.decision}", number=row.number)


def of_clue(session: Session, clue: Clue) -> Sequence[Correction]:
    """Return the corrections of a matter that were asked for, the newest first."""
    asked = select(Correction).where(Correction.clue_id == clue.id).order_by(Correction.id.desc())
    return session.scalars(asked).all()
