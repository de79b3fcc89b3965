"""Transfer lists through the page: the empty one to fill in, sending one, and what became of its rows."""

from __future__ import annotations

import io
from typing import IO

from flask import flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from handlers import clue_import, lists
from handlers.clue_import import Problem, TransferList, explain
from server.db import reading, unit_of_work
from server.guard import guard
from server.limited import limited
from server.pages.blueprint import blueprint
from server.pages.names import lang
from server.pages.transfers import AGENCY, ENTERING
from server.traffic.rates import EXPORTS, UPLOADS
from workflows.actor import Actor
from workflows.errors import InvalidInput

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Bad rows shown on the page; the file to mend has all.
SHOWN = 100


@blueprint.get("/transfers/lists")
@guard(roles=ENTERING)
def transfer_lists(actor: Actor) -> str:
    """Show where to get the empty list, where to send a filled one, and the lists so far."""
    return _page(actor)


@blueprint.get("/transfers/lists/template.xlsx")
@guard(roles=ENTERING)
@limited(EXPORTS)
def list_template(actor: Actor) -> Response:
    """Give the empty list, for the office with the columns that name the agency."""
    with reading() as session:
        empty = clue_import.template(session, for_office=not actor.groups & AGENCY)
    return _workbook(io.BytesIO(empty), "线索移送清单.xlsx")


@blueprint.post("/transfers/lists")
@guard(roles=ENTERING)
@limited(UPLOADS)
def check_list(actor: Actor) -> Response | tuple[str, int]:
    """Keep a list until it is sent, and begin to check it; what is no list at all is refused with a word."""
    file = request.files.get("list")
    if file is None or not file.filename:
        return _page(actor, _("Choose a file first.")), 422
    try:
        with file.stream as stream:
            list_id = clue_import.take(unit_of_work, file.filename, stream, actor=actor)
    except InvalidInput as error:
        wrong = explain(Problem(None, None, "", error.code, error.params), lang())
        return _page(actor, f"{file.filename}: {wrong}"), 422
    # Most lists are short: their sender sees at once what is in them.
    clue_import.check_some(unit_of_work, list_id, actor=actor)
    return redirect(url_for("pages.transfer_list", list_id=list_id), 303)


@blueprint.get("/transfers/lists/<list_id>")
@guard(roles=ENTERING)
def transfer_list(actor: Actor, list_id: str) -> str:
    """Show what a list says, how far it was checked or sent, and what is wrong with its bad rows."""
    with reading() as session:
        found = clue_import.mine(session, list_id, actor=actor)
        problems = clue_import.problems(session, found, limit=SHOWN)
        words = [explain(problem, lang()) for problem in problems]
        count, repeats = clue_import.repeats(session, found, limit=SHOWN)
        return render_template(
            "transfer_list.html",
            list=found,
            problems=words,
            more=found.bad_rows - len({problem.row for problem in problems}),
            repeats=[explain(repeat, lang()) for repeat in repeats],
            repeated=count,
        )


@blueprint.post("/transfers/lists/<list_id>/check")
@guard(roles=ENTERING)
def go_on_checking(actor: Actor, list_id: str) -> Response:
    """Check rows for a moment, then show how far it came; the page asks again until all are checked."""
    clue_import.check_some(unit_of_work, list_id, actor=actor)
    return redirect(url_for("pages.transfer_list", list_id=list_id), 303)


@blueprint.post("/transfers/lists/<list_id>/send")
@guard(roles=ENTERING)
def send_list(actor: Actor, list_id: str) -> Response:
    """Send the good rows for a moment, then show how far it came; the page asks again until all are sent."""
    clue_import.send_some(unit_of_work, list_id, actor=actor)
    return redirect(url_for("pages.transfer_list", list_id=list_id), 303)


@blueprint.post("/transfers/lists/<list_id>/drop")
@guard(roles=ENTERING)
def drop_list(actor: Actor, list_id: str) -> Response:
    """Forget a list of which nothing was sent."""
    with unit_of_work() as session:
        clue_import.drop(session, list_id, actor=actor)
    flash(_("The list was dropped; nothing was sent."), "done")
    return redirect(url_for("pages.transfer_lists"), 303)


@blueprint.get("/transfers/lists/<list_id>/mended.xlsx")
@guard(roles=ENTERING)
@limited(EXPORTS)
def list_to_mend(actor: Actor, list_id: str) -> Response:
    """Give the rows that were not taken in, each with what would be right."""
    with reading() as session:
        name, file = clue_import.mended(session, list_id, actor=actor, language=lang())
    return _workbook(file, name)


def state_word(found: TransferList) -> str:
    """Return how far a list is, in words."""
    words = {
        "checking": _("being checked"),
        "checked": _("checked, not sent"),
        "sending": _("being sent"),
        "sent": _("sent"),
    }
    return words[found.state]


def _page(actor: Actor, wrong: str = "") -> str:
    with reading() as session:
        found = clue_import.recent(session, actor=actor)
        return render_template(
            "transfer_lists.html", lists=found, wrong=wrong, word=state_word, most_rows=lists.MAX_LINES
        )


def _workbook(file: IO[bytes], name: str) -> Response:
    return send_file(file, mimetype=XLSX, as_attachment=True, download_name=name)
