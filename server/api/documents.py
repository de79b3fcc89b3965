"""`/documents`: papers and files of a matter, what they are and what stands in them."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from marshmallow import Schema
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.registers import Document, papers
from server.api import drawing
from server.api.area import blueprint
from server.api.fields import WordSchema, flag, instant, one, text, whole
from server.api.names import word
from server.db import unit_of_work
from server.guard import guard
from server.limited import limited
from server.pages.documents import READERS, seen
from server.traffic.rates import EXPORTS
from workflows.actor import Actor
from workflows.errors import NotFound


class DocumentSchema(Schema):
    """A document of a matter."""

    id = text("The document's id.", "77a1…")
    clue = text("The id of its matter, which is the transfer's too.", "5b0e…")
    kind = one(WordSchema, "What it is for.")
    number = text("Its number; null for files.", "HZ-2026-00040", empty=True)
    title = text("Its title, or the file's name.", "问题线索移送回执")
    version = whole("Its version.", 1)
    made = flag("Whether the process made it: such a paper is given as PDF, as a page, and as it is kept.")
    secrecy = one(WordSchema, "Its secrecy class.")
    media_type = text("What is kept.", "application/vnd.duban.paper+json")
    size = whole("Bytes of what is kept.", 2113)
    sha256 = text("SHA-256 of what is kept, in hexadecimal digits.")
    created_at = instant("When it was made or came.")
    content = text("Where its content is.", "/api/v1/documents/77a1…/content")


@blueprint.get("/documents/<document_id>", tags=["documents"])
@guard(roles=READERS)
@blueprint.response(200, DocumentSchema, description="The document.")
def get_document(document_id: str, actor: Actor) -> dict[str, Any]:
    """Tell what a document is: its kind, number, version, secrecy class and checksum."""
    with unit_of_work() as session:
        return shown(found(session, actor, document_id))


@blueprint.get("/documents/<document_id>/content", tags=["documents"])
@guard(roles=READERS)
@limited(EXPORTS)
@blueprint.doc(
    responses={
        200: {
            "description": "The content.",
            "content": {
                **drawing.FORMS,
                papers.MEDIA_TYPE: {"schema": {"type": "object"}},
                "*/*": {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}},
            },
            "headers": {
                "Repr-Digest": {
                    "description": "SHA-256 of the bytes sent (RFC 9530).",
                    "schema": {"type": "string"},
                }
            },
        }
    }
)
@blueprint.response(200, description="The content.")
def get_document_content(document_id: str, actor: Actor) -> Response:
    """Give what stands in a document.

    A paper that the process made is given as `application/pdf`, or by `Accept` as a Word file, as `text/html` or as
    it is kept (`application/vnd.duban.paper+json`, of which `sha256` is the checksum); a file byte for byte.
    """
    with unit_of_work() as session:
        row = found(session, actor, document_id)
        assert row.content is not None  # loads what is deferred
    made = row.media_type == papers.MEDIA_TYPE
    return drawing.drawn(row, drawing.wanted(*drawing.FORMS, papers.MEDIA_TYPE) if made else "")


def found(session: Session, actor: Actor, document_id: str) -> Document:
    """Return a document that the actor may see, having written down that he did; NotFound otherwise."""
    clue_id = session.scalar(select(Document.clue_id).where(Document.id == document_id))
    try:
        return seen(session, actor, clue_id or "", document_id)[1]
    except NotFound:
        # The same words whether the document or its matter is not to be seen.
        raise NotFound(f"There is no document {document_id}.", code="document") from None


def shown(row: Document) -> dict[str, Any]:
    """Return what a document is."""
    return {
        "id": row.id,
        "clue": row.clue_id,
        "kind": word("document_kinds", row.kind),
        "number": row.number,
        "title": row.title,
        "version": row.version,
        "made": row.media_type == papers.MEDIA_TYPE,
        "secrecy": word("secrecy_classes", row.secrecy),
        "media_type": row.media_type,
        "size": row.size,
        "sha256": row.sha256,
        "created_at": row.created_at,
        "content": url_for("api.get_document_content", document_id=row.id),
    }
