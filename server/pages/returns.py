"""Returns: an agency's own, one return with its clues and its paper, and the card that stands beside its task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from handlers import wall
from handlers.registers import returns as register
from handlers.registers.returns import AgencyReturn, ReturnPeriod, Sent
from server.db import reading, unit_of_work
from server.downloads import download
from server.guard import guard
from server.limited import limited
from server.pages import words
from server.pages.blueprint import blueprint
from server.pages.clues import word
from server.pages.frame import OVERSEERS
from server.pages.transfers import AGENCY, status_word
from server.papers import pdf
from server.traffic.rates import EXPORTS
from workflows import clock
from workflows.actor import Actor
from workflows.errors import InvalidInput, NotFound
from workflows.model import Task

#: Who opens periods, makes returns for others and lets them off.
KEEPERS = {"case_supervision", "case_supervision_head"}


@dataclass(frozen=True)
class Card:
    """What a task shows of the return or of the period that it is about."""

    period: ReturnPeriod
    row: AgencyReturn | None = None  #: the return that the task makes
    sent: Sequence[Sent] = ()
    overdue: Sequence[AgencyReturn] = ()  #: those that the task urges


@blueprint.get("/returns")
@guard(roles=AGENCY)
def returns(actor: Actor) -> str:
    """List the agency's own returns, the newest period first, with what it has to do about each."""
    with reading() as session:
        rows = register.returns(session, wall.returns(actor), limit=48)
        tasks = {row.id: register.task_of(session, row) for row, _ in rows if row.state in register.WAITING}
        return render_template("returns.html", rows=rows, tasks=tasks, word=word)


@blueprint.get("/returns/<return_id>")
@guard(roles=AGENCY | OVERSEERS)
def agency_return(actor: Actor, return_id: str) -> str:
    """Show one return: the clues that it lists, and its paper once it is closed."""
    with reading() as session:
        return _page(session, actor, return_id)


@blueprint.get("/returns/<return_id>/paper.pdf")
@guard(roles=AGENCY | OVERSEERS)
@limited(EXPORTS)
def return_paper(actor: Actor, return_id: str) -> Response:
    """Give the paper of a closed return as PDF."""
    with reading() as session:
        row, _ = visible(session, actor, return_id)
        paper = register.content(row)
        if paper is None:
            raise NotFound(f"The return {return_id} has no paper yet.", code="document")
        content = pdf(paper, at=row.signed_at or clock.now())
        return download(content, "application/pdf", f"{paper.title}-{row.number}.pdf")


@blueprint.post("/returns/<return_id>/release")
@guard(roles=KEEPERS)
def release_return(actor: Actor, return_id: str) -> AnyResponse | tuple[str, int]:
    """Let an agency off a return that it owes no more, with a reason."""
    try:
        with unit_of_work() as session:
            row, period = visible(session, actor, return_id)
            register.release(session, row, actor=actor, reason=request.form.get("reason", ""))
            address = url_for("pages.period", period_id=period.id)
    except InvalidInput as error:
        with reading() as session:
            return _page(session, actor, return_id, words.error_words(error)), 422
    flash(_("The agency is let off this return."), "done")
    return redirect(address, 303)


def visible(session: Session, actor: Actor, return_id: str) -> tuple[AgencyReturn, ReturnPeriod]:
    """Return a return that the actor may see, and its period; NotFound as if there were none."""
    seen = wall.returns(actor) & (AgencyReturn.id == return_id)
    found = register.returns(session, seen)
    if not found:
        raise NotFound(f"There is no return {return_id}.", code="return")
    return found[0]


def card(session: Session, actor: Actor, task: Task) -> Card | None:
    """Return what a task shows of returns, None for a task about anything else."""
    scope = task.scope_id or ""
    if not scope.startswith(register.PREFIX):
        return None
    period = session.get_one(ReturnPeriod, scope.removeprefix(register.PREFIX))
    row = register.return_of(session, task)
    if row is not None:
        return Card(period, row, register.listed(session, row))
    missed = register.returns(session, wall.returns(actor), period_id=period.id, states=["missed"])
    return Card(period, overdue=[row for row, _ in missed])


def _page(session: Session, actor: Actor, return_id: str, wrong: str = "") -> str:
    row, period = visible(session, actor, return_id)
    waiting = row.state in register.WAITING
    shown: dict[str, Any] = {
        "row": row,
        "period": period,
        "sent": register.listed(session, row),
        "paper": register.content(row),
        "task": register.task_of(session, row) if waiting else None,
        "may_release": waiting and bool(actor.groups & KEEPERS),
    }
    return render_template("return.html", **shown, wrong=wrong, word=word, status=status_word)
