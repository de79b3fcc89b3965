"""A new version of a rule: the form, what a day computes to under old and new, and what is wrong by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from handlers import codes, office
from server.db import reading, unit_of_work
from server.guard import guard
from server.pages import deadline, words
from server.pages.blueprint import blueprint
from server.pages.limit_words import GROUNDS, due_words, length, statuses, units
from server.pages.limits import SUPERVISOR
from workflows import calendar, clock, conventions, limits, plans, preview
from workflows.actor import Actor
from workflows.calendar import Limit
from workflows.errors import FieldError, InvalidInput
from workflows.model import TimeLimit

#: What the form of a new version asks for, in its order; `cap` is a number and a unit.
ASKED = (
    "title_zh",
    "title_en",
    "start_event",
    "n",
    "unit",
    "extension",
    "cap_n",
    "cap_unit",
    "approver",
    "document",
    "article",
    "status",
    "effective_from",
    "extension_approver",
    "extension_count",
    "extension_reasons",
    "pause_approver",
    "pause_count",
    "pause_cap_n",
    "pause_cap_unit",
    "pause_reasons",
    "pause_source",
)
#: Columns that the form asks for as a number and a unit.
CAPS = ("cap", "pause_cap")
MORNING = time(9)


@dataclass(frozen=True)
class Side:
    """What a day computes to under one version of a rule."""

    version: int
    length: str
    due: str
    steps: tuple[str, ...]


@blueprint.get("/limits/<rule_id>/change")
@guard(roles=SUPERVISOR)
def limit_form(actor: Actor, rule_id: str) -> str:
    """Ask for the next version of a rule, filled in as the newest one has it."""
    with reading() as session:
        newest = limits.versions(session, rule_id)[-1]
        given = _given(newest) | {"effective_from": office.today().isoformat()}
        return _form(newest, given, {})


@blueprint.post("/limits/<rule_id>/change")
@guard(roles=SUPERVISOR)
def change_limit(actor: Actor, rule_id: str) -> Response | str | tuple[str, int]:
    """Compare what a day computes to under both versions, or write the new one; say by field what is wrong."""
    given = {name: request.form.get(name, "").strip() for name in (*ASKED, "reason", "sample", "follows")}
    given |= {name: " ".join(request.form.getlist(name)) for name in GROUNDS}
    try:
        if request.form.get("act") == "compare":
            return _compare(rule_id, given)
        with unit_of_work() as session:
            written = limits.change(
                session,
                rule_id,
                _cells(given),
                follows=int(given["follows"]) if given["follows"].isdecimal() else 0,
                reason=given["reason"],
                actor=actor,
                today=office.today(),
            )
    except InvalidInput as error:
        with reading() as session:
            newest = limits.versions(session, rule_id)[-1]
            return _form(newest, given, _wrong(error), same=error.code == "limit_same"), 422
    flash(
        _(
            "Version %(n)d of %(rule)s holds from %(day)s on. Running deadlines keep their version.",
            n=written.version,
            rule=rule_id,
            day=written.effective_from.isoformat(),
        ),
        "done",
    )
    return redirect(url_for("pages.limit", rule_id=rule_id), 303)


def _compare(rule_id: str, given: Mapping[str, str]) -> str:
    with reading() as session:
        newest = limits.versions(session, rule_id)[-1]
        revised = limits.revised(session, rule_id, _cells(given), today=office.today())
        try:
            start = preview.read_start(given["sample"])
        except preview.Wrong as wrong:
            raise InvalidInput(str(wrong), fields={"sample": wrong.fault}, code="limit_fields") from None
        sides = [_side(session, one, start) for one in (limits.value(newest), revised)]
        return _form(newest, given, {}, sides=sides)


def _side(session: Session, limit: Limit, start: date | datetime) -> Side:
    if not calendar.ends(limit.n, limit.unit):
        return Side(limit.version, length(limit), _("set by a person"), ())
    if not isinstance(start, datetime):
        start = datetime.combine(start, MORNING, clock.office_zone())
    day = clock.day_of(start)
    limit = limits.agreed(limit, conventions.in_force(session, limit.id, day))
    found = calendar.due(limit, start, plans.work_days(session), clock.office_zone())
    return Side(limit.version, length(limit), due_words(found), deadline.steps_in_words(found.explanation))


def _form(
    newest: TimeLimit,
    given: Mapping[str, str],
    wrong: Mapping[str, str],
    *,
    sides: Sequence[Side] = (),
    same: bool = False,
) -> str:
    return render_template(
        "limit_change.html",
        newest=newest,
        given={"sample": office.today().isoformat(), "follows": str(newest.version), **given},
        wrong=wrong,
        labels=_labels(),
        sides=sides,
        same=same,
        statuses=statuses(),
        units=units(),
        numbered=[unit for unit in units() if unit in calendar.NUMBERED],
        events=codes.rows("start_events"),
        levels=codes.rows("approval_levels"),
        tables={column: codes.rows(table) for column, table in GROUNDS.items()},
    )


def _given(row: TimeLimit) -> dict[str, str]:
    """Return a version as the texts that its form shows."""
    texts: dict[str, str] = {}
    for column in calendar.COLUMNS:
        value = getattr(row, column)
        texts[column] = "" if value is None else str(value)
    for cap in CAPS:
        texts[f"{cap}_n"], _blank, texts[f"{cap}_unit"] = texts[cap].partition(" ")
    return {name: texts[name] for name in ASKED}


def _cells(given: Mapping[str, str]) -> dict[str, str]:
    """Return the texts of a form as the columns of the table of limits."""
    cells = {name: given[name] for name in ASKED if name in calendar.COLUMNS}
    for cap in CAPS:
        number = given[f"{cap}_n"]
        cells[cap] = f"{number} {given[f'{cap}_unit']}" if number else ""
    return cells


def _wrong(error: InvalidInput) -> dict[str, str]:
    """Return by field what would be right, in the page's language."""
    fields = {f"{name}_n" if name in CAPS else name: fault for name, fault in error.fields.items()}
    return {name: _right(name, fault) for name, fault in fields.items()}


