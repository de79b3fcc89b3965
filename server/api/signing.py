"""What an agency does about its transfer: sign for the receipt, sign for the letter, add what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response
from marshmallow import Schema
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.registers import Clue
from server.api import answers, examples, repeating
from server.api.area import blueprint
from server.api.fields import text
from server.engine_rest.bodies import json_object
from server.guard import guard
from server.pages.clues import visible
from server.pages.transfers import ENTERING
from server.traffic.repeats import Answer
from workflows import clock, deployed, recording, tasks, visibility
from workflows.actor import Actor
from workflows.errors import Conflict, InvalidInput
from workflows.forms import Form
from workflows.model import Task

#: The form of a step that is the agency's → what the API calls it.
ACTIONS = {
    "clue_receipt": "sign_receipt",
    "clue_letter_receipt": "sign_letter",
    "clue_complete": "complete_transfer",
}


class SignedSchema(Schema):
    """A step that is done."""

    id = text("The id of what was signed for.", "5b0e…")
    signed_at = text("When, in UTC.", "2026-03-09T06:30:00+00:00")


@dataclass(frozen=True)
class Step:
    """An open step of a matter that is the actor's to do, with its form."""

    task: Task
    form: Form


def open_steps(session: Session, clues: Iterable[Clue], actor: Actor) -> Iterator[Step]:
    """Yield the agency's open steps of these matters that the actor can do."""
    here = Task.scope_id.in_([clue.scope_id for clue in clues])
    for task in session.scalars(
        select(Task).where(here, tasks.doable(actor), visibility.policy().tasks(actor))
    ):
        form = _form(session, task)
        if form and form.id in ACTIONS:
            yield Step(task, form)


@blueprint.post("/transfers/<transfer_id>/receipt/signature", tags=["transfers"])
@guard(roles=ENTERING)
@blueprint.response(200, SignedSchema, description="Both sides have signed.")
@blueprint.doc(
    parameters=[repeating.PARAMETER], requestBody=answers.body("ReceiptSignature", examples.RECEIPT)
)
def sign_receipt(transfer_id: str, actor: Actor) -> Response:
    """Sign for the receipt (签收移送回执): both sides have signed then."""
    return _signed("clue_receipt", transfer_id, actor)


@blueprint.post("/transfers/<transfer_id>/letter/signature", tags=["transfers"])
@guard(roles=ENTERING)
@blueprint.response(200, SignedSchema, description="The letter is signed for.")
@blueprint.doc(parameters=[repeating.PARAMETER], requestBody=answers.body("LetterSignature", examples.LETTER))
def sign_letter(transfer_id: str, actor: Actor) -> Response:
    """Sign for the letter by which a clue is handed on or returned, or object to it (签收移送或退回函)."""
    return _signed("clue_letter_receipt", transfer_id, actor)


@blueprint.post("/transfers/<transfer_id>/completion", tags=["transfers"])
@guard(roles=ENTERING)
@blueprint.response(200, SignedSchema, description="The transfer is with the office again.")
@blueprint.doc(parameters=[repeating.PARAMETER], requestBody=answers.body("Completion", examples.COMPLETION))
def complete_transfer(transfer_id: str, actor: Actor) -> Response:
    """Add what the office found missing (补正移送材料)."""
    return _signed("clue_complete", transfer_id, actor)


def _signed(form_id: str, transfer_id: str, actor: Actor) -> Response:
    body = json_object()
    return repeating.done(
        actor, body, lambda session: _do(session, form_id, transfer_id, body, actor), status=200
    )


def _do(session: Session, form_id: str, transfer_id: str, body: Mapping[str, Any], actor: Actor) -> Answer:
    clue, _ = visible(session, actor, transfer_id)
    found = next((step for step in open_steps(session, [clue], actor) if step.form.id == form_id), None)
    if found is None:
        raise Conflict(
            "There is nothing of this kind to be done about the transfer now.", code="nothing_open"
        )
    return complete(session, found.task, clue.id, body, actor)


def complete(session: Session, task: Task, about: str, body: Mapping[str, Any], actor: Actor) -> Answer:
    """Complete a step with what a program sent; what is wrong with it is told member by member."""
    form = _form(session, task)
    assert form is not None  # the gate refuses these steps without their forms
    options = recording.options(session, form)
    answers.checked(session, form, options, body, actor)
    try:
        tasks.complete(session, task.id, actor=actor, answers=body)
    except InvalidInput as error:
        if not error.fields:
            raise
        raise answers.explained(form, options, error.fields) from None
    return Answer({"id": about, "signed_at": clock.now().isoformat()})


def _form(session: Session, task: Task) -> Form | None:
    owner = deployed.process(session, task.definition_id)
    return deployed.form(session, owner, owner.node(task.element_id))
