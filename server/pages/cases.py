"""The case register, and the part of a matter's page that shows its case, as far as the wall lets the reader see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import render_template, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handlers import codes, wall
from handlers.cases import Case, overview
from handlers.cases.overview import Overview
from handlers.registers import Clue
from server.db import reading
from server.guard import guard
from server.pages.blueprint import blueprint
from server.pages.frame import OFFICE
from server.pages.names import lang
from workflows.actor import Actor

PAGE = 30
#: The column of the visibility matrix by which case files are judged.
AREA = "case"


@dataclass(frozen=True)
class CaseView:
    """The case of a matter as one reader sees it: `content` is false where he reads number and dates alone."""

    overview: Overview
    content: bool
    last_days: dict[int, date]  #: measure → its last day by law, where there is one


@blueprint.get("/cases")
@guard(roles=OFFICE)
def cases(actor: Actor) -> str:
    """List the cases that the reader may know of, newest first."""
    with reading() as session:
        found = select(Case, Clue).join(Clue, Clue.id == Case.clue_id)
        found = found.where(wall.in_area(actor, AREA, "metadata"))
        total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
        if after := request.args.get("after", ""):
            found = found.where(Case.case_no < after)
        rows = session.execute(found.order_by(Case.case_no.desc()).limit(PAGE + 1)).all()
        more = rows[PAGE - 1][0].case_no if len(rows) > PAGE else None
        return render_template("cases.html", rows=rows[:PAGE], total=total, after=more, word=_word)


def of_matter(session: Session, actor: Actor, clue: Clue) -> CaseView | None:
    """Return the case of a matter as the reader sees it, None where he knows nothing of it."""
    view = wall.area_view(session, actor, clue, AREA)
    if view not in ("content", "metadata"):
        return None
    seen = overview.of_clue(session, clue)
    days = {row.id: overview.last_day(session, row) for row in seen.ledgers["measures"]}
    return CaseView(seen, view == "content", {key: on for key, on in days.items() if on is not None})


def _word(table: str, code: str | None) -> str:
    return codes.word(table, code, lang())
