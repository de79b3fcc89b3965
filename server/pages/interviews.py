"""The register of talks and inquiries: four acts in one list, each counted for itself, as far as the wall shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _
from sqlalchemy import Row, Select, select, tuple_
from sqlalchemy.orm import Session

from handlers import codes, lists, office, wall
from handlers.inquiries import Interview, register
from handlers.registers import Clue
from server.db import reading
from server.downloads import download
from server.guard import guard
from server.limited import limited
from server.pages import names
from server.pages.blueprint import blueprint
from server.pages.frame import INTERVIEWING, day, day_of, midnight
from server.pages.names import lang
from server.traffic.rates import EXPORTS
from workflows.actor import Actor

PAGE = 30
MOST_EXPORTED = 10_000
#: The column of the visibility matrix by which they are judged.
AREA = "interview"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Line:
    """One act as the reader sees it; without people where he reads number, state and day alone."""

    act: str
    number: str
    at: datetime
    state: str
    office: str
    people: tuple[tuple[str, str], ...]
    clue_id: str | None
    key: str  #: what the next page begins after


@blueprint.get("/interviews")
@guard(roles=INTERVIEWING)
def interviews(actor: Actor) -> str:
    """List the talks and inquiries that the reader may know of, newest first."""
    wanted = _wanted()
    with reading() as session:
        found = _found(actor, wanted)
        rows = session.execute(_after(found, request.args.get("after", "")).limit(PAGE + 1)).all()
        shown = _lines(session, actor, rows[:PAGE])
        return render_template(
            "interviews.html",
            rows=shown,
            after=shown[-1].key if len(rows) > PAGE else None,
            counts=register.counts(session, found),
            acts=codes.rows("interview_acts"),
            wanted={
                name: request.args.get(name, "").strip()
                for name in ("act", "number", "office", "since", "until")
            },
            offices=session.scalars(
                select(office.Unit).where(office.Unit.kind == "office").order_by(office.Unit.path)
            ).all(),
        )


@blueprint.get("/interviews/rows.xlsx")
@guard(roles=INTERVIEWING)
@limited(EXPORTS)
def interview_list(actor: Actor) -> Response:
    """Give the rows of the filter as a workbook, newest first."""
    headings = [_("Number"), _("Kind of talk"), _("Date"), _("Office"), _("With whom"), _("State")]
    with reading() as session:
        rows = session.execute(_found(actor, _wanted()).limit(MOST_EXPORTED)).all()
        cells = [_cells(line) for line in _lines(session, actor, rows)]
    content = lists.write_xlsx(
        headings, cells, title=_("Talks and inquiries"), widths=(18, 12, 12, 24, 48, 14)
    )
    return download(content, XLSX, "谈话函询诫勉台账.xlsx")


def _wanted() -> register.Wanted:
    said = {name: request.args.get(name, "").strip() for name in ("act", "number", "office")}
    since, until = (day_of(request.args.get(name, "").strip()) for name in ("since", "until"))
    return register.Wanted(
        **said,
        since=midnight(since) if since else None,
        before=midnight(until + timedelta(days=1)) if until else None,
    )


def _found(actor: Actor, wanted: register.Wanted) -> Select[Any]:
    known = wall.in_area(actor, AREA, "metadata"), wall.interviews(actor, "metadata")
    return register.entries(*known, wanted)


def _after(found: Select[Any], key: str) -> Select[Any]:
    """Return what comes after a line, by its instant and number; a key that cannot be read begins anew."""
    at, _sign, number = key.partition("/")
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        return found
    columns = found.selected_columns
    return found.where(tuple_(columns.at, columns.number) < (instant, number))


def _lines(session: Session, actor: Actor, rows: Sequence[Row[Any]]) -> list[Line]:
    clues = _among(session, wall.in_area(actor, AREA), Clue.id, {row.clue_id for row in rows if row.clue_id})
    talks = _among(
        session, wall.interviews(actor), Interview.number, {row.number for row in rows if not row.clue_id}
    )
    known = _among(
        session, wall.clues(actor, "metadata"), Clue.id, {row.clue_id for row in rows if row.clue_id}
    )
    return [
        _line(session, row, content=row.clue_id in clues or row.number in talks, linked=row.clue_id in known)
        for row in rows
    ]


def _among(session: Session, seen: Any, key: Any, named: set[str]) -> set[str]:
    return set(session.scalars(select(key).where(key.in_(named), seen))) if named else set()


def _line(session: Session, row: Row[Any], *, content: bool, linked: bool) -> Line:
    act = next(one for one in codes.rows("interview_acts") if one["code"] == row.act)
    return Line(
        act=act[lang()],
        number=row.number,
        at=row.at,
        state=codes.word(act["state_table"], row.state, lang()),
        office=names.unit(row.office),
        people=tuple(register.people(session, row)) if content else (),
        clue_id=row.clue_id if linked else None,
        key=f"{row.at.isoformat()}/{row.number}",
    )


def _cells(line: Line) -> list[lists.Value]:
    people = names.joined(f"{name}（{post}）" if post else name for name, post in line.people)
    return [line.number, line.act, day(line.at), line.office, people, line.state]
