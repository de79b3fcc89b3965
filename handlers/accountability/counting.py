"""The figures of accountability: organisations and persons apart, linked to their source cases and never added to them.

A person counts once, however often he was held (人); who was sanctioned and held accountable is one person
in the total of those held responsible: 283 sanctioned and 322 held accountable are 403 persons where 202 are both
(domain §7, seed X1). Persons of accountability are no offenders of the source case.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from handlers.accountability.model import DutyOwner, Inquiry
from handlers.cases import CasePerson
from handlers.registers import ClueSubject

HELD = "accountability"


@dataclass(frozen=True)
class Figures:
    """What a case shows; nothing here is to be added up but by what the properties say."""

    organisations: int  #: held accountable
    persons: int  #: held accountable, distinct
    offenders: int  #: of the source cases, distinct; whoever is held accountable is none of them by that
    both: int  #: offenders who are held accountable, too

    @property
    def responsible(self) -> int:
        """Return the persons of either kind, each once: 403, not 283 + 322."""
        return self.offenders + self.persons - self.both


def figures(
    organisations: Iterable[Hashable], persons: Iterable[Hashable], offenders: Iterable[Hashable]
) -> Figures:
    """Return the figures of these objects, each named by what makes him one and the same."""
    held, others = set(persons), set(offenders)
    return Figures(len(set(organisations)), len(held), len(others), len(held & others))


def of_case(session: Session, case_id: str) -> Figures:
    """Return the figures of a source case and of the inquiries that are linked to it."""
    held = session.execute(_held().where(Inquiry.case_id == case_id)).all()
    offenders = session.execute(_offenders().where(CasePerson.case_id == case_id))
    return figures(
        organisations={(name, unit) for object_, name, unit in held if object_ == "organisation"},
        persons={(name, unit) for object_, name, unit in held if object_ == "person"},
        offenders={(name, unit) for name, unit in offenders},
    )


def _held() -> Select[*tuple[Any, ...]]:
    rows = select(DutyOwner.object, ClueSubject.name, ClueSubject.unit)
    return (
        rows.join(ClueSubject, ClueSubject.id == DutyOwner.subject_id)
        .join(Inquiry, Inquiry.judgement_id == DutyOwner.judgement_id)
        .where(DutyOwner.outcome == HELD)
    )


def _offenders() -> Select[*tuple[Any, ...]]:
    rows = select(ClueSubject.name, ClueSubject.unit)
    return rows.join(CasePerson, CasePerson.subject_id == ClueSubject.id)
