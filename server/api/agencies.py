"""`/agencies`: the units that transfer clues; an agency finds itself only."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema
from sqlalchemy import false, or_, select

from handlers import office
from handlers.wall.rules import units_of
from server.api.area import blueprint
from server.api.fields import WordSchema, several
from server.db import reading
from server.guard import guard
from server.pages.documents import READERS
from server.pages.frame import OFFICE
from workflows.actor import Actor


class AgenciesSchema(Schema):
    """Agencies."""

    items = several(WordSchema, "The agencies, by code.")


@blueprint.get("/agencies", tags=["agencies"])
@guard(roles=READERS)
@blueprint.response(200, AgenciesSchema, description="The agencies.")
def list_agencies(actor: Actor) -> dict[str, Any]:
    """List the agencies that transfer clues.

    The office's own people see all of them, an agency itself only.
    """
    own = or_(false(), office.Unit.code.in_(units_of(actor, "agency_clerk")))
    wanted = select(office.Unit).where(office.Unit.kind == "agency")
    with reading() as session:
        rows = session.scalars(
            (wanted if actor.groups & OFFICE else wanted.where(own)).order_by(office.Unit.code)
        )
        return {"items": [{"code": row.code, "zh": row.name_zh, "en": row.name_en} for row in rows]}
