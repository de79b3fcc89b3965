"""`/hand-overs`: from whose hand into whose a clue passed, and when each of them signed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields
from sqlalchemy import ColumnElement, and_, or_, select

from handlers import wall
from handlers.registers import Clue, Handover
from handlers.wall.rules import units_of
from server.api.area import blueprint
from server.api.fields import SideSchema, instant, one, several, text, whole
from server.api.names import Names
from server.api.paging import PageQuery, between, day, next_page, page
from server.db import reading
from server.engine_rest.kinds import Text
from server.guard import guard
from server.pages.documents import READERS
from server.pages.frame import OFFICE
from workflows.actor import Actor


class HandoverQuery(PageQuery):
    """What the hand-overs are narrowed to."""

    clue = Text(metadata={"description": "Number or id of one clue.", "examples": ["XS-2026-00037"]})
    open = fields.Boolean(metadata={"description": "Whether the receiver has yet to sign."})
    since = day("Handed over on this day or later.", "from")
    until = day("Handed over on this day or before.", "to")


class HandoverSchema(Schema):
    """A clue passing from hand to hand; both sides sign."""

    id = whole("The hand-over's number.", 1204)
    clue = text("The id of the clue, which is the transfer's too.", "5b0e…")
    number = text("Its clue number, else and for agencies its transfer number.", "XS-2026-00037")
    step = text("At which step: transfer, return, receipt, letter, …", "receipt")
    given = one(SideSchema, "Who hands over.")
    given_at = instant("When that was signed.", empty=True)
    taken = one(SideSchema, "Who takes over.")
    taken_at = instant("When that was signed; null until then.", empty=True)
    at = instant("When it was handed over.")


class HandoversSchema(Schema):
    """A page of hand-overs."""

    items = several(HandoverSchema, "Hand-overs, the newest first.")
    next = next_page()


@blueprint.get("/hand-overs", tags=["hand-overs"])
@guard(roles=READERS)
@blueprint.arguments(HandoverQuery, location="query")
@blueprint.response(200, HandoversSchema, description="A page of hand-overs.")
def list_handovers(asked: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """List every hand-over with name and time, the newest first (每一次交接都有记录).

    Of a clue that the account may read, all of them; an agency finds those between itself and the office.
    Reading them leaves a trace.
    """
    wanted = select(Handover, Clue).join(Clue, Clue.id == Handover.clue_id)
    wanted = wanted.where(_visible(actor), *_conditions(asked))
    with reading() as session:
        rows, following = page(session, wanted, Handover.at, Handover.id, asked)
        names, inside = Names(session), bool(actor.groups & OFFICE)
        return {"items": [_shown(row.Handover, row.Clue, names, inside) for row in rows], "next": following}


def _visible(actor: Actor) -> ColumnElement[bool]:
    own = units_of(actor, "agency_clerk")
    between_us = or_(Handover.from_unit.in_(own), Handover.to_unit.in_(own))
    return or_(wall.clues(actor, "content"), and_(Clue.agency_code.in_(own), between_us))


def _conditions(asked: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    found = between(Handover.at, asked)
    if number := asked.get("clue"):
        found.append(or_(*(c == number for c in (Clue.clue_no, Clue.transfer_no, Clue.receipt_no, Clue.id))))
    if "open" in asked:
        unsigned = Handover.signed_by_to_at.is_(None)
        found.append(unsigned if asked["open"] else ~unsigned)
    return found


def _shown(row: Handover, clue: Clue, names: Names, inside: bool) -> dict[str, Any]:
    return {
        "id": row.id,
        "clue": clue.id,
        # The office's own number says how many clues there are: agencies know theirs.
        "number": (inside and clue.clue_no) or clue.transfer_no,
        "step": row.step,
        "given": {"unit": names.unit(row.from_unit), "name": names.person(row.from_login)},
        "given_at": row.signed_by_from_at,
        "taken": {"unit": names.unit(row.to_unit), "name": names.person(row.to_login)},
        "taken_at": row.signed_by_to_at,
        "at": row.at,
    }
