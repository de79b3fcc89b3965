"""What the matter's page shows of review, decision and execution: decisions, periods, execution, the rights panel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import codes, wall
from handlers.cases import Case, CasePerson
from handlers.registers import Clue
from handlers.sanctions import Consultation, Decision, Execution, Prosecution, Sanction, prosecuting, rights
from handlers.sanctions import matter as sanctioned
from handlers.sanctions.rights import Right
from server.pages.names import lang
from workflows.actor import Actor


@dataclass(frozen=True)
class Given:
    """One sanction in words, and how its period stands."""

    words: str
    since: date
    until: date | None
    state: str
    probation_until: date | None
    remainder_days: int


@dataclass(frozen=True)
class Person:
    """One person of a case: what was decided, what of it is done, what became of his rights."""

    number: str
    name: str
    outcome: str
    decision: Decision | None
    earlier: int  #: decisions that this one superseded
    given: tuple[Given, ...]
    served_on: date | None
    done: tuple[tuple[str, date], ...]
    rights: tuple[Right, ...]
    prosecution: Prosecution | None  #: that he was handed to the procuratorate

    @property
    def lacking(self) -> int:
        """Return how many rights lack their proof."""
        return sum(not one.kept for one in self.rights)


def seen_by(session: Session, actor: Actor, clue: Clue) -> list[Person]:
    """Return them to who sees the content of the case or of its review, nobody to others."""
    views = (wall.area_view(session, actor, clue, area) for area in ("case", "review"))
    return of_clue(session, clue) if "content" in views else []


def consulted_by(session: Session, actor: Actor, clue: Clue) -> list[Consultation]:
    """Return the letters of consultation to who sees the content of the review, the latest meeting's first."""
    if wall.area_view(session, actor, clue, "review") != "content":
        return []
    rows = select(Consultation).where(Consultation.clue_id == clue.id)
    return list(session.scalars(rows.order_by(Consultation.meeting_no.desc(), Consultation.id)))


def of_clue(session: Session, clue: Clue) -> list[Person]:
    """Return the persons of the matter's cases that the review has accepted, by their numbers."""
    rows = (
        select(CasePerson)
        .join(Case, Case.id == CasePerson.case_id)
        .where(Case.clue_id == clue.id, Case.accepted_at.is_not(None))
    )
    return [_person(session, row) for row in session.scalars(rows.order_by(CasePerson.person_no))]


def _person(session: Session, row: CasePerson) -> Person:
    made = sanctioned.decision(session, row.case_id, row.subject_id)
    served = rights.served(session, made) if made is not None and made.number else None
    unheard = row.outcome == "dead" or (made is not None and made.posthumous)
    superseded = select(Decision.id).where(
        Decision.case_id == row.case_id, Decision.subject_id == row.subject_id, Decision.state == "superseded"
    )
    return Person(
        number=row.person_no,
        name=sanctioned.name(session, row.subject_id),
        outcome=codes.word("case_outcomes", row.outcome, lang()),
        decision=made,
        earlier=len(session.scalars(superseded).all()),
        given=_given(session, made) if made is not None else (),
        served_on=served.served_on if served else None,
        done=_done(session, made) if made is not None else (),
        rights=() if unheard else tuple(rights.of_person(session, row)),
        prosecution=prosecuting.of_person(session, row),
    )


def _given(session: Session, made: Decision) -> tuple[Given, ...]:
    rows = select(Sanction).where(Sanction.decision_id == made.id).order_by(Sanction.kind.desc())
    return tuple(
        Given(
            kind_words(row.kind),
            row.effective_on,
            row.until,
            row.state,
            row.probation_until,
            row.remainder_days,
        )
        for row in session.scalars(rows)
    )


def kind_words(kind: str) -> str:
    """Return a sanction in words, with the system it is of: both have a warning."""
    table, zh, en = (
        ("party_sanctions", "党纪", "Party")
        if kind.startswith("PD")
        else ("administrative_sanctions", "政务", "administrative")
    )
    word = codes.word(table, kind, lang())
    return f"{zh}{word}" if lang() == "zh" else f"{word} ({en})"


def _done(session: Session, made: Decision) -> tuple[tuple[str, date], ...]:
    rows = select(Execution).where(Execution.decision_id == made.id).order_by(Execution.id)
    return tuple(
        (codes.word("execution_acts", row.act, lang()), row.done_on) for row in session.scalars(rows)
    )
