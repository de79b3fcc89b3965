"""What a filed case holds up: promotion, transfer, retirement, leaving office (政务处分法 52)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.cases.model import Case, CasePerson, Concerned


def blocked(session: Session, person_id: str) -> bool:
    """Return whether clearances for a person are held up: he is in a case that was filed and is not closed for him.

    It says nothing of the case: who asks learns that there is no clearance, and no more (domain §4.2 rule 9).
    """
    held = (
        select(CasePerson.case_id)
        .join(Case, Case.id == CasePerson.case_id)
        .join(Concerned, Concerned.subject_id == CasePerson.subject_id)
        .where(Concerned.person_id == person_id, CasePerson.closed_at.is_(None), Case.closed_at.is_(None))
    )
    return session.scalar(held.limit(1)) is not None
