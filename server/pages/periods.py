"""Return periods as the case-supervision office sees them: who is overdue, what was missed twice, every return."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from handlers import office, wall
from handlers.registers import MatterEvent
from handlers.registers import returns as register
from handlers.registers.returns import ReturnPeriod, ReturnUrging
from server.db import reading, unit_of_work
from server.guard import guard
from server.pages import form_view, submission
from server.pages.blueprint import blueprint
from server.pages.clues import word
from server.pages.events import event_words
from server.pages.frame import OVERSEERS
from server.pages.names import lang
from server.pages.returns import KEEPERS
from workflows import definitions, deployed, instances, recording
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput, NotFound
from workflows.forms import Form, Options

PROCESS = "return_period"
#: Periods beside each other in the matrix.
COLUMNS = 6


@blueprint.get("/periods")
@guard(roles=OVERSEERS)
def periods(actor: Actor) -> str:
    """Show the overdue returns, what was missed twice, and every agency's state in the last periods."""
    seen = wall.returns(actor)
    with reading() as session:
        found = register.periods(session, before=_day(request.args.get("before", "")), limit=COLUMNS + 1)
        columns = found[:COLUMNS]
        cells = {
            (row.agency_code, row.period_id): row
            for period in columns
            for row, _ in register.returns(session, seen, period_id=period.id)
        }
        owing = register.owing(session, office.today())
        return render_template(
            "periods.html",
            columns=columns,
            before=columns[-1].first_on if len(found) > COLUMNS else None,
            cells=cells,
            agencies=sorted({code for code, _ in cells} | set(owing)),
            owing=set(owing),
            overdue=register.returns(session, seen, states=["missed"]),
            items=register.items(session, wall.items(actor)),
            may_keep=bool(actor.groups & KEEPERS),
            word=word,
        )


@blueprint.get("/periods/<period_id>")
@guard(roles=OVERSEERS)
def period(actor: Actor, period_id: str) -> str:
    """Show one period: its returns, those overdue first, what was done about them, and the record."""
    with reading() as session:
        found = session.get(ReturnPeriod, period_id)
        if found is None:
            raise NotFound(f"There is no return period {period_id}.", code="return_period")
        rows = [row for row, _ in register.returns(session, wall.returns(actor), period_id=found.id)]
        urged = select(ReturnUrging).where(ReturnUrging.period_id == found.id).order_by(ReturnUrging.id)
        record = select(MatterEvent).where(MatterEvent.scope_id == found.scope_id).order_by(MatterEvent.id)
        events = session.scalars(record).all()
        return render_template(
            "period.html",
            period=found,
            rows=sorted(rows, key=lambda row: (row.state != "missed", row.state != "open", row.agency_code)),
            urged=session.scalars(urged).all(),
            events=[event for event in events if event.code.startswith("return.")],
            reminders=[event for event in events if not event.code.startswith("return.")],
            event_words=event_words,
            may_keep=bool(actor.groups & KEEPERS),
            word=word,
        )


@blueprint.get("/periods/new")
@guard(roles=KEEPERS)
def new_period(actor: Actor) -> str:
    """Show the form by which a missed period is opened."""
    with reading() as session:
        form, options = _form(session)
        return render_template("period_new.html", form=form_view.view(form, {}, lang=lang(), options=options))


@blueprint.post("/periods/new")
@guard(roles=KEEPERS)
def open_period(actor: Actor) -> Response | tuple[str, int]:
    """Open a period, or show the form again with what is wrong."""
    with unit_of_work() as session:
        form, options = _form(session)
        sent = submission.received(session, form, actor)
    try:
        with unit_of_work() as session:
            begun = instances.start(session, key=PROCESS, actor=actor, answers=sent.answers)
            found = (begun.scope_id or "").removeprefix(register.PREFIX)
    except InvalidInput as error:
        if not error.fields:
            raise
        view = form_view.view(form, sent.answers, lang=lang(), errors=error.fields, options=options)
        return render_template("period_new.html", form=view), 422
    flash(_("The agencies are asked for their returns."), "done")
    return redirect(url_for("pages.period", period_id=found), 303)


@blueprint.get("/periods/agencies")
@guard(roles=KEEPERS)
def return_duties(actor: Actor) -> str:
    """Show which agencies owe returns, since when, and which did."""
    return _duties()


@blueprint.post("/periods/agencies")
@guard(roles=KEEPERS)
def change_duty(actor: Actor) -> Response | tuple[str, int]:
    """Let an agency owe returns from a day on, or no more from a day on."""
    agency, day = request.form.get("agency", ""), _day(request.form.get("day", ""))
    if day is None or not agency:
        return _duties(_("Choose an agency and a day.")), 422
    try:
        with unit_of_work() as session:
            if request.form.get("act") == "end":
                register.end(session, agency, until=day, actor=actor)
            else:
                register.begin(session, agency, since=day, actor=actor)
    except InvalidInput as error:
        fields: dict[str, FieldError] = dict(error.fields)
        earliest = fields["until"].params["earliest"] if "until" in fields else ""
        return _duties(_("The day must lie after %(day)s.", day=earliest)), 422
    flash(_("The register of agencies is changed; it holds from the next period that opens."), "done")
    return redirect(url_for("pages.return_duties"), 303)


def _duties(wrong: str = "") -> str:
    with reading() as session:
        known = register.duties(session)
        running = {duty.agency_code for duty in known if duty.until is None}
        others = [unit for unit in office.agencies(session) if unit.code not in running]
        return render_template(
            "return_duties.html", duties=known, others=others, wrong=wrong, today=office.today(), word=word
        )


def _form(session: Session) -> tuple[Form, Options]:
    definition = definitions.latest(session, PROCESS)
    owner = deployed.process(session, definition.id)
    form = deployed.form(session, owner, owner.definition.start_node)
    assert form is not None  # the gate refuses a start of this process without its form
    return form, recording.options(session, form)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
