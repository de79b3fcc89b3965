"""The simulator of due dates, for supervisors: a rule or a length, a day, and how the due date comes about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from handlers import office
from server.db import reading
from server.guard import guard
from server.pages import deadline, names, words
from server.pages.blueprint import blueprint
from server.pages.limit_words import due_words, length, statuses
from server.pages.limits import SUPERVISOR
from workflows import calendar, limits, plans, preview
from workflows.actor import Actor
from workflows.calendar import NATIONAL, Limit
from workflows.errors import InvalidInput

ASKED = ("rule", "start", "time", "n", "unit", "liberty", "jurisdiction")


@dataclass(frozen=True)
class Answer:
    """A due date with how it was counted."""

    due: str
    provisional: bool
    steps: tuple[str, ...]
    rule: Limit | None


@blueprint.get("/limits/simulator")
@guard(roles=SUPERVISOR)
def limits_simulator(actor: Actor) -> str | tuple[str, int]:
    """Answer when a limit would end; without a question, ask for one."""
    given = {name: request.args.get(name, "").strip() for name in ASKED}
    wrong: dict[str, str] = {}
    answer = None
    with reading() as session:
        if given["start"] or request.args.get("ask"):
            try:
                answer = _answer(session, given)
            except InvalidInput as error:
                wrong = {name: words.field_words(fault) for name, fault in error.fields.items()}
        page = _page(session, given, wrong, answer)
    return (page, 422) if wrong else page


def _answer(session: Session, given: Mapping[str, str]) -> Answer:
    asked = dict(given)
    if given["time"]:
        asked["start"] = f"{given['start']}T{given['time']}"
    if given["rule"]:
        # Who has chosen a rule may have left a length behind.
        asked |= {"n": "", "unit": "", "liberty": ""}
    due = preview.preview(session, asked)
    rule = due.limit if due.limit and due.limit.id else None
    return Answer(due_words(due), due.provisional, deadline.steps_in_words(due.explanation), rule)


def _page(session: Session, given: Mapping[str, str], wrong: Mapping[str, str], answer: Answer | None) -> str:
    every = [limits.current(session, rule, office.today()) for rule in limits.every(session)]
    return render_template(
        "limits_simulator.html",
        given={**given, "start": given["start"] or office.today().isoformat()},
        wrong=wrong,
        labels={
            "rule": _("Rule"),
            "start": _("Day of the event"),
            "time": _("Time"),
            "n": _("How many"),
            "unit": _("Unit"),
            "liberty": _("Deprivation of liberty"),
            "jurisdiction": _("Calendar"),
        },
        answer=answer,
        rules=[(one.id, f"{one.id} {names.named(one)}") for one in every if calendar.ends(one.n, one.unit)],
        units={
            "WD": _("working days"),
            "ND": _("calendar days"),
            "M": _("months"),
            "Y": _("years"),
            "H": _("hours"),
        },
        places=sorted({NATIONAL, plans.jurisdiction()} | plans.jurisdictions(session)),
        place=plans.jurisdiction(),
        length=length,
        statuses=statuses(),
    )
