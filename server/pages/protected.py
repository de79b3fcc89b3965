"""Minors and victims of a matter, on a page of its own: recorded, called by aliases, shown to whom they may be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from handlers import codes, protecting, vault, wall
from handlers.registers import Clue
from handlers.vault import grants, keys, protected
from server.db import reading, unit_of_work
from server.guard import guard
from server.pages import unsealing, words
from server.pages.blueprint import blueprint
from server.pages.clues import known
from server.pages.frame import OFFICE
from workflows.actor import Actor
from workflows.errors import InvalidInput, NotFound

WHAT = "protected"


@blueprint.get("/clues/<clue_id>/protected", endpoint="protected")
@guard(roles=OFFICE)
def page(actor: Actor, clue_id: str) -> str:
    """Show who is recorded, by alias, and what the reader may do about it; nothing of who it is."""
    with reading() as session:
        return _page(session, actor, _content(session, actor, clue_id))


@blueprint.post("/clues/<clue_id>/protected")
@guard(roles=OFFICE)
def protect(actor: Actor, clue_id: str) -> Response | tuple[str, int]:
    """Record a minor or a victim under seal; his name gives way to his alias in all that is written."""
    given = {name: request.form.get(name, "") for name in ("kind", *labels())}
    try:
        with unit_of_work() as session:
            clue = _content(session, actor, clue_id)
            row = protecting.protect(session, actor, clue, given.pop("kind"), given)
            flash(_("Recorded under seal as %(alias)s.", alias=protected.alias(row)), "done")
    except InvalidInput as error:
        if not error.fields:
            raise
        with reading() as session:
            wrong = {name: words.field_words(fault) for name, fault in error.fields.items()}
            clue = _content(session, actor, clue_id)
            return _page(session, actor, clue, typed=request.form, wrong=wrong), 422
    return redirect(url_for("pages.protected", clue_id=clue_id), 303)


@blueprint.post("/clues/<clue_id>/protected/read")
@guard(roles=OFFICE)
def read_protected(actor: Actor, clue_id: str) -> str:
    """Show who somebody is, to a handler, the leader in charge, or by a grant; the read stands in the audit with it."""
    with unit_of_work() as session:
        clue = _content(session, actor, clue_id)
        row = next(
            (one for one in protected.of_clue(session, clue) if one.id == request.form.get("entry")), None
        )
        if row is None:
            raise NotFound(f"There is nobody to be read in {clue_id}.", code="clue")
        grant = (
            None if protected.may_read(session, actor, clue) else grants.active(session, actor, clue, WHAT)
        )
        person = protected.read(session, actor, clue, row, grant=grant)
        return _page(session, actor, clue, shown=(protected.alias(row), asdict(person)))


@blueprint.post("/clues/<clue_id>/protected/replace")
@guard(roles=OFFICE)
def replace_protected(actor: Actor, clue_id: str) -> Response:
    """Put the aliases in the place of names that were written since."""
    with unit_of_work() as session:
        protecting.replace(session, actor, _content(session, actor, clue_id))
    flash(_("What is written bears the aliases."), "done")
    return redirect(url_for("pages.protected", clue_id=clue_id), 303)


def labels() -> dict[str, str]:
    """Return what the entries are called, in their order."""
    return {
        "name": _("Name"),
        "birth": _("Date of birth"),
        "guardian": _("Guardian"),
        "contact": _("Telephone"),
        "note": _("Note"),
    }


def _content(session: Session, actor: Actor, clue_id: str) -> Clue:
    clue = known(session, actor, clue_id)
    if wall.view(session, actor, clue) != "content":
        raise NotFound(f"There is no clue {clue_id}.", code="clue")
    return clue


def _page(
    session: Session,
    actor: Actor,
    clue: Clue,
    *,
    shown: tuple[str, Mapping[str, str]] | None = None,
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
) -> str:
    rows: list[vault.Protected] = protected.of_clue(session, clue)
    grant = grants.active(session, actor, clue, WHAT)
    writes, ready = protected.may_write(session, actor, clue), keys.ready()
    asks = grants.may_ask(session, actor, clue, WHAT) and not grants.pending(session, actor.id, clue, WHAT)
    reads = protected.may_read(session, actor, clue)
    return render_template(
        "protected.html",
        clue=clue,
        rows=[(row, protected.alias(row)) for row in rows],
        ready=ready,
        writes=writes,
        reads=reads or grant is not None,
        grant=None if reads else grant,
        may_ask=asks and not reads,
        named=writes and ready and protecting.standing(session, clue),
        shown=shown,
        given=typed or {},
        wrong=wrong or {},
        labels=labels() | {"kind": _("Kind")},
        kinds=codes.rows(protected.KINDS),
        asked=unsealing.lines(session, actor, clue, WHAT),
    )
