"""Who reported a clue, on a page of its own: recorded and corrected by the intake office, shown only when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from handlers import codes, vault, wall
from handlers.registers import Clue
from handlers.vault import grants, keys, masking, receipts, reporters
from server.db import reading, unit_of_work
from server.guard import guard
from server.pages import unsealing, words
from server.pages.blueprint import blueprint
from server.pages.clues import known
from server.pages.frame import OFFICE
from workflows.actor import Actor
from workflows.errors import InvalidInput


@blueprint.get("/clues/<clue_id>/reporter")
@guard(roles=OFFICE)
def reporter(actor: Actor, clue_id: str) -> str:
    """Show whether a reporter is recorded, and what the reader may do about it; nothing of who it is."""
    with reading() as session:
        clue = known(session, actor, clue_id)
        return _page(session, actor, clue)


@blueprint.post("/clues/<clue_id>/reporter/read")
@guard(roles=OFFICE)
def read_reporter(actor: Actor, clue_id: str) -> str:
    """Show who reported the clue, to the intake clerk or by a grant; the read stands in the audit with it."""
    with unit_of_work() as session:
        clue = known(session, actor, clue_id)
        grant = grants.active(session, actor, clue)
        purpose = grant.purpose if grant else _purpose()
        identity = reporters.read(session, actor, clue, purpose=purpose, grant=grant)
        return _page(session, actor, clue, identity=identity)


@blueprint.post("/clues/<clue_id>/reporter")
@guard(roles={reporters.INTAKE})
def write_reporter(actor: Actor, clue_id: str) -> Response | tuple[str, int]:
    """Record who reported the clue, or correct it; what is wrong is shown with what was typed."""
    given = {name: request.form.get(name, "") for name in labels()}
    try:
        with unit_of_work() as session:
            clue = known(session, actor, clue_id)
            row = reporters.write(session, actor, clue, given)
            if masking.proposals(clue, identity := reporters.opened(row)):
                flash(_("The reporter is recorded and sealed."), "done")
                return _page(session, actor, clue, identity=identity), 200
    except InvalidInput as error:
        if not error.fields:
            raise
        with reading() as session:
            clue = known(session, actor, clue_id)
            wrong = {name: words.field_words(fault) for name, fault in error.fields.items()}
            return _page(session, actor, clue, typed=request.form, wrong=wrong), 422
    flash(_("The reporter is recorded and sealed."), "done")
    return redirect(url_for("pages.reporter", clue_id=clue_id), 303)


@blueprint.post("/clues/<clue_id>/reporter/mask")
@guard(roles={reporters.INTAKE})
def mask_reporter(actor: Actor, clue_id: str) -> Response:
    """Take the marks of the reporter out of the clue's texts, as proposed."""
    with unit_of_work() as session:
        masking.mask(session, actor, known(session, actor, clue_id))
    flash(_("The texts no longer bear the reporter's name and numbers."), "done")
    return redirect(url_for("pages.reporter", clue_id=clue_id), 303)


def labels() -> dict[str, str]:
    """Return what the entries of an identity are called, in their order."""
    return {
        "name": _("Name"),
        "id_number": _("Identity number"),
        "phone": _("Telephone"),
        "address": _("Address"),
        "unit": _("Unit"),
        "email": _("E-mail"),
        "note": _("Note"),
    }


def _page(
    session: Session,
    actor: Actor,
    clue: Clue,
    *,
    identity: vault.Identity | None = None,
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
) -> str:
    row = reporters.found(session, clue)
    writes, intake = reporters.may_write(session, actor, clue), reporters.is_intake(session, actor, clue)
    shown: Mapping[str, Any] = asdict(identity) if identity else {}
    return render_template(
        "reporter.html",
        clue=clue,
        row=row,
        ready=keys.ready(),
        intake=intake,
        # What is recorded is corrected after it was read: nobody writes over what he has not seen.
        asks=writes and (row is None or identity is not None or typed is not None),
        writes=writes,
        identity={name: shown[name] for name in labels() if shown.get(name)},
        given=typed or shown,
        cut=masking.proposals(clue, identity) if identity and intake else {},
        texts={
            "facts": _("Facts"),
            "agency_conclusion": _("The agency's conclusion"),
            "contact": _("Contact"),
            "head_sign": _("Signed by"),
            "summary": _("Summary at registration"),
        },
        wrong=wrong or {},
        labels=labels(),
        purposes=[row for row in codes.rows(grants.PURPOSES) if row["what"] == "reporter"],
        grant=grants.active(session, actor, clue),
        asked=unsealing.lines(session, actor, clue) if wall.view(session, actor, clue) == "content" else [],
        may_ask=grants.may_ask(session, actor, clue) and not grants.pending(session, actor.id, clue),
        may_make=receipts.may_make(session, actor, clue),
        additions=receipts.of_clue(session, clue) if intake else [],
    )


def _purpose() -> str:
    purpose = request.form.get("purpose", "")
    if purpose not in grants.purposes("reporter"):
        raise InvalidInput("Say what the identity is needed for.", code="vault_purpose")
    return purpose
