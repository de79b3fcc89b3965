"""Who may be cleared: every allegation found untrue. "Unproven" is not "untrue" (domain §3e e1, S26c)."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handlers.cases import Allegation
from handlers.registers import DUTY, Clue, ClueSubject
from handlers.registers.record import GONE


def findings(session: Session, subject_id: int) -> dict[int, str]:
    """Return what the newest report found of each allegation against somebody, by its number (`codes/findings.csv`).

    A report finds anew what an earlier one found: what was unproven in the verification may be untrue in the end.
    """
    newest = select(func.max(Allegation.recorded_at)).where(Allegation.subject_id == subject_id)
    rows = select(Allegation.number, Allegation.finding).where(
        Allegation.subject_id == subject_id, Allegation.recorded_at == newest.scalar_subquery()
    )
    return {row.number: row.finding for row in session.execute(rows.order_by(Allegation.id))}


def against(session: Session, subject_id: int) -> str | None:
    """Return why somebody cannot be cleared, a code of `codes/clarification_refusals.csv`; None where he can.

    What could not be excluded (unproven) bars it as what was found true does.
    """
    found = set(findings(session, subject_id).values())
    if found & {"true", "partly"}:
        return "true"
    if "unproven" in found:
        return "unproven"
    return None if found else "no_finding"


def others_open(session: Session, subject: ClueSubject) -> list[str]:
    """Return the numbers of other clues about somebody of the same name and unit that are not concluded.

    For case supervision alone: who handles one matter does not learn of another.
    """
    rows = (
        select(Clue)
        .join(ClueSubject, ClueSubject.clue_id == Clue.id)
        .where(ClueSubject.name == subject.name, ClueSubject.unit == subject.unit, Clue.id != subject.clue_id)
        .where(
            ClueSubject.kind != DUTY,
            Clue.concluded_at.is_(None),
            Clue.stage.not_in(GONE),
            Clue.duplicate_of.is_(None),
        )
    )
    return sorted({row.clue_no or row.transfer_no for row in session.scalars(rows)})
