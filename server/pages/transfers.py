"""The agency's pages: what it transferred, one status word each, and the form for the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from handlers import codes, wall
from handlers.registers import Clue
from server.db import reading, unit_of_work
from server.guard import guard
from server.limited import limited
from server.pages import form_view, papers, submission
from server.pages.blueprint import blueprint
from server.pages.names import lang
from server.traffic.rates import UPLOADS
from workflows import definitions, deployed, instances, recording, visibility
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput
from workflows.forms import Form, Options
from workflows.model import Task

AGENCY = {"agency_clerk"}
#: Who fills in the form: the agencies, and for who sends paper, the offices that take it in.
ENTERING = AGENCY | {"intake_clerk", "case_supervision"}
PROCESS = "clue_transfer"
PAGE = 30
#: What only the office fills in, on behalf of an agency without an account.
FOR_THE_OFFICE = ("agency", "source")


@blueprint.get("/transfers")
@guard(roles=AGENCY)
def transfers(actor: Actor) -> str:
    """List the agency's own transfers, newest first, with what it has to do about each."""
    mine = wall.clues(actor, "status")
    with reading() as session:
        found = select(Clue).where(mine).order_by(Clue.submitted_at.desc(), Clue.id.desc())
        after = session.get(Clue, request.args.get("after", ""))
        if after:
            found = found.where(tuple_(Clue.submitted_at, Clue.id) < (after.submitted_at, after.id))
        rows = session.scalars(found.limit(PAGE + 1)).all()
        total = session.scalar(select(func.count()).select_from(Clue).where(mine)) or 0
        return render_template(
            "transfers.html",
            rows=rows[:PAGE],
            after=rows[PAGE - 1].id if len(rows) > PAGE else None,
            total=total,
            status=status_word,
            papers={row.id: papers.lines(session, actor, row, "status") for row in rows[:PAGE]},
            todo=_todo(session, actor, rows),
            word=lambda table, code: codes.word(table, code, lang()),
        )


@blueprint.get("/transfers/new")
@guard(roles=ENTERING)
def new_transfer(actor: Actor) -> str:
    """Show the transfer form."""
    with reading() as session:
        form, options = transfer_form(session, actor)
        view = form_view.view(form, {}, lang=lang(), options=options)
        return render_template("transfer.html", form=view, back=_back(actor))


@blueprint.post("/transfers/new")
@guard(roles=ENTERING)
@limited(UPLOADS)
def send_transfer(actor: Actor) -> Response | str | tuple[str, int]:
    """Transfer a clue, or show the form again with what is wrong; nothing typed is lost."""
    with unit_of_work() as session:
        form, options = transfer_form(session, actor)
        sent = submission.received(session, form, actor)
    errors: dict[str, FieldError] = dict(sent.errors)
    if not errors and not submission.asks_for_rows():
        try:
            with unit_of_work() as session:
                started = instances.start(session, key=PROCESS, actor=actor, answers=sent.answers)
            flash(
                _("Sent as %(number)s. You see here when it is received.", number=started.business_key),
                "done",
            )
            return redirect(_back(actor), 303)
        except InvalidInput as error:
            if not error.fields:
                raise
            errors = dict(error.fields)
    view = form_view.view(form, sent.answers, lang=lang(), errors=errors, options=options, files=sent.files)
    page = render_template("transfer.html", form=view, back=_back(actor))
    return (page, 422) if errors else page


def status_word(row: Clue) -> str:
    """Return the one word that an agency may know of its transfer."""
    stages = {stage["code"]: stage["agency_word"] for stage in codes.rows("clue_stages")}
    return codes.word("agency_words", stages.get(row.stage, "in_progress"), lang())


def _back(actor: Actor) -> str:
    """Return where the transfer appears once it is sent."""
    return url_for("pages.transfers" if actor.groups & AGENCY else "pages.clues")


def transfer_form(session: Session, actor: Actor) -> tuple[Form, Options]:
    """Return the transfer form with its choices, as far as the actor fills it in."""
    definition = definitions.latest(session, PROCESS)
    owner = deployed.process(session, definition.id)
    form = deployed.form(session, owner, owner.definition.start_node)
    assert form is not None  # the gate refuses a start of this process without its form
    options = recording.options(session, form)
    if not actor.groups & AGENCY:
        return form, options
    own = tuple(part for part in form.components if part.key not in FOR_THE_OFFICE)
    return replace(form, components=own), options


def _todo(session: Session, actor: Actor, rows: Sequence[Clue]) -> dict[str, Task]:
    """Return the open task of each transfer that the agency itself has to do."""
    scopes = [row.scope_id for row in rows]
    mine = visibility.policy().tasks(actor)
    found = select(Task).where(Task.scope_id.in_(scopes), Task.closed_at.is_(None), mine)
    return {task.scope_id or "": task for task in session.scalars(found)}
