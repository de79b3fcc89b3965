"""The auditor's findings: raised here, answered and accepted as tasks, every turn to be read afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from handlers import findings
from server.db import reading, unit_of_work
from server.guard import guard
from server.pages import form_view, frame, names, submission
from server.pages.blueprint import blueprint
from server.pages.names import lang
from workflows import definitions, deployed, instances
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput
from workflows.forms import Form


@dataclass(frozen=True)
class Turn:
    """One turn of a finding as the page shows it."""

    words: str
    at: str
    by: str
    text: str


@blueprint.get("/audit/findings")
@guard(roles=findings.READERS)
def audit_findings(actor: Actor) -> str:
    """List the findings with their turns, and let the auditor raise one."""
    return _page(actor, {}, {})


@blueprint.post("/audit/findings")
@guard(roles={findings.AUDITOR})
def raise_finding(actor: Actor) -> Response | tuple[str, int]:
    """Hand a finding in, or show it again with what is wrong."""
    with unit_of_work() as session:
        sent = submission.received(session, _form(session), actor)
    try:
        with unit_of_work() as session:
            instances.start(session, key=findings.PROCESS, actor=actor, answers=sent.answers)
    except InvalidInput as error:
        if not error.fields:
            raise
        return _page(actor, sent.answers, error.fields), 422
    flash(_("The finding is handed in. The answer comes to your inbox."), "done")
    return redirect(url_for("pages.audit_findings"), 303)


def _page(actor: Actor, answers: Mapping[str, Any], errors: Mapping[str, FieldError]) -> str:
    with reading() as session:
        rows = findings.seen(session, actor)
        return render_template(
            "audit_findings.html",
            rows=[(row, [_turn(turn) for turn in row.turns]) for row in rows],
            states={"open": _("waits for an answer"), "answered": _("answered"), "closed": _("put right")},
            form=form_view.view(_form(session), answers, lang=lang(), errors=dict(errors)),
            may_raise=findings.AUDITOR in actor.groups,
            may_read_log=bool(actor.groups & frame.LOG),
        )


def _turn(turn: Mapping[str, str]) -> Turn:
    said = {"raise": _("Finding"), "answer": _("Answer"), "return": _("Sent back"), "close": _("Accepted")}
    at = frame.local(datetime.fromisoformat(turn["at"]))
    return Turn(said[turn["act"]], at, names.person(turn["by"]), turn["text"])


def _form(session: Session) -> Form:
    owner = deployed.process(session, definitions.latest(session, findings.PROCESS).id)
    form = deployed.form(session, owner, owner.definition.start_node)
    assert form is not None  # the gate refuses a start of this process without its form
    return form
