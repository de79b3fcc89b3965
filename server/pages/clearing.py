"""Clearing and tolerance: the three counters, the filings of units, and a matter's part of the registers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Response, render_template
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import office, wall
from handlers.clearing import counting, filing, tolerating
from handlers.clearing.model import (
    Clarification,
    ClarificationVisit,
    FalseAccusation,
    FilingFile,
    Tolerance,
    ToleranceCriterion,
)
from handlers.registers import Clue, ClueSubject
from server.db import reading
from server.downloads import download
from server.guard import guard
from server.limited import limited
from server.pages.blueprint import blueprint
from server.pages.frame import SUPERVISION, few
from server.traffic.rates import EXPORTS
from workflows.actor import Actor
from workflows.errors import NotFound

#: The column of the visibility matrix by which these registers are judged.
AREA = "clearing"
#: So many years are counted, the present one first.
YEARS = 2


@dataclass(frozen=True)
class ClearingView:
    """What a matter's registers say of clearing, tolerance and false accusation."""

    clarifications: list[Clarification]
    visits: list[ClarificationVisit]
    tolerances: list[tuple[Tolerance, list[ToleranceCriterion]]]
    accusations: list[FalseAccusation]
    names: dict[int, str]  #: subject → what he is called

    @property
    def empty(self) -> bool:
        """Return whether there is nothing to be shown."""
        return not (self.clarifications or self.tolerances or self.accusations)


@blueprint.get("/clearing")
@guard(roles=filing.READERS)
def clearing(actor: Actor) -> str:
    """Show the three counters to who oversees, and the filings: all of them, or those of the own unit."""
    oversees = bool(actor.groups & filing.OVERSEEING)
    with reading() as session:
        rows = filing.listed(session, actor)
        return render_template(
            "clearing.html",
            rows=[(row, filing.files(session, row)) for row in rows],
            years=_years(session, actor) if oversees else [],
            files=filing.FILING in actor.groups,
        )


@blueprint.get("/clearing/filings/<filing_no>/files/<file_id>")
@guard(roles=filing.READERS)
@limited(EXPORTS)
def filing_file(actor: Actor, filing_no: str, file_id: str) -> Response:
    """Give a file of a filing byte for byte."""
    with reading() as session:
        row = filing.found(session, actor, filing_no)
        one = session.get(FilingFile, file_id)
        if one is None or one.filing_id != row.id:
            raise NotFound(f"There is no file {file_id}.", code="filing")
        content, media_type, title = one.content, one.media_type, one.title
    return download(content, media_type, title)


def of_matter(session: Session, actor: Actor, clue: Clue) -> ClearingView | None:
    """Return a matter's part of the registers, None for who does not see their content."""
    if wall.area_view(session, actor, clue, AREA) != "content":
        return None
    determined = session.scalars(select(Tolerance).where(Tolerance.clue_id == clue.id).order_by(Tolerance.id))
    subjects = session.scalars(select(ClueSubject).where(ClueSubject.clue_id == clue.id))
    return ClearingView(
        clarifications=_rows(session, Clarification, clue),
        visits=_rows(session, ClarificationVisit, clue),
        tolerances=[(row, tolerating.last_scores(session, row)) for row in determined],
        accusations=_rows(session, FalseAccusation, clue),
        names={one.id: one.name for one in subjects},
    )


def _rows(session: Session, table: Any, clue: Clue) -> list[Any]:
    return list(session.scalars(select(table).where(table.clue_id == clue.id).order_by(table.id)))


def _years(session: Session, actor: Actor) -> list[tuple[int, str, str, str]]:
    """Return year, filings, exempted, cleared; small numbers are merged for whom case supervision is not (domain §7)."""
    said = str if actor.groups & SUPERVISION else few
    this = office.today().year
    found = []
    for year in range(this, this - YEARS, -1):
        counts = counting.between(session, date(year, 1, 1), date(year + 1, 1, 1) - timedelta(days=1))
        found.append((year, said(counts.filed), said(counts.exempted), said(counts.cleared)))
    return found
