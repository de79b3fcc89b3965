"""Asking to read a sealed identity, the right to, and its end; and the list of all this for the auditor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from handlers import codes
from handlers.registers import Clue
from handlers.vault import Grant, Read, grants, protected
from server.db import reading, unit_of_work
from server.guard import guard
from server.pages import form_view, frame, names, submission
from server.pages.blueprint import blueprint
from server.pages.clues import known
from server.pages.names import lang
from workflows import audit, clock, definitions, deployed, instances, recording
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput, NotFound
from workflows.forms import Form, Options

PAGE = 100
#: Where what is opened is read.
PAGES = {"reporter": "pages.reporter", "protected": "pages.protected"}


@dataclass(frozen=True)
class Line:
    """One application as pages show it: nothing in it tells who the reporter is."""

    number: str
    applicant: str
    purpose: str
    hours: int
    asked_at: str
    deciders: str
    state: str
    words: str
    expires_at: str
    reason: str = ""
    clue_no: str = ""
    reads: tuple[str, ...] = ()
    may_withdraw: bool = False


@blueprint.get("/clues/<clue_id>/unsealing")
@guard(roles=grants.ASKING)
def unsealing(actor: Actor, clue_id: str) -> str:
    """Show the application to read what is sealed of a clue: its reporter, or (`what`) its minors and victims."""
    with reading() as session:
        clue, form, options = _asked(session, actor, clue_id, what := _what(request.args))
        return _page(clue, what, form, options, {}, {})


@blueprint.post("/clues/<clue_id>/unsealing")
@guard(roles=grants.ASKING)
def ask_unsealing(actor: Actor, clue_id: str) -> Response | tuple[str, int]:
    """Hand the application in, or show it again with what is wrong."""
    with unit_of_work() as session:
        clue, form, options = _asked(session, actor, clue_id, what := _what(request.form))
        sent = submission.received(session, form, actor)
    answers = {**sent.answers, "number": clue.clue_no or clue.transfer_no}
    try:
        with unit_of_work() as session:
            instances.start(session, key=grants.PROCESS, actor=actor, answers=answers)
    except InvalidInput as error:
        if not error.fields:
            raise
        errors = {("reason" if key == "number" else key): fault for key, fault in error.fields.items()}
        return _page(clue, what, form, options, sent.answers, errors), 422
    flash(_("It is asked for. The leader in charge decides first, then the principal."), "done")
    return redirect(url_for(PAGES[what], clue_id=clue_id), 303)


@blueprint.post("/clues/<clue_id>/unsealing/withdraw")
@guard(roles=frame.OFFICE)
def withdraw_unsealing(actor: Actor, clue_id: str) -> Response:
    """End the right to read before its time."""
    with unit_of_work() as session:
        known(session, actor, clue_id)
        row = grants.withdraw(session, actor, request.form.get("number", ""))
        if row.clue_id != clue_id:
            raise NotFound(f"There is no grant {row.number} in {clue_id}.", code="unsealing")
    flash(_("The right to read is withdrawn."), "done")
    return redirect(url_for(PAGES[grants.opens(row.purpose)], clue_id=clue_id), 303)


@blueprint.get("/unsealings")
@guard(roles=frame.READING_ABOUT)
def unsealings(actor: Actor) -> str:
    """List who asked to read which reporter, who agreed, and every read, the intake office's included."""
    with unit_of_work() as session:
        # Who looks over shoulders is seen as well.
        audit.record(session, actor=actor, act="vault.overlook")
        found = session.execute(grants.listing().limit(PAGE)).all()
        rows = [_line(session, actor, row, clue) for row, clue in found]
        read = (
            select(Read, Clue, Grant.number)
            .join(Clue, Clue.id == Read.clue_id)
            .outerjoin(Grant, Grant.id == Read.grant_id)
            .order_by(Read.id.desc())
        )
        reads = [
            (
                frame.local(one.at, seconds=True),
                names.person(one.login),
                _number(clue),
                _purpose(one.purpose),
                number or _by_office(one),
            )
            for one, clue, number in session.execute(read.limit(PAGE))
        ]
        return render_template("unsealings.html", rows=rows, reads=reads, most=PAGE)


