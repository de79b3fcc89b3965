"""`/transfers`: an agency's clues, from sending them to what it may know of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, url_for
from marshmallow import Schema
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import wall
from handlers.registers import Clue
from handlers.wall.rules import PREFIX
from server.api import answers, examples, repeating, signing
from server.api.area import blueprint
from server.api.fields import WordSchema, instant, one, several, text
from server.api.names import Names, state_of, word
from server.api.paging import PageQuery, next_page, page
from server.db import reading
from server.engine_rest.bodies import json_object
from server.guard import guard
from server.pages.clues import visible
from server.pages.documents import READERS
from server.pages.transfers import AGENCY, ENTERING, PROCESS, transfer_form
from server.traffic.repeats import Answer
from workflows import instances
from workflows.actor import Actor
from workflows.errors import InvalidInput


class CreatedSchema(Schema):
    """A transfer that was taken in."""

    id = text("The transfer's id.", "5b0e…")
    number = text("Its number.", "YS-2026-00042")
    state = text("Where to read its state.", "/api/v1/transfers/5b0e…")


class TodoSchema(Schema):
    """What the agency has to do."""

    action = text(
        "`sign_receipt`, `sign_letter` or `complete_transfer`: the operation that does it.", "sign_receipt"
    )
    due_at = instant("Until when.", empty=True)
    address = text("Where to send it.", "/api/v1/transfers/5b0e…/receipt/signature")


class TransferSchema(Schema):
    """A transfer as far as its agency may know of it."""

    id = text("The transfer's id.", "5b0e…")
    number = text("Its number.", "YS-2026-00042")
    receipt_number = text("The number of its receipt, once one is issued.", "HZ-2026-00040", empty=True)
    agency = one(WordSchema, "Who transferred it.")
    state = one(WordSchema, "How far it is, in the one word that an agency may know.")
    submitted_at = instant("When it was sent.")
    result = text("What the office has told the agency of the result.", empty=True)
    todo = several(TodoSchema, "What this account can do about it now.")


class TransfersSchema(Schema):
    """A page of transfers."""

    items = several(TransferSchema, "Transfers, the newest first.")
    next = next_page()


@blueprint.post("/transfers", tags=["transfers"])
@guard(roles=ENTERING)
@blueprint.response(201, CreatedSchema, description="The clue is transferred.", headers=repeating.LOCATION)
@blueprint.doc(parameters=[repeating.PARAMETER], requestBody=answers.body("TransferForm", examples.TRANSFER))
def create_transfer(actor: Actor) -> Response:
    """Transfer a clue.

    The body holds the answers to the transfer form, judged as on the page (线索移送单); files are sent before
    and named by their id. An agency leaves `agency` and `source` out; the office, entering for an agency, does not.
    """
    body = json_object()
    return repeating.done(actor, body, lambda session: _start(session, body, actor), status=201)


@blueprint.get("/transfers", tags=["transfers"])
@guard(roles=AGENCY)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, TransfersSchema, description="A page of transfers.")
def list_transfers(asked: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """List the agency's own transfers, the newest first."""
    with reading() as session:
        mine = select(Clue).where(wall.clues(actor, "status"))
        rows, following = page(session, mine, Clue.submitted_at, Clue.id, asked)
        return {"items": _shown(session, [row.Clue for row in rows], actor), "next": following}


@blueprint.get("/transfers/<transfer_id>", tags=["transfers"])
@guard(roles=READERS)
@blueprint.response(200, TransferSchema, description="The transfer.")
def get_transfer(transfer_id: str, actor: Actor) -> dict[str, Any]:
    """Tell how far a transfer is, and what the agency has to do about it."""
    with reading() as session:
        clue, _ = visible(session, actor, transfer_id)
        return _shown(session, [clue], actor)[0]


def _shown(session: Session, clues: Sequence[Clue], actor: Actor) -> list[dict[str, Any]]:
    """Return transfers as their agency may know of them, with what this actor can do about each."""
    names = Names(session)
    todo: dict[str | None, list[dict[str, Any]]] = defaultdict(list)
    for step in signing.open_steps(session, clues, actor):
        todo[step.task.scope_id].append(_todo(step))
    return [
        {
            "id": clue.id,
            "number": clue.transfer_no,
            "receipt_number": clue.receipt_no,
            "agency": names.unit(clue.agency_code),
            "state": word("agency_words", state_of(clue.stage)),
            "submitted_at": clue.submitted_at,
            "result": clue.feedback,
            "todo": todo[clue.scope_id],
        }
        for clue in clues
    ]


def _todo(step: signing.Step) -> dict[str, Any]:
    action = signing.ACTIONS[step.form.id]
    clue_id = (step.task.scope_id or "").removeprefix(PREFIX)
    return {
        "action": action,
        "due_at": step.task.due_at,
        "address": url_for(f"{blueprint.name}.{action}", transfer_id=clue_id),
    }


def _start(session: Session, body: Mapping[str, Any], actor: Actor) -> Answer:
    form, options = transfer_form(session, actor)
    answers.checked(session, form, options, body, actor)
    try:
        started = instances.start(session, key=PROCESS, actor=actor, answers=body)
    except InvalidInput as error:
        if not error.fields:
            raise
        raise answers.explained(form, options, error.fields) from None
    clue_id = (started.scope_id or "").removeprefix(PREFIX)
    address = url_for("api.get_transfer", transfer_id=clue_id)
    return Answer({"id": clue_id, "number": started.business_key, "state": address}, address)
