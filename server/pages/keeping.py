"""What has been kept long enough, what lies in the archive, and what was destroyed by whose decision."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from handlers import archiving, codes
from handlers.erasure import acts, appraisal
from handlers.keeping import Destruction, periods
from handlers.registers import Clue
from server.db import reading, unit_of_work
from server.guard import guard
from server.pages import frame
from server.pages.blueprint import blueprint
from server.pages.clues import word
from server.pages.names import lang
from server.pages.words import field_words
from workflows import instances
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput

READERS = archiving.KEEPERS | {"auditor"}
#: The longest ended first, the latest destroyed first.
MOST = 100

Faults = Mapping[str, FieldError]


@blueprint.get("/keeping")
@guard(roles=archiving.KEEPERS)
def keeping(actor: Actor) -> str:
    """List what is due for appraisal, with the periods."""
    with reading() as session:
        return _due(session, actor, {}, {})


@blueprint.post("/keeping")
@guard(roles=acts.PROPOSING)
def propose_destruction(actor: Actor) -> Response | tuple[str, int]:
    """Hand in the opinion that something need not be kept any longer; the principal decides."""
    given = {name: request.form.get(name, "").strip() for name in ("number", "what", "reason")}
    try:
        with unit_of_work() as session:
            instances.start(session, key=acts.PROCESS, actor=actor, answers={**given, "sign": True})
    except InvalidInput as error:
        if not error.fields:
            raise
        with reading() as session:
            return _due(session, actor, given, error.fields), 422
    flash(_("It is proposed. The principal decides."), "done")
    return redirect(url_for("pages.keeping"), 303)


@blueprint.get("/keeping/archive")
@guard(roles=archiving.KEEPERS)
def keeping_archive(actor: Actor) -> str:
    """List what lies in the archive."""
    with reading() as session:
        return _archive(session, actor, {}, {})


@blueprint.post("/keeping/archive")
@guard(roles=archiving.KEEPERS)
def open_archived(actor: Actor) -> Response | tuple[str, int]:
    """Open an archived matter for a purpose, for its reader alone."""
    given = {name: request.form.get(name, "").strip() for name in ("clue_id", "purpose", "reason")}
    try:
        with unit_of_work() as session:
            row = archiving.open_(
                session, actor, given["clue_id"], purpose=given["purpose"], reason=given["reason"]
            )
            until = frame.local(row.until)
    except InvalidInput as error:
        with reading() as session:
            return _archive(session, actor, given, error.fields), 422
    flash(_("You may read it until %(when)s.", when=until), "done")
    return redirect(url_for("pages.clue", clue_id=given["clue_id"]), 303)


@blueprint.get("/keeping/destroyed")
@guard(roles=READERS)
def keeping_destroyed(actor: Actor) -> str:
    """Show the register of destruction: numbers, days, who, how much; what it was stands nowhere any more."""
    with reading() as session:
        lines = select(Destruction, Clue).join(Clue, "clue:" + Clue.id == Destruction.scope_id)
        found = session.execute(lines.order_by(Destruction.number.desc()).limit(MOST)).all()
        total = session.scalar(select(func.count()).select_from(Destruction)) or 0
        return render_template(
            "keeping_destroyed.html",
            rows=found,
            total=total,
            may_keep=bool(actor.groups & archiving.KEEPERS),
            states=_states(),
            whats=whats(),
            period=period_words,
        )


def whats() -> dict[str, str]:
    """Return what can be destroyed, in words."""
    return {"matter": _("the whole matter"), "reporter": _("the reporter's identity only")}


def period_words(kind: str) -> str:
    """Return the name of a retention period in the page's language; the kind itself where there is none any more."""
    rule = next((rule for rule in periods.in_force() if rule.kind == kind), None)
    if rule is None:
        return kind
    return rule.en if lang() == "en" else rule.zh


def _due(session: Session, actor: Actor, given: Mapping[str, str], errors: Faults) -> str:
    found, totals = [], {}
    for what in appraisal.WHATS:
        rows, totals[what] = appraisal.due(session, actor, what, limit=MOST)
        found += rows
    return render_template(
        "keeping.html",
        rows=found,
        total=sum(totals.values()),
        rules=periods.in_force(),
        given=given,
        errors={name: field_words(fault) for name, fault in errors.items()},
        may_propose=bool(actor.groups & acts.PROPOSING),
        word=word,
        whats=whats(),
        period=period_words,
        acts=_acts(),
        length=_length,
    )


def _archive(session: Session, actor: Actor, given: Mapping[str, str], errors: Faults) -> str:
    register = archiving.register(actor)
    rows = session.execute(register.limit(MOST)).all()
    total = session.scalar(select(func.count()).select_from(register.order_by(None).subquery())) or 0
    offered = [row["code"] for row in codes.rows(archiving.PURPOSES)]
    return render_template(
        "keeping_archive.html",
        rows=rows,
        total=total,
        purposes=[(code, word(archiving.PURPOSES, code)) for code in offered],
        given=given,
        errors={name: field_words(fault) for name, fault in errors.items()},
        word=word,
    )


def _states() -> dict[str, str]:
    return {
        "proposed": _("waits for a decision"),
        "agreed": _("agreed"),
        "refused": _("kept"),
        "done": _("destroyed"),
    }


def _acts() -> dict[str, str]:
    return {
        "appraise": _("comes up for appraisal"),
        "clean": _("deleted by itself"),
        "keep": _("never destroyed by the program"),
    }


def _length(rule: periods.Rule) -> str:
    if rule.n is None:
        return _("for ever")
    return {"years": _("%(n)d years", n=rule.n), "days": _("%(n)d days", n=rule.n)}[rule.unit]