def lines(session: Session, actor: Actor, clue: Clue, what: str = "reporter") -> list[Line]:
    """Return what was asked for in a matter, of its reporter or of its minors and victims, the latest first."""
    rows = [row for row in grants.of_clue(session, clue) if grants.opens(row.purpose) == what]
    return [_line(session, actor, row, clue) for row in reversed(rows)]


def pending_words(session: Session, clue: Clue) -> list[str]:
    """Return the applications that wait, in a text each: what who decides has before the eyes."""
    waiting = [row for row in grants.of_clue(session, clue) if grants.state(row, clock.now()) == "waiting"]
    return ["\n".join(_told(row)) for row in waiting]


def _told(row: Grant) -> list[str]:
    return [
        f"{row.number} {names.person(row.applicant)}",
        _("Purpose") + names.colon() + _purpose(row.purpose),
        _("For %(n)d hours from the approval on", n=row.hours),
        row.reason,
    ]


def _line(session: Session, actor: Actor, row: Grant, clue: Clue) -> Line:
    state = grants.state(row, clock.now())
    read = select(Read.at).where(Read.grant_id == row.id).order_by(Read.id)
    return Line(
        number=row.number,
        applicant=names.person(row.applicant),
        purpose=_purpose(row.purpose),
        hours=row.hours,
        asked_at=frame.local(row.asked_at),
        deciders=names.joined(names.person(login) for login in (row.leader, row.principal) if login),
        state=state,
        words=_states()[state],
        expires_at=frame.local(row.withdrawn_at or row.expires_at),
        reason=row.reason,
        clue_no=_number(clue),
        reads=tuple(frame.local(at) for at in session.scalars(read)),
        may_withdraw=state == "active" and actor.id in (row.applicant, row.leader, row.principal),
    )


def _states() -> dict[str, str]:
    return {
        "waiting": _("waits for a decision"),
        "refused": _("refused"),
        "active": _("may be read"),
        "withdrawn": _("withdrawn"),
        "expired": _("expired"),
    }


def _number(clue: Clue) -> str:
    return clue.clue_no or clue.transfer_no


def _by_office(read: Read) -> str:
    """Return by what right somebody read without a grant."""
    return _("handler or leader in charge") if read.purpose == protected.HANDLING else _("intake office")


def _purpose(code: str) -> str:
    if code == protected.HANDLING:
        return _("Handling of the matter")
    return codes.word(grants.PURPOSES, code, lang())


def _what(given: Mapping[str, str]) -> str:
    what = given.get("what", "reporter")
    return what if what in PAGES else "reporter"


def _asked(session: Session, actor: Actor, clue_id: str, what: str) -> tuple[Clue, Form, Options]:
    """Return the matter and the form without what the page knows; NotFound where the actor may not ask."""
    clue = known(session, actor, clue_id)
    if not grants.may_ask(session, actor, clue, what):
        raise NotFound(f"There is nothing to unseal in {clue_id}.", code="clue")
    owner = deployed.process(session, definitions.latest(session, grants.PROCESS).id)
    form = deployed.form(session, owner, owner.definition.start_node)
    assert form is not None  # the gate refuses a start of this process without its form
    parts = tuple(part for part in form.components if part.key != "number")
    options, fitting = recording.options(session, form), grants.purposes(what)
    fits = [one for one in options[grants.PURPOSES] if one.value in fitting]
    return clue, replace(form, components=parts), {**options, grants.PURPOSES: fits}


def _page(
    clue: Clue,
    what: str,
    form: Form,
    options: Options,
    answers: Mapping[str, Any],
    errors: Mapping[str, FieldError],
) -> str:
    view = form_view.view(form, answers, lang=lang(), options=options, errors=dict(errors))
    return render_template("unsealing.html", clue=clue, what=what, back=PAGES[what], form=view)
