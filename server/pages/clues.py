"""The clue register and the page of one matter, as far as the wall lets the reader see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import render_template, request
from sqlalchemy import ColumnElement, func, or_, select, tuple_
from sqlalchemy.orm import Session

from handlers import archiving, areas, codes, correcting, keeping, office, recusing, wall
from handlers.erasure import appraisal
from handlers.registers import (
    DUTY,
    Clue,
    ClueHandler,
    ClueSubject,
    Handover,
    MatterEvent,
    Meeting,
    assigned,
)
from server.db import reading
from server.guard import guard
from server.pages import audit, cases, clearing, clocks, concerning, duals, inquiries, papers, sanctions
from server.pages.blueprint import blueprint
from server.pages.events import event_words
from server.pages.frame import OFFICE, day_of, midnight
from server.pages.happenings import heard
from server.pages.names import lang
from server.pages.opinions import said
from workflows.actor import Actor
from workflows.errors import NotFound
from workflows.model import Instance, Task

PAGE = 30


@dataclass(frozen=True)
class Wanted:
    """What the register is narrowed to; empty leaves a thing open."""

    text: str = ""
    stage: str = ""
    office: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def from_request(cls) -> Wanted:
        """Return the filter in the present address."""
        return cls(**{name: request.args.get(name, "").strip() for name in cls.__dataclass_fields__})

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the filter over `Clue`; a day that cannot be read leaves its end open."""
        found: list[ColumnElement[bool]] = []
        if self.text:
            # Numbers only: a search by name across matters is nobody's (domain rule 9).
            numbers = (Clue.clue_no, Clue.transfer_no, Clue.receipt_no)
            found.append(or_(*(number.contains(self.text, autoescape=True) for number in numbers)))
        if self.stage:
            found.append(Clue.stage == self.stage)
        if self.office:
            found.append(Clue.office_code == self.office)
        if since := day_of(self.since):
            found.append(Clue.submitted_at >= midnight(since))
        if until := day_of(self.until):
            found.append(Clue.submitted_at < midnight(until + timedelta(days=1)))
        return found


@blueprint.get("/clues")
@guard(roles=OFFICE)
def clues(actor: Actor) -> str:
    """List the clues that the reader may know of, newest first."""
    wanted = Wanted.from_request()
    conditions = [wall.clues(actor, "metadata"), *wanted.conditions()]
    with reading() as session:
        total = session.scalar(select(func.count()).select_from(Clue).where(*conditions)) or 0
        found = select(Clue).where(*conditions).order_by(Clue.submitted_at.desc(), Clue.id.desc())
        after = session.get(Clue, request.args.get("after", ""))
        if after:
            found = found.where(tuple_(Clue.submitted_at, Clue.id) < (after.submitted_at, after.id))
        rows = session.scalars(found.limit(PAGE + 1)).all()
        offices = session.scalars(
            select(office.Unit).where(office.Unit.kind == "office").order_by(office.Unit.path)
        ).all()
        return render_template(
            "clues.html",
            rows=rows[:PAGE],
            after=rows[PAGE - 1].id if len(rows) > PAGE else None,
            total=total,
            wanted=wanted,
            offices=offices,
            stages=codes.rows("clue_stages"),
            open_tasks=_open_tasks(session, actor, rows[:PAGE]),
            word=word,
        )


@blueprint.get("/clues/<clue_id>")
@guard(roles=OFFICE)
def clue(actor: Actor, clue_id: str) -> str:
    """Show one matter: its data, people, hand-overs, documents, record and diagram."""
    with reading() as session:
        row = known(session, actor, clue_id)
        view = wall.view(session, actor, row)
        return render_template(
            "clue.html",
            clue=row,
            full=view == "content",
            alike=recusing.alike(session, actor, row),
            may_see_recusals=view == "content" and bool(actor.groups & (recusing.ASKING | {"principal"})),
            word=word,
            event_words=event_words,
            happenings=heard(session, actor, row),
            relations=_relations(session, actor, row),
            **_parts(session, actor, row),
            case_view=cases.of_matter(session, actor, row),
            clearing=clearing.of_matter(session, actor, row),
            dual=duals.of_matter(session, actor, row) if view == "content" else None,
            corrections=[] if wall.closed_areas(session, actor, row) else correcting.of_clue(session, row),
            assignment=assigned.of_clue(session, row),
            inquired=inquiries.of_clue(session, actor, row) if view == "content" else None,
            holds=keeping.held(session, row.scope_id) if view == "content" else [],
            destroyed=appraisal.erased(session, row),
            may_see_keeping=view == "content" and bool(actor.groups & archiving.HOLDING),
            dials=clocks.of_matter(session, actor, row) if view == "content" else [],
            clock_words=clocks.state_words,
            act_words=clocks.act_words,
            sanctioned=sanctions.seen_by(session, actor, row),
            consulted=sanctions.consulted_by(session, actor, row),
            # Case supervision sees the log of the matters that it answers for (domain.md §4.1).
            readers=audit.readers(session, row.scope_id) if wall.reads_log_of(actor) else [],
        )


