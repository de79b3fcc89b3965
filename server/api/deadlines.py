"""`/deadlines/preview`: when a limit ends that begins on a day, and how that is counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields

from server.api.area import Query, blueprint
from server.api.fields import day, flag, instant, one, several, text, whole
from server.db import reading
from server.engine_rest.kinds import Text
from server.guard import guard
from server.pages.deadline import sentence
from server.problems import Misread
from workflows import preview
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput


class DeadlineQuery(Query):
    """What is counted: a length (`n`, `unit`, `liberty`), or a `rule` of the table of limits."""

    start = Text(
        metadata={
            "description": "The day of the event, or for hours its instant; without offset the office's clock.",
            "examples": ["2026-02-10"],
        }
    )
    n = Text(metadata={"description": "How many of the unit, from 1 to 5000.", "examples": ["15"]})
    unit = Text(
        metadata={
            "description": "H hours, ND natural days, WD working days, M months, Y years.",
            "examples": ["WD"],
        }
    )
    rule = Text(
        metadata={"description": "A rule instead of a length; its version on that day.", "examples": ["T12"]}
    )
    liberty = Text(
        metadata={"description": "`true` for a deprivation of liberty, which rest days do not lengthen."}
    )
    jurisdiction = Text(
        metadata={"description": "Whose holiday calendar; the office's unless said.", "examples": ["CN"]}
    )


class RuleSchema(Schema):
    """The version of a rule that was counted by."""

    id = text("The rule.", "T12")
    version = whole("Its version.", 1)
    article = text("The article that it comes from.")
    status = text("`sourced`, `to_confirm` by the office, or `design`: the office's own.", "sourced")


class StepSchema(Schema):
    """One step of the count."""

    what = text("The kind of step, which stays.", "holiday")
    text = text("The step in words; in Chinese where the request's language is not English.")
    data = fields.Dict(required=True, metadata={"description": "The days, names and numbers of the step."})


class DeadlineSchema(Schema):
    """When a limit ends."""

    due_on = day("The last day.")
    due_at = instant("The instant at which it ends: 24:00 of the last day, or the hour.")
    provisional = flag("Whether the count met a year whose holiday plan is not loaded.")
    rule = one(RuleSchema, "The rule, where one was asked for.", empty=True)
    reasoning = several(StepSchema, "How it was counted, step by step.")


@blueprint.get("/deadlines/preview", tags=["deadlines"])
@guard()
@blueprint.arguments(DeadlineQuery, location="query")
@blueprint.response(200, DeadlineSchema, description="The due date.")
def preview_deadline(asked: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """Work out a due date; nothing is written. What is wrong with a parameter is told by its name."""
    try:
        with reading() as session:
            due = preview.preview(session, {name: value or "" for name, value in asked.items()})
    except InvalidInput as error:
        errors = [_error(name, fault) for name, fault in error.fields.items()]
        raise Misread("Some parameters are wrong: see `errors`.", errors, code="parameters") from None
    rule = due.limit if due.limit and due.limit.id else None
    return {
        "due_on": due.date,
        "due_at": due.at,
        "provisional": due.provisional,
        "rule": rule,
        "reasoning": [_step(step) for step in due.explanation],
    }


def _step(step: Mapping[str, Any]) -> dict[str, Any]:
    data = {name: value for name, value in step.items() if name != "what"}
    return {"what": step["what"], "text": sentence(step), "data": data}


def _error(name: str, fault: FieldError) -> dict[str, Any]:
    return {"parameter": name, "code": fault.code, "detail": str(fault.params["must"])}
