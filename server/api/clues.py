"""`/clues`: the clue register for the offices' own systems, as far as the wall lets the account see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, validate
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from handlers import codes, wall
from handlers.registers import Clue, Document
from server.api import documents
from server.api.area import blueprint
from server.api.clue_schemas import ClueSchema, WholeClueSchema, content, entry
from server.api.fields import several
from server.api.names import Names, stages_of
from server.api.paging import PageQuery, between, day, next_page, page
from server.db import reading
from server.engine_rest.kinds import Text
from server.guard import guard
from server.pages.frame import OFFICE
from server.pages.papers import readable
from workflows.actor import Actor
from workflows.errors import NotFound

STAGES = [row["code"] for row in codes.rows("clue_stages")]
STATES = [row["code"] for row in codes.rows("agency_words")]


class ClueQuery(PageQuery):
    """What the register is narrowed to."""

    stage = Text(validate=validate.OneOf(STAGES), metadata={"description": "A stage of the procedure."})
    state = Text(validate=validate.OneOf(STATES), metadata={"description": "A word that agencies know."})
    agency = Text(metadata={"description": "The code of the agency.", "examples": ["STJ"]})
    since = day("Sent on this day or later.", "from")
    until = day("Sent on this day or before.", "to")


class CluesSchema(Schema):
    """A page of the register."""

    items = several(ClueSchema, "Clues, the newest first.")
    next = next_page()


class DocumentsSchema(Schema):
    """The documents of a clue."""

    items = several(
        documents.DocumentSchema, "Papers and files, every version, in the order in which they came."
    )


@blueprint.get("/clues", tags=["clues"])
@guard(roles=OFFICE)
@blueprint.arguments(ClueQuery, location="query")
@blueprint.response(200, CluesSchema, description="A page of the register.")
def list_clues(asked: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """List the clues that the account may know of, the newest first."""
    wanted = select(Clue).where(wall.clues(actor, "metadata"), *_conditions(asked))
    with reading() as session:
        rows, following = page(session, wanted, Clue.submitted_at, Clue.id, asked)
        names = Names(session)
        return {"items": [entry(row.Clue, names) for row in rows], "next": following}


@blueprint.get("/clues/<number>", tags=["clues"])
@guard(roles=OFFICE)
@blueprint.response(200, WholeClueSchema, description="The clue.")
def get_clue(number: str, actor: Actor) -> dict[str, Any]:
    """Give one clue, by its clue number, transfer number, receipt number or id. Reading it leaves a trace."""
    with reading() as session:
        clue, view = _read(session, actor, number)
        names = Names(session)
        behind = content(session, clue, names) if view == "content" else None
        return {**entry(clue, names), "content": behind}


@blueprint.get("/clues/<number>/documents", tags=["clues", "documents"])
@guard(roles=OFFICE)
@blueprint.response(200, DocumentsSchema, description="The documents.")
def list_documents(number: str, actor: Actor) -> dict[str, Any]:
    """List the papers and files of a clue, each version of each."""
    with reading() as session:
        clue, view = _read(session, actor, number)
        rows = select(Document).where(Document.clue_id == clue.id, readable(session, actor, clue, view))
        ordered = rows.order_by(Document.created_at, Document.version, Document.id)
        return {"items": [documents.shown(row) for row in session.scalars(ordered)]}


def _read(session: Session, actor: Actor, number: str) -> tuple[Clue, str]:
    """Return the clue of a number and the actor's view of it."""
    known = or_(*(column == number for column in (Clue.clue_no, Clue.transfer_no, Clue.receipt_no, Clue.id)))
    clue = session.scalar(select(Clue).where(known, wall.clues(actor, "metadata")))
    view = wall.view(session, actor, clue) if clue else None
    if clue is None or view is None:
        raise NotFound(f"There is no clue {number}.", code="clue")
    return clue, view


def _conditions(asked: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    found = between(Clue.submitted_at, asked)
    if "stage" in asked:
        found.append(Clue.stage == asked["stage"])
    if "state" in asked:
        found.append(Clue.stage.in_(stages_of(asked["state"])))
    if "agency" in asked:
        found.append(Clue.agency_code == asked["agency"])
    return found
