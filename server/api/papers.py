"""The papers that went to an agency about its transfer: the receipt, and the letter by which a clue is handed on."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from marshmallow import Schema
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.registers import Clue, Document, Handover, papers
from server.api import drawing
from server.api.area import blueprint
from server.api.fields import SideSchema, instant, one, text, whole
from server.api.names import Names
from server.db import unit_of_work
from server.guard import guard
from server.limited import count
from server.pages.clues import visible
from server.pages.documents import READERS, seen
from server.pages.papers import readable
from server.traffic.rates import EXPORTS
from workflows.actor import Actor
from workflows.errors import NotFound


class PaperSchema(Schema):
    """A paper that went from the office to the agency, and who has signed for it."""

    number = text("The paper's number.", "HZ-2026-00040")
    title = text("Its title.", "问题线索移送回执")
    version = whole("Its version; a new one is made when both have signed.", 2)
    issued_at = instant("When this version was made.")
    sha256 = text("SHA-256 of the paper as it is kept (`application/vnd.duban.paper+json`).")
    transfer_number = text("The number of the transfer that it is about.", "YS-2026-00042")
    given = one(SideSchema, "Who handed it over.")
    given_at = instant("When that was signed.", empty=True)
    taken = one(SideSchema, "Who signed for it, or is to sign.")
    taken_at = instant("When the receiver signed; null until then.", empty=True)
    document = text("Address of the document.", "/api/v1/documents/77a1…")


def _forms(function: Any) -> Any:
    """Let the document say that a paper is also given as PDF and as a page."""
    return blueprint.doc(responses={200: {"content": drawing.FORMS}})(function)


@blueprint.get("/transfers/<transfer_id>/receipt", tags=["transfers"])
@guard(roles=READERS)
@_forms
@blueprint.response(200, PaperSchema, description="The receipt.")
def get_receipt(transfer_id: str, actor: Actor) -> Response | dict[str, Any]:
    """Give the receipt of a transfer (移送回执).

    As JSON, or by `Accept` as `application/pdf` or `text/html`. 404 until it is issued.
    """
    return _paper("receipt", "receipt", transfer_id, actor)


@blueprint.get("/transfers/<transfer_id>/letter", tags=["transfers"])
@guard(roles=READERS)
@_forms
@blueprint.response(200, PaperSchema, description="The letter.")
def get_letter(transfer_id: str, actor: Actor) -> Response | dict[str, Any]:
    """Give the letter by which a clue is handed on or returned (移送、退回函).

    As JSON, or by `Accept` as `application/pdf` or `text/html`. 404 where there is none.
    """
    return _paper("transfer_letter", "letter", transfer_id, actor)


def _paper(kind: str, step: str, transfer_id: str, actor: Actor) -> Response | dict[str, Any]:
    media_type = drawing.wanted(drawing.JSON, drawing.PDF, drawing.HTML)
    if media_type != drawing.JSON:
        count(EXPORTS, actor)
    with unit_of_work() as session:
        clue, view = visible(session, actor, transfer_id)
        newest = select(Document.id).where(
            Document.clue_id == clue.id,
            Document.kind == kind,
            Document.media_type == papers.MEDIA_TYPE,
            readable(session, actor, clue, view),
        )
        found_id = session.scalar(
            newest.order_by(Document.created_at.desc(), Document.version.desc()).limit(1)
        )
        if found_id is None:
            raise NotFound("This paper has not been issued.", code="not_issued")
        _, found, _ = seen(session, actor, clue.id, found_id)
        if media_type == drawing.JSON:
            return _told(session, clue, found, step)
        assert found.content is not None  # loads what is deferred
    return drawing.drawn(found, media_type)


def _told(session: Session, clue: Clue, found: Document, step: str) -> dict[str, Any]:
    handed = select(Handover).where(Handover.clue_id == clue.id, Handover.step == step)
    last = session.scalars(handed.order_by(Handover.id.desc()).limit(1)).one()
    names = Names(session)
    return {
        "number": found.number,
        "title": found.title,
        "version": found.version,
        "issued_at": found.created_at,
        "sha256": found.sha256,
        "transfer_number": clue.transfer_no,
        "given": {"unit": names.unit(last.from_unit), "name": names.person(last.from_login)},
        "given_at": last.signed_by_from_at,
        "taken": {"unit": names.unit(last.to_unit), "name": names.person(last.to_login)},
        "taken_at": last.signed_by_to_at,
        "document": url_for("api.get_document", document_id=found.id),
    }
