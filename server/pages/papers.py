"""The documents of a matter as far as a reader may see them, each with its versions."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, select
from sqlalchemy.orm import Session

from handlers import areas, wall
from handlers.registers import Clue, Document, papers
from workflows.actor import Actor


@dataclass(frozen=True)
class Line:
    """One document in a list: its newest version, and those before."""

    newest: Document
    earlier: tuple[Document, ...] = ()

    @property
    def made(self) -> bool:
        """Whether the process made it, which may be read as a paper and as PDF."""
        return self.newest.media_type == papers.MEDIA_TYPE


def lines(session: Session, actor: Actor, clue: Clue, view: str) -> list[Line]:
    """Return the documents of a matter that a reader with this view may see, each with its versions."""
    rows = session.scalars(
        select(Document)
        .where(Document.clue_id == clue.id, readable(session, actor, clue, view))
        .order_by(Document.created_at, Document.version, Document.id)
    )
    versions: dict[tuple[str, str], list[Document]] = {}
    for row in rows:
        versions.setdefault((row.kind, row.number or row.title), []).append(row)
    return [Line(found[-1], tuple(found[:-1])) for found in versions.values()]


def readable(session: Session, actor: Actor, clue: Clue, view: str) -> ColumnElement[bool]:
    """Return the condition over `Document` of what a reader with this view of its matter may see.

    Papers of inquiry, case and review are for who sees those files, not for all who see the clue.
    An agency sees the papers that went between it and the office, and nothing that belongs to the inquiry.
    """
    if view == "content":
        closed = wall.closed_areas(session, actor, clue)
        return Document.kind.not_in(sorted(kind for area in closed for kind in areas.kinds_of(area)))
    if view != "status":
        return false()
    return (Document.media_type == papers.MEDIA_TYPE) & Document.kind.in_(papers.FOR_AGENCY)
