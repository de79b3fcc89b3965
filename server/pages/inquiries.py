"""What the ledgers of inquiries hold of a matter, for the matter's page: to whom the wall shows that stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import wall
from handlers.cases import Allegation, Concerned, persons
from handlers.inquiries import FirstFormMeasure, Inquiry, Letter, Talk
from handlers.registers import Clue, ClueSubject
from server.pages.names import lang
from workflows.actor import Actor

STAGE = "inquiry"
AREA = "interview"


@dataclass(frozen=True)
class Inquiries:
    """The inquiries into a clue with their talks, letters, findings and measures; names by subject."""

    inquiries: list[Inquiry]
    talks: list[Talk]
    letters: list[Letter]
    findings: list[Allegation]
    measures: list[FirstFormMeasure]
    names: dict[int, str]
    labels: dict[int, str]  #: what each person is called at the stage that has been reached


def of_clue(session: Session, actor: Actor, clue: Clue) -> Inquiries | None:
    """Return what was inquired; None where nothing was, or the actor does not see that stage."""
    inquiries = _of(session, clue, Inquiry)
    if not inquiries or wall.area_view(session, actor, clue, AREA) != "content":
        return None
    subjects = session.scalars(select(ClueSubject).where(ClueSubject.clue_id == clue.id))
    concerned = session.scalars(select(Concerned).where(Concerned.clue_id == clue.id))
    return Inquiries(
        inquiries=inquiries,
        talks=_of(session, clue, Talk),
        letters=_of(session, clue, Letter),
        findings=[row for row in _of(session, clue, Allegation) if row.stage == STAGE],
        measures=_of(session, clue, FirstFormMeasure),
        names={row.id: row.name for row in subjects},
        labels={row.subject_id: persons.label_word(row, lang()) for row in concerned},
    )


def _of(session: Session, clue: Clue, kind: type[Any]) -> list[Any]:
    return list(session.scalars(select(kind).where(kind.clue_id == clue.id).order_by(kind.id)))
