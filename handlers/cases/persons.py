"""Persons concerned: whose cadre they are on a day, what they are called at the stage their matter has reached."""

from __future__ import annotations

from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from handlers import codes, office
from handlers.cases.matter import people
from handlers.cases.model import Concerned
from handlers.office import Post
from handlers.registers import Clue, ClueSubject

#: The stages of a person, first to last: the column that says it was reached, and the label (`codes/person_labels.csv`).
LABELS = (
    ("inquired_at", "inquired"),
    ("verified_at", "verified"),
    ("filed_at", "investigated"),
    ("sanctioned_at", "sanctioned"),
)
FIRST = "reported"
#: From the strictest way of approval down.
MANAGEMENTS = ("principal", "committee", "below")


def of_clue(session: Session, clue: Clue) -> list[Concerned]:
    """Return the persons a clue is about, in order: as they are kept, else as they would be. It writes nothing."""
    return [_known(session, clue, subject) for subject in people(session, clue)]


def entered(session: Session, clue: Clue) -> list[Concerned]:
    """Return the same, to be changed: who had no row so far has one now."""
    rows = of_clue(session, clue)
    session.add_all(rows)
    session.flush()
    return rows


def label(row: Concerned) -> str:
    """Return what a person is called: by what has happened, so never ahead of it (domain §0)."""
    reached = [name for column, name in LABELS if getattr(row, column) is not None]
    return reached[-1] if reached else FIRST


def label_word(row: Concerned, lang: str = "zh") -> str:
    """Return the label in words: 被反映人, 被核查人 …"""
    return codes.word("person_labels", label(row), lang)


def governing(session: Session, clue: Clue) -> str:
    """Return whose cadre decides the line of approval: of several persons the one managed highest; else as registered."""
    known = [row.management for row in of_clue(session, clue) if row.management]
    return min(known, key=MANAGEMENTS.index) if known else (clue.management or "committee")


def managing_committee(session: Session, person_id: str, on: date) -> str | None:
    """Return the committee that manages a person on a day: of several posts the highest (批准权限和程序规定 2022)."""
    held = session.scalars(
        select(Post.managing_committee).where(
            Post.person_id == person_id, Post.since <= on, or_(Post.until.is_(None), Post.until > on)
        )
    ).all()
    return min(held, key=office.MANAGING_COMMITTEES.index, default=None)


def _known(session: Session, clue: Clue, subject: ClueSubject) -> Concerned:
    found = session.get(Concerned, subject.id)
    return found or Concerned(
        subject_id=subject.id, clue_id=clue.id, rank_at_act=subject.rank, management=clue.management
    )