def _right(name: str, fault: FieldError) -> str:
    if fault.code == "day_between":
        return _("Give a day from %(min)s to %(max)s.", min=fault.params["min"], max=fault.params["max"])
    if fault.code == "limit_number_stays":
        return _("Processes count by this rule: it needs a number.")
    if fault.code != "cell":
        return words.field_words(fault)
    return {
        "n": _(
            "Write a whole number from 1 to %(max)s, or nothing where the unit is a word.",
            max=calendar.MAX_NUMBER,
        ),
        "article": _("Name the rule and the article: a limit without a source binds nobody."),
        "effective_from": _(
            "Write a day as year-month-day, such as 2026-03-09; a length belongs to number and unit."
        ),
        "cap_n": _("Write a whole number and choose the unit of the limit itself, or leave both empty."),
        "pause_cap_n": _(
            "Write a whole number and choose the unit of the limit itself (months: calendar days), or neither."
        ),
        "extension_count": _("Write a whole number, or leave it empty."),
        "pause_count": _("Write a whole number, or leave it empty."),
        "extension_reasons": _("Choose the grounds, and say who decides; or neither."),
        "extension_approver": _("Choose the grounds, and say who decides; or neither."),
        "pause_reasons": _(
            "Choose the grounds, and say who decides and which rule allows it; or none of them."
        ),
        "pause_approver": _(
            "Choose the grounds, and say who decides and which rule allows it; or none of them."
        ),
        "pause_source": _("Name the rule that allows the pause: one without a source binds nobody."),
        "approver": _("Levels with a stroke between, such as A2/A3; empty where nobody is named."),
        "unit": _("Choose from the list."),
        "status": _("Choose from the list."),
    }.get(name) or _("Write 1 to 255 characters.")


def _labels() -> dict[str, str]:
    """Return what the fields of the form are called."""
    return {
        "title_zh": _("Name in Chinese"),
        "title_en": _("Name in English"),
        "start_event": _("Counted from"),
        "n": _("How many"),
        "unit": _("Unit"),
        "extension": _("Extension"),
        "cap_n": _("All extensions together at most"),
        "cap_unit": _("Unit of the extensions"),
        "approver": _("Who decides or approves"),
        "document": _("Document that proves it"),
        "article": _("Legal source"),
        "status": _("Standing"),
        "effective_from": _("In force from"),
        "extension_approver": _("Who grants an extension"),
        "extension_count": _("How many extensions at most"),
        "extension_reasons": _("Grounds of an extension"),
        "pause_approver": _("Who grants a pause"),
        "pause_count": _("How many pauses at most"),
        "pause_cap_n": _("All pauses together at most"),
        "pause_cap_unit": _("Unit of the pauses"),
        "pause_reasons": _("Grounds of a pause"),
        "pause_source": _("Legal source of the pause"),
        "reason": _("Why it changes"),
        "sample": _("Try it with an event on"),
    }
