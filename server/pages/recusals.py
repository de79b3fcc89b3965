"""Who keeps out of a matter: asked for, decided, lifted, and who bears the name of somebody it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from handlers import codes, recusing
from handlers.recusals import ASKED, RECUSED, Recusal
from handlers.registers import Clue
from server.db import reading, unit_of_work
from server.guard import guard
from server.pages import form_view, frame, names, submission
from server.pages.blueprint import blueprint
from server.pages.clues import known, word
from server.pages.names import lang
from workflows import definitions, deployed, instances, recording
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput, NotFound
from workflows.forms import Form, Options

SEEING = recusing.ASKING | {"principal"}


@dataclass(frozen=True)
class Line:
    """One recusal as the page shows it."""

    number: str
    person: str
    state: str
    words: str
    ground: str
    reason: str
    asked: str
    decided: str
    document_no: str
    earlier: str
    reviewed: str
    lifted: str
    lift_reason: str
    may_lift: bool


@blueprint.get("/clues/<clue_id>/recusals")
@guard(roles=SEEING)
def recusals(actor: Actor, clue_id: str) -> str:
    """List the recusals of a matter, whose name is like that of somebody concerned, and the form to ask."""
    with reading() as session:
        clue = _clue(session, actor, clue_id)
        given = {"person": request.args["person"]} if "person" in request.args else {}
        return _page(session, actor, clue, given, {})


@blueprint.post("/clues/<clue_id>/recusals")
@guard(roles=recusing.ASKING)
def ask_recusal(actor: Actor, clue_id: str) -> Response | tuple[str, int]:
    """Hand the application in, or show it again with what is wrong."""
    with unit_of_work() as session:
        clue = _clue(session, actor, clue_id)
        sent = submission.received(session, _form(session)[0], actor)
    answers = {**sent.answers, "number": clue.clue_no or clue.transfer_no}
    try:
        with unit_of_work() as session:
            instances.start(session, key=recusing.PROCESS, actor=actor, answers=answers)
    except InvalidInput as error:
        if not error.fields:
            raise
        with reading() as session:
            return _page(session, actor, _clue(session, actor, clue_id), sent.answers, error.fields), 422
    flash(_("It is asked for. Until it is decided, the person does nothing in the matter."), "done")
    return redirect(url_for("pages.clue", clue_id=clue_id), 303)


@blueprint.post("/clues/<clue_id>/recusals/lift")
@guard(roles={"principal"})
def lift_recusal(actor: Actor, clue_id: str) -> Response:
    """End a recusal whose ground is gone, with the reason."""
    with unit_of_work() as session:
        clue = _clue(session, actor, clue_id)
        number = request.form.get("number", "")
        if number not in {row.number for row in recusing.of_clue(session, actor, clue)}:
            raise NotFound(f"There is no recusal {number} to be lifted.", code="recusal")
        try:
            recusing.lift(session, actor, number, reason=request.form.get("reason", ""))
            flash(_("The recusal is lifted."), "done")
        except InvalidInput:
            flash(_("Write why the ground is gone: it stands in the record."), "error")
    return redirect(url_for("pages.recusals", clue_id=clue_id), 303)


def pending_words(session: Session, actor: Actor, clue: Clue) -> list[str]:
    """Return the applications that wait, in a text each: what who decides has before the eyes."""
    waiting = [row for row in recusing.of_clue(session, actor, clue) if row.state == ASKED]
    return [
        "\n".join(
            (
                f"{row.number} {names.person(row.login)}",
                _("Ground") + names.colon() + _ground(row),
                row.reason,
                _("Asked for by %(name)s", name=names.person(row.asked_by)),
            )
        )
        for row in waiting
    ]


def alike_words(session: Session, actor: Actor, clue: Clue) -> str:
    """Return who of the office is called like somebody the matter is about, or has such a relative."""
    found = recusing.alike(session, actor, clue)
    return names.joined(
        " ".join(
            (names.person(login), *(f"{word('relations', one.relation)} {one.name}" for one in relatives))
        )
        for login, relatives in found.items()
    )


def _page(
    session: Session,
    actor: Actor,
    clue: Clue,
    answers: Mapping[str, Any],
    errors: Mapping[str, FieldError],
) -> str:
    form, options = _form(session)
    rows = recusing.of_clue(session, actor, clue)
    return render_template(
        "recusals.html",
        clue=clue,
        lines=[_line(actor, row) for row in rows],
        alike=recusing.alike(session, actor, clue),
        word=word,
        form=form_view.view(form, answers, lang=lang(), options=options, errors=dict(errors)),
        may_ask=recusing.may_ask(session, actor, clue),
    )


def _line(actor: Actor, row: Recusal) -> Line:
    by = names.person(row.decided_by) if row.decided_by else ""
    return Line(
        number=row.number,
        person=names.person(row.login),
        state=row.state,
        words=_states()[row.state],
        ground=_ground(row),
        reason=row.reason,
        asked=f"{frame.local(row.asked_at)} {names.person(row.asked_by)}",
        decided=f"{frame.local(row.decided_at)} {by}" if row.decided_at else "",
        document_no=row.document_no,
        earlier=names.joined(row.earlier_steps),
        reviewed=codes.word("recusal_reviews", row.review, lang()),
        lifted=f"{frame.local(row.lifted_at)} {names.person(row.lifted_by)}" if row.lifted_by else "",
        lift_reason=row.lift_reason,
        may_lift=row.state == RECUSED and "principal" in actor.groups,
    )


def _states() -> dict[str, str]:
    return {
        "asked": _("waits for a decision"),
        "recused": _("keeps out"),
        "refused": _("need not keep out"),
        "lifted": _("lifted"),
    }


def _ground(row: Recusal) -> str:
    return codes.word("recusal_grounds", row.ground, lang())


def _clue(session: Session, actor: Actor, clue_id: str) -> Clue:
    clue = known(session, actor, clue_id)
    if "principal" not in actor.groups and not recusing.may_ask(session, actor, clue):
        raise NotFound(f"There is no clue {clue_id}.", code="clue")
    return clue


def _form(session: Session) -> tuple[Form, Options]:
    owner = deployed.process(session, definitions.latest(session, recusing.PROCESS).id)
    form = deployed.form(session, owner, owner.definition.start_node)
    assert form is not None  # the gate refuses a start of this process without its form
    form = replace(form, components=tuple(part for part in form.components if part.key != "number"))
    able = recusing.people(session)
    options = dict(recording.options(session, form))
    options["staff"] = [option for option in options["staff"] if option.value in able]
    return form, options
