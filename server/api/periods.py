"""`/return-periods` and `/returns`: what agencies owe each period, and closing one's own return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, url_for
from marshmallow import Schema, fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import codes, wall
from handlers.registers import returns
from handlers.registers.returns import AgencyReturn, ReturnPeriod
from server.api import answers, drawing, examples, repeating, signing
from server.api.area import Query, blueprint
from server.api.fields import WordSchema, day, flag, instant, one, several, text, whole
from server.api.names import Names, word
from server.api.paging import PageQuery, next_page, page
from server.db import reading
from server.engine_rest.bodies import json_object
from server.guard import guard
from server.limited import limited
from server.pages.frame import OVERSEERS
from server.pages.returns import KEEPERS, visible
from server.pages.transfers import AGENCY
from server.traffic.rates import EXPORTS
from server.traffic.repeats import Answer
from workflows import clock
from workflows.actor import Actor
from workflows.errors import Conflict, NotFound

CONCERNED = AGENCY | OVERSEERS
STATES = [row["code"] for row in codes.rows("return_states")]


class PeriodSchema(Schema):
    """A return period."""

    id = text("The period's id.", "c3d1…")
    label = text("Its name.", "2026-09/10")
    first_on = day("Its first day.")
    last_on = day("Its last day.")
    due_on = day("The last day on which a return is in time.")
    state = text("`open`, or `closed` once nobody is waited for.", "open")
    opened_at = instant("When the agencies were asked.")
    returns = text("Address of its returns.", "/api/v1/return-periods/c3d1…/returns")


class PeriodsSchema(Schema):
    """A page of return periods."""

    items = several(PeriodSchema, "Return periods, the last opened first.")
    next = next_page()


class ReturnSchema(Schema):
    """What an agency owes for a period, and what it returned."""

    id = text("The return's id.", "9e20…")
    period = text("The name of its period.", "2026-09/10")
    agency = one(WordSchema, "Whose return it is.")
    due_on = day("The last day on which it is in time.")
    state = one(WordSchema, "How it stands.")
    kind = text("`batch` or `nil`; null until it is closed.", "batch", empty=True)
    number = text("Its number; null until it is closed.", "BS-2026-00007", empty=True)
    clues = whole("How many clues it lists.", 3)
    ahead = whole("How many of them were sent ahead, as major.", 1)
    head_sign = text("The head of the agency, who signed.", "周局长", empty=True)
    signed_at = instant("When it was closed.", empty=True)
    reason = text("Why it is late, or why the agency was let off.")
    address = text("Address of the return.", "/api/v1/returns/9e20…")


class ReturnsSchema(Schema):
    """The returns of a period."""

    items = several(ReturnSchema, "Returns, by agency.")


class ListedSchema(Schema):
    """A transfer that a return lists."""

    id = text("The transfer's id.", "5b0e…")
    number = text("Its number.", "YS-2026-00042")
    submitted_at = instant("When it was sent.")
    ahead = flag("Whether it was sent ahead, as major.")


class WholeReturnSchema(ReturnSchema):
    """A return with what it lists."""

    transfers = several(ListedSchema, "What it lists; until it is closed, what it would list now.")


class ReturnQuery(Query):
    """What the returns of a period are narrowed to."""

    state = fields.String(
        validate=validate.OneOf(STATES), metadata={"description": "Only those in this state."}
    )


@blueprint.get("/return-periods", tags=["returns"])
@guard(roles=CONCERNED)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, PeriodsSchema, description="A page of return periods.")
def list_return_periods(asked: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """List the return periods, the last opened first; an agency finds those in which it was asked."""
    concerned = select(AgencyReturn.period_id).where(wall.returns(actor))
    wanted = select(ReturnPeriod).where(ReturnPeriod.id.in_(concerned))
    with reading() as session:
        rows, following = page(session, wanted, ReturnPeriod.opened_at, ReturnPeriod.id, asked)
        return {"items": [_period(row.ReturnPeriod) for row in rows], "next": following}


@blueprint.get("/return-periods/<period_id>/returns", tags=["returns"])
@guard(roles=CONCERNED)
@blueprint.arguments(ReturnQuery, location="query")
@blueprint.response(200, ReturnsSchema, description="The returns.")
def list_returns(asked: Mapping[str, Any], period_id: str, actor: Actor) -> dict[str, Any]:
    """List the returns of a period, by agency; an agency finds its own."""
    with reading() as session:
        seen = returns.returns(session, wall.returns(actor), period_id=period_id)
        if not seen:
            raise NotFound(f"There is no return period {period_id}.", code="return_period")
        names = Names(session)
        kept = [entry for entry in seen if asked.get("state", entry[0].state) == entry[0].state]
        return {"items": [_return(row, period, names) for row, period in kept]}


@blueprint.get("/returns/<return_id>", tags=["returns"])
@guard(roles=CONCERNED)
@blueprint.response(200, WholeReturnSchema, description="The return.")
def get_return(return_id: str, actor: Actor) -> dict[str, Any]:
    """Give one return with the transfers that it lists, or would list now."""
    with reading() as session:
        row, period = visible(session, actor, return_id)
        listed = [
            {
                "id": sent.clue.id,
                "number": sent.clue.transfer_no,
                "submitted_at": sent.clue.submitted_at,
                "ahead": sent.ahead,
            }
            for sent in returns.listed(session, row)
        ]
        return {**_return(row, period, Names(session)), "transfers": listed}


@blueprint.get("/returns/<return_id>/paper", tags=["returns"])
@guard(roles=CONCERNED)
@limited(EXPORTS)
@blueprint.doc(responses={200: {"description": "The paper.", "content": drawing.FORMS}})
def get_return_paper(return_id: str, actor: Actor) -> Response:
    """Give the paper of a closed return (报送清单、零报告), as PDF or by `Accept` as `text/html`."""
    media_type = drawing.wanted(drawing.PDF, drawing.HTML)
    with reading() as session:
        row, _ = visible(session, actor, return_id)
        paper = returns.content(row)
        if paper is None:
            raise NotFound("This paper has not been issued.", code="not_issued")
    name = f"{paper.title}-{row.number}"
    return drawing.paper_as(media_type, paper, name, at=row.signed_at or clock.now())


@blueprint.post("/returns/<return_id>/closing", tags=["returns"])
@guard(roles=AGENCY | KEEPERS)
@blueprint.response(200, signing.SignedSchema, description="The return is closed.")
@blueprint.doc(parameters=[repeating.PARAMETER], requestBody=answers.body("ReturnClosing", examples.CLOSING))
def close_return(return_id: str, actor: Actor) -> Response:
    """Close one's own return: a list where clues were transferred in the period, else a nil return.

    What contradicts the register is refused: nobody returns nil where clues were transferred.
    """
    body = json_object()
    return repeating.done(actor, body, lambda session: _close(session, return_id, body, actor), status=200)


def _close(session: Session, return_id: str, body: Mapping[str, Any], actor: Actor) -> Answer:
    row, _ = visible(session, actor, return_id)
    task = returns.task_of(session, row)
    if task is None:
        raise Conflict("The return is closed already.", code="return_closed")
    return signing.complete(session, task, row.id, body, actor)


def _period(row: ReturnPeriod) -> dict[str, Any]:
    return {
        "id": row.id,
        "label": row.label,
        "first_on": row.first_on,
        "last_on": row.last_on,
        "due_on": row.due_on,
        "state": row.state,
        "opened_at": row.opened_at,
        "returns": url_for(f"{blueprint.name}.list_returns", period_id=row.id),
    }


def _return(row: AgencyReturn, period: ReturnPeriod, names: Names) -> dict[str, Any]:
    return {
        "id": row.id,
        "period": period.label,
        "agency": names.unit(row.agency_code),
        "due_on": row.due_on,
        "state": word("return_states", row.state),
        "kind": row.kind,
        "number": row.number,
        "clues": row.clues,
        "ahead": row.ahead,
        "head_sign": row.head_sign,
        "signed_at": row.signed_at,
        "reason": row.reason,
        "address": url_for(f"{blueprint.name}.get_return", return_id=row.id),
    }
