"""How long one matter is kept, what holds it, and its way into the archive and out of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from handlers import archiving, keeping, wall
from handlers.erasure import appraisal
from handlers.keeping import Hold, Opening
from handlers.registers import Clue
from server.db import reading, unit_of_work
from server.guard import guard
from server.pages.blueprint import blueprint
from server.pages.clues import known, word
from server.pages.keeping import Faults, period_words, whats
from server.pages.words import field_words
from workflows.actor import Actor
from workflows.errors import InvalidInput, NotFound

#: Does what a form of the page asks for, in the writing session.
Act = Callable[[Session, Clue], None]


@blueprint.get("/clues/<clue_id>/keeping")
@guard(roles=archiving.HOLDING)
def matter_keeping(actor: Actor, clue_id: str) -> str:
    """Show until when a matter is kept, what holds it, and who has opened it in the archive."""
    with reading() as session:
        return _page(session, actor, _clue(session, actor, clue_id), {}, {})


@blueprint.post("/clues/<clue_id>/keeping/hold")
@guard(roles=archiving.HOLDING)
def hold_matter(actor: Actor, clue_id: str) -> Response | tuple[str, int]:
    """Let nothing of the matter be destroyed."""

    def act(session: Session, clue: Clue) -> None:
        said = {name: request.form.get(name, "") for name in ("authority", "reason")}
        archiving.hold(session, actor, clue, **said)

    return _done(actor, clue_id, act, _("Nothing of this matter is destroyed from now on."))


@blueprint.post("/clues/<clue_id>/keeping/lift")
@guard(roles=archiving.LIFTING)
def lift_hold(actor: Actor, clue_id: str) -> Response | tuple[str, int]:
    """End a hold, with the reason."""

    def act(session: Session, clue: Clue) -> None:
        hold_id, reason = request.form.get("hold", ""), request.form.get("lift_reason", "")
        archiving.lift(session, actor, clue, hold_id, reason=reason)

    return _done(actor, clue_id, act, _("The hold is lifted."))


@blueprint.post("/clues/<clue_id>/keeping/archive")
@guard(roles=archiving.KEEPERS)
def archive_matter(actor: Actor, clue_id: str) -> Response | tuple[str, int]:
    """Put a closed matter into the archive."""
    with unit_of_work() as session:
        archiving.archive(session, actor, _clue(session, actor, clue_id))
    flash(_("It lies in the archive, and can be opened there for a purpose."), "done")
    return redirect(url_for("pages.keeping_archive"), 303)


@blueprint.post("/clues/<clue_id>/keeping/take-out")
@guard(roles=archiving.LIFTING)
def take_out_matter(actor: Actor, clue_id: str) -> Response | tuple[str, int]:
    """Bring an archived matter back among the others."""

    def act(session: Session, clue: Clue) -> None:
        archiving.take_out(session, actor, clue, reason=request.form.get("reason", ""))

    return _done(actor, clue_id, act, _("The matter is out of the archive."))


def _done(actor: Actor, clue_id: str, act: Act, words: str) -> Response | tuple[str, int]:
    try:
        with unit_of_work() as session:
            act(session, _clue(session, actor, clue_id))
    except InvalidInput as error:
        with reading() as session:
            clue = _clue(session, actor, clue_id)
            return _page(session, actor, clue, request.form.to_dict(), error.fields), 422
    flash(words, "done")
    return redirect(url_for("pages.matter_keeping", clue_id=clue_id), 303)


def _page(session: Session, actor: Actor, clue: Clue, given: Mapping[str, str], errors: Faults) -> str:
    holds = session.scalars(select(Hold).where(Hold.scope_id == clue.scope_id).order_by(Hold.placed_at)).all()
    openings = select(Opening).where(Opening.scope_id == clue.scope_id).order_by(Opening.opened_at)
    archived = keeping.archived(session, clue.scope_id)
    kept = {what: appraisal.kept_until(session, clue, what) for what in appraisal.WHATS}
    if not clue.named_report:
        kept.pop("reporter")
    return render_template(
        "keeping_matter.html",
        clue=clue,
        kept=kept,
        whats=whats(),
        period=period_words,
        holds=holds,
        archived=archived,
        openings=session.scalars(openings).all(),
        ended=archiving.ended_at(session, clue),
        destroyed=appraisal.erased(session, clue),
        may_lift=bool(actor.groups & archiving.LIFTING),
        may_archive=bool(actor.groups & archiving.KEEPERS),
        given=given,
        errors={name: field_words(fault) for name, fault in errors.items()},
        word=word,
    )


def _clue(session: Session, actor: Actor, clue_id: str) -> Clue:
    clue = known(session, actor, clue_id)
    if wall.view(session, actor, clue) != "content":
        raise NotFound(f"There is no clue {clue_id}.", code="clue")
    return clue
