"""How limits are counted: what law fixes, what the office decides where rules leave it open, and what it decided when."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from handlers import codes, conventions, office
from server.db import reading, unit_of_work
from server.guard import guard
from server.pages import words
from server.pages.blueprint import blueprint
from server.pages.limit_words import statuses
from server.pages.limits import SUPERVISOR
from workflows import conventions as answers
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput, NotFound
from workflows.model import TimeConvention

ASKED = ("option", "effective_from", "document_no", "follows")


@blueprint.get("/limits/conventions", endpoint="limit_conventions")
@guard(roles=SUPERVISOR)
def conventions_list(actor: Actor) -> str:
    """List the questions that the office decides with the answers that hold, and what is fixed."""
    asked = conventions.open_questions()
    with reading() as session:
        return render_template(
            "conventions.html",
            choices=[
                _choice(session, row) for row in codes.rows(conventions.QUESTIONS) if row["code"] in asked
            ],
            fixed=[row for row in codes.rows(conventions.QUESTIONS) if row["code"] not in asked],
            statuses=statuses(),
        )


@blueprint.get("/limits/conventions/<question>", endpoint="limit_convention")
@guard(roles=SUPERVISOR)
def convention(actor: Actor, question: str) -> str:
    """Show one question: its options, everything that was decided, and the form of a new decision."""
    with reading() as session:
        return _page(session, question, {}, {})


@blueprint.post("/limits/conventions/<question>", endpoint="limit_convention_decided")
@guard(roles=SUPERVISOR)
def decide_convention(actor: Actor, question: str) -> Response | str | tuple[str, int]:
    """Write the office's decision on a question, or say by field what is wrong."""
    given = {name: request.form.get(name, "").strip() for name in ASKED}
    try:
        with unit_of_work() as session:
            written = conventions.decide(session, question, given, actor=actor)
    except InvalidInput as error:
        wrong = {name: _right(fault) for name, fault in error.fields.items()}
        with reading() as session:
            return _page(session, question, given, wrong), 422
    flash(
        _(
            "Decided: it holds from %(day)s on. Deadlines that have begun keep the answer they began with.",
            day=written.effective_from.isoformat(),
        ),
        "done",
    )
    return redirect(url_for("pages.limit_convention", question=question), 303)


def _page(session: Session, question: str, given: Mapping[str, str], wrong: Mapping[str, str]) -> str:
    options = conventions.open_questions().get(question)
    if options is None:
        raise NotFound(f"There is no question {question!r} to decide.")
    row = next(row for row in codes.rows(conventions.QUESTIONS) if row["code"] == question)
    found = answers.versions(session, question)
    choice = _choice(session, row)
    first = conventions.earliest(session, question).isoformat()
    fresh = {"option": found[-1].option, "effective_from": first, "document_no": ""}
    return render_template(
        "convention.html",
        **choice,
        options=options,
        versions=found[::-1],
        given={"follows": str(found[-1].version), **fresh, **given},
        earliest=first,
        wrong=wrong,
        labels=_labels(),
    )


def _choice(session: Session, row: Mapping[str, str]) -> dict[str, object]:
    """Return a question with the answer that holds today, and what was decided for later."""
    today = office.today()
    now = answers.answered(session, row["code"], today)
    coming = answers.versions(session, row["code"])[-1]
    return {
        "question": row,
        "now": now,
        "coming": coming if coming.effective_from > today else None,
        "word": _word,
        "limits": row["rules"].split(),
    }


def _word(answer: TimeConvention) -> Mapping[str, str]:
    """Return the option that an answer chose."""
    return next(row for row in codes.rows(conventions.OPTIONS) if row["code"] == answer.option)


def _labels() -> dict[str, str]:
    return {
        "option": _("Answer of the office"),
        "effective_from": _("In force from"),
        "document_no": _("Number of the document by which it was decided"),
    }


def _right(fault: FieldError) -> str:
    wording = {
        "begun": _(
            "Give a day from %(min)s on: what begins before that has begun already, and keeps its answer.",
            min=fault.params.get("min"),
        ),
        "day_between": _(
            "Give a day from %(min)s to %(max)s.", min=fault.params.get("min"), max=fault.params.get("max")
        ),
        "month_begin": _("Give the first day of a month: a period begins with it."),
        "choice": _("Choose from the list."),
        "convention_same": _(
            "This answer holds on that day already; choose another one, or leave it as it is."
        ),
    }
    return wording.get(fault.code) or words.field_words(fault)
