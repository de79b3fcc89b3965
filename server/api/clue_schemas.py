"""What the office is told of a clue: the entry of the register, and what stands behind the wall."""

from __future__ import annotations

from typing import Any

from flask import url_for
from marshmallow import Schema
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.registers import DUTY, Clue, ClueHandler, ClueSubject
from server.api.fields import WordSchema, day, flag, instant, number, one, several, text, texts
from server.api.names import Names, state_of, word


class ClueSchema(Schema):
    """An entry of the clue register."""

    id = text("The clue's id.", "5b0e…")
    number = text("Its clue number, from registration on.", "XS-2026-00037", empty=True)
    transfer_number = text("The number of its transfer.", "YS-2026-00042")
    receipt_number = text("The number of its receipt.", "HZ-2026-00040", empty=True)
    stage = one(WordSchema, "The stage of the office's own procedure.")
    state = one(WordSchema, "The one word that its agency may know.")
    source = one(WordSchema, "Where it came from.")
    agency = one(WordSchema, "Who transferred it.")
    office = one(WordSchema, "The handling office, once there is one.", empty=True)
    major = flag("Whether it is a major clue.")
    secrecy = one(WordSchema, "Its secrecy class.")
    submitted_at = instant("When it was sent.")
    received_at = instant("When it was received.", empty=True)
    registered_at = instant("When it was registered.", empty=True)
    concluded_at = instant("When it was concluded.", empty=True)
    address = text("Address of the whole clue.", "/api/v1/clues/XS-2026-00037")


class SubjectSchema(Schema):
    """A person or body that a clue is about."""

    kind = text("`person` or `org`.", "person")
    name = text("The name.", "钱某某")
    unit = text("Where the person works.", "东湖区城市管理局")
    post = text("The post.", "副局长")
    rank = one(WordSchema, "The rank.", empty=True)
    political_status = one(WordSchema, "The political status.", empty=True)


class HandlerSchema(Schema):
    """Somebody to whom a clue was assigned."""

    name = text("The person's name.", "张承办")
    assigned_at = instant("When it was assigned.")
    declared_at = instant("When the person signed and declared on recusal.", empty=True)
    recused = flag("Whether the person recused himself or herself.")
    ended_at = instant("When the assignment ended.", empty=True)


class ContentSchema(Schema):
    """What stands behind the wall."""

    legal_basis = one(WordSchema, "The legal basis of the transfer.", empty=True)
    domain = one(WordSchema, "The domain.", empty=True)
    subjects = several(SubjectSchema, "Whom it is about.")
    facts = text("The facts.")
    event_from = day("The first day of the events.")
    event_to = day("The last day of the events.")
    amount = number("The amount concerned, in yuan.", 186000.5)
    agency_conclusion = text("What the agency has found and done.")
    urgency = one(WordSchema, "How urgent the agency finds it.", empty=True)
    named_report = flag("Whether it goes back to a report by name.")
    contact = text("Whom to ask at the agency.")
    summary = text("The summary made at registration.", empty=True)
    category = one(WordSchema, "The category of the problem.", empty=True)
    tags = texts("Codes of `problem_tags`.", [])
    major_signs = texts("Codes of the signs by which it is major.", [])
    way = one(WordSchema, "The way of disposal, as approved.", empty=True)
    review_on = day("When a held clue is looked at again.")
    close_reason = one(WordSchema, "Why it was closed.", empty=True)
    competent_body = text("Whose it is, in whole or in part, where it is not this office's.", empty=True)
    duplicate_of = text("The id of the clue that it repeats.", empty=True)
    split_from = text("The id of the clue of which it was a part.", empty=True)
    result = text("What the agency was told of the result.", empty=True)
    handlers = several(HandlerSchema, "Everybody to whom it was assigned.")


class WholeClueSchema(ClueSchema):
    """A clue as far as this account may see it."""

    content = one(ContentSchema, "Null where the account may know of the clue but not read it.", empty=True)
    documents = text("Address of its documents.", "/api/v1/clues/XS-2026-00037/documents")


def entry(clue: Clue, names: Names) -> dict[str, Any]:
    """Return the register's entry of a clue."""
    number = clue.clue_no or clue.transfer_no
    return {
        "id": clue.id,
        "number": clue.clue_no,
        "transfer_number": clue.transfer_no,
        "receipt_number": clue.receipt_no,
        "stage": word("clue_stages", clue.stage),
        "state": word("agency_words", state_of(clue.stage)),
        "source": word("clue_sources", clue.source),
        "agency": names.unit(clue.agency_code),
        "office": names.unit(clue.office_code),
        "major": clue.major,
        "secrecy": word("secrecy_classes", clue.secrecy),
        "submitted_at": clue.submitted_at,
        "received_at": clue.received_at,
        "registered_at": clue.registered_at,
        "concluded_at": clue.concluded_at,
        "address": url_for("api.get_clue", number=number),
        "documents": url_for("api.list_documents", number=number),
    }


def content(session: Session, clue: Clue, names: Names) -> dict[str, Any]:
    """Return everything of a clue that stands behind the wall."""
    subjects = select(ClueSubject).where(ClueSubject.clue_id == clue.id, ClueSubject.kind != DUTY)
    handlers = select(ClueHandler).where(ClueHandler.clue_id == clue.id).order_by(ClueHandler.id)
    plain = {name: getattr(clue, name) for name in _PLAIN}
    coded = {name: word(table, getattr(clue, name)) for name, table in _CODED.items()}
    return {
        **plain,
        **coded,
        "result": clue.feedback,
        "subjects": [_subject(row) for row in session.scalars(subjects.order_by(ClueSubject.id))],
        "handlers": [_handler(row, names) for row in session.scalars(handlers)],
    }


_PLAIN = (
    "facts",
    "event_from",
    "event_to",
    "amount",
    "agency_conclusion",
    "named_report",
    "contact",
    "summary",
    "tags",
    "major_signs",
    "review_on",
    "competent_body",
    "duplicate_of",
    "split_from",
)
_CODED = {
    "legal_basis": "legal_bases",
    "domain": "domains",
    "urgency": "urgencies",
    "category": "problem_categories",
    "way": "disposal_ways",
    "close_reason": "close_reasons",
}


def _subject(row: ClueSubject) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "name": row.name,
        "unit": row.unit,
        "post": row.post,
        "rank": word("ranks", row.rank),
        "political_status": word("political_statuses", row.political_status),
    }


def _handler(row: ClueHandler, names: Names) -> dict[str, Any]:
    return {
        "name": names.person(row.login),
        "assigned_at": row.assigned_at,
        "declared_at": row.declared_at,
        "recused": row.recused,
        "ended_at": row.ended_at,
    }
