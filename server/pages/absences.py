"""Being away, and who stands in: everybody names his own proxy and period."""

from __future__ import annotations

from datetime import date, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from handlers import office
from handlers.office import Absence, Person
from server.db import reading, unit_of_work
from server.guard import guard
from server.pages import words
from server.pages.blueprint import blueprint
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput, NotFound

ASKED = ("proxy", "since", "last")


@blueprint.get("/profile/absences")
@guard()
def absences(actor: Actor) -> str:
    """Show one's own absences to come, and the form for another."""
    with reading() as session:
        return _page(session, actor, {}, {})


@blueprint.post("/profile/absences")
@guard()
def name_proxy(actor: Actor) -> Response | tuple[str, int]:
    """Enter that one is away, and who stands in."""
    given = {name: request.form.get(name, "").strip() for name in ASKED}
    try:
        with unit_of_work() as session:
            since, last = _period(given)
            if given["proxy"] not in _others(session, actor):
                raise InvalidInput("Nobody like that.", fields={"proxy": FieldError("required")})
            until = last + timedelta(days=1)
            office.stand_in(session, actor.id, given["proxy"], since=since, until=until, by=actor.id)
    except InvalidInput as error:
        wrong = {name: words.field_words(fault) for name, fault in error.fields.items()}
        with reading() as session:
            return _page(session, actor, given, wrong), 422
    flash(_("Your proxy is told of your reminders while you are away, and so are you."), "done")
    return redirect(url_for("pages.absences"), 303)


@blueprint.post("/profile/absences/end")
@guard()
def end_absence(actor: Actor) -> Response:
    """End one's own absence today."""
    with unit_of_work() as session:
        row = session.get(Absence, request.form.get("id", ""))
        if row is None or row.login != actor.id:
            raise NotFound("There is no such absence.")
        office.back(session, row, by=actor.id)
    return redirect(url_for("pages.absences"), 303)


def _page(session: Session, actor: Actor, given: dict[str, str], wrong: dict[str, str]) -> str:
    return render_template(
        "absences.html",
        rows=office.absences(session, actor.id),
        others=_others(session, actor),
        given=given,
        wrong=wrong,
        one_day=timedelta(days=1),
    )


def _others(session: Session, actor: Actor) -> dict[str, str]:
    """Return who may stand in: whoever signs in and is of the same kind, staff for staff."""
    mine = select(Person.kind).where(Person.login == actor.id).scalar_subquery()
    others = select(Person.login, Person.name).where(
        Person.kind == mine, Person.login.is_not(None), Person.login != actor.id
    )
    return {str(login): name for login, name in session.execute(others.order_by(Person.name))}


def _period(given: dict[str, str]) -> tuple[date, date]:
    days, fields = [], {}
    for name in ("since", "last"):
        try:
            days.append(date.fromisoformat(given[name]))
        except ValueError:
            fields[name] = FieldError("date" if given[name] else "required", {"value": given[name]})
    if fields:
        raise InvalidInput("The period is none.", fields=fields)
    if days[1] < days[0]:
        raise InvalidInput("The period is none.", fields={"last": FieldError("absence_order")})
    return days[0], days[1]