def visible(session: Session, actor: Actor, clue_id: str) -> tuple[Clue, str]:
    """Return the clue and the view that the actor has of it; NotFound where there is none."""
    row = session.get(Clue, clue_id)
    view = wall.view(session, actor, row) if row else None
    if row is None or view is None:
        raise NotFound(f"There is no clue {clue_id}.", code="clue")
    return row, view


def known(session: Session, actor: Actor, clue_id: str) -> Clue:
    """Return the clue, if the actor may know at least that it is there; NotFound where not."""
    clue, view = visible(session, actor, clue_id)
    if view == "status":
        raise NotFound(f"There is no clue {clue_id}.", code="clue")
    return clue


def word(table: str, code: str | None) -> str:
    """Return the name of a code in the page's language."""
    return codes.word(table, code, lang())


def _parts(session: Session, actor: Actor, row: Clue) -> dict[str, Any]:
    """Return everything that belongs to a matter, each list in the order in which it came."""

    def all_of(kind: Any) -> Any:
        return session.scalars(select(kind).where(kind.clue_id == row.id).order_by(kind.id)).all()

    instance = session.get(Instance, row.instance_id) if row.instance_id else None
    events = select(MatterEvent).where(MatterEvent.scope_id == row.scope_id).order_by(MatterEvent.id)
    tasks = select(Task).where(Task.scope_id == row.scope_id, Task.closed_at.is_(None), wall.steps(actor))
    open_tasks = session.scalars(tasks.order_by(Task.due_at)).all()
    closed = wall.closed_areas(session, actor, row)

    def open_to_him(rows: Any) -> list[Any]:
        return [one for one in rows if areas.of_stage(one.stage) not in closed]

    return {
        "instance": instance,
        "subjects": [one for one in all_of(ClueSubject) if one.kind != DUTY],
        "handlers": all_of(ClueHandler),
        "handovers": all_of(Handover),
        "opinions": said(session, actor, row),
        "meetings": open_to_him(all_of(Meeting)),
        "documents": papers.lines(session, actor, row, "content"),
        "events": open_to_him(session.scalars(events)),
        "tasks": open_tasks,
        "of_whom": concerning.of_whom(session, actor, open_tasks),
    }


def _relations(session: Session, actor: Actor, row: Clue) -> list[tuple[str, Clue, bool]]:
    """Return the clues of which this one is a part or a repetition, each with whether the reader may open it."""
    near = select(Clue).where((Clue.split_from == row.id) | Clue.id.in_([row.duplicate_of, row.split_from]))
    kinds = {row.duplicate_of: "joined", row.split_from: "split_from"}
    return [
        (kinds.get(one.id, "split"), one, wall.view(session, actor, one) in ("content", "metadata"))
        for one in session.scalars(near.order_by(Clue.transfer_no))
    ]


def _open_tasks(session: Session, actor: Actor, rows: Any) -> dict[str, Task]:
    """Return the most pressing open task of each clue."""
    scopes = [row.scope_id for row in rows]
    pressing: dict[str, Task] = {}
    found = select(Task).where(Task.scope_id.in_(scopes), Task.closed_at.is_(None), wall.steps(actor))
    for task in session.scalars(found):
        best = pressing.get(task.scope_id or "")
        if best is None or (task.due_at or _NEVER) < (best.due_at or _NEVER):
            pressing[task.scope_id or ""] = task
    return pressing


_NEVER = datetime.max.replace(tzinfo=UTC)
