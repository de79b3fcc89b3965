"""Being away, and who stands in: everybody names his own proxy, a head also one for his people."""

from __future__ import annotations

from datetime import date, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from handlers import office
from handlers.office import Absence, Person, proxies
from server.auth.credentials import Account
from server.db import reading, unit_of_work
from server.guard import guard
from server.pages import names, words
from server.pages.blueprint import blueprint
from workflows import definitions
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput, NotFound

ASKED = ("login", "proxy", "scope", "since", "last")


@blueprint.get("/profile/absences")
@guard()
def absences(actor: Actor) -> str:
    """Show who stands in today, the absences to come of oneself and one's people, and the form for another."""
    with reading() as session:
        return _page(session, actor, {}, {})


@blueprint.post("/profile/absences")
@guard()
def name_proxy(actor: Actor) -> Response | tuple[str, int]:
    """Enter that one is away, or one of one's people, and who stands in, for what."""
    given = {name: request.form.get(name, "").strip() for name in ASKED}
    given["login"] = given["login"] or actor.id
    try:
        with unit_of_work() as session:
            since, last = _period(given)
            _check(session, actor, given)
            office.stand_in(
                session,
                given["login"],
                given["proxy"],
                since=since,
                until=last + timedelta(days=1),
                by=actor.id,
                scope=given["scope"] or proxies.ALL,
            )
    except InvalidInput as error:
        wrong = {name: words.field_words(fault) for name, fault in error.fields.items()}
        with reading() as session:
            return _page(session, actor, given, wrong), 422
    flash(
        _("Entered. In these days the proxy sees and does what is passed on, and is told of its reminders."),
        "done",
    )
    return redirect(url_for("pages.absences"), 303)


@blueprint.post("/profile/absences/end")
@guard()
def end_absence(actor: Actor) -> Response:
    """End one's own absence today, or that of one of one's people."""
    with unit_of_work() as session:
        row = session.get(Absence, request.form.get("id", ""))
        if row is None or row.login not in _led(session, actor):
            raise NotFound("There is no such absence.")
        office.back(session, row, by=actor.id)
    return redirect(url_for("pages.absences"), 303)


def _page(session: Session, actor: Actor, given: dict[str, str], wrong: dict[str, str]) -> str:
    led = _led(session, actor)
    return render_template(
        "absences.html",
        rows=[row for login in led for row in office.absences(session, login)],
        today=[row for row in office.away_today(session).values() if _may_know(session, actor, row)],
        led=led,
        others=_others(session, actor),
        scopes=_scopes(session, led),
        scope_words=scope_words,
        given=given,
        wrong=wrong,
        one_day=timedelta(days=1),
        this_day=office.today(),
    )


def scope_words(scope: str) -> str:
    """Return in words what an absence passes on."""
    kind, _separator, key = scope.partition(":")
    if kind == proxies.ROLE:
        return _("only as %(role)s", role=names.role(key))
    if kind == proxies.PROCESS:
        with reading() as session:
            return _("only %(process)s", process=names.process_name(definitions.latest(session, key)))
    return _("all work")


def _check(session: Session, actor: Actor, given: dict[str, str]) -> None:
    """Raise InvalidInput naming what is not among the choices of the form."""
    choices = {
        "login": _led(session, actor),
        "proxy": _others(session, actor),
        "scope": {"", proxies.ALL, *_scopes(session, [given["login"]])},
    }
    if wrong := {name: FieldError("required") for name, known in choices.items() if given[name] not in known}:
        raise InvalidInput("Nothing like that can be chosen.", fields=wrong)


def _led(session: Session, actor: Actor) -> dict[str, str]:
    """Return for whom the actor may name a proxy: himself first, then the people of the units that he heads."""
    return {actor.id: actor.name, **office.led_by(session, actor.id)}


def _others(session: Session, actor: Actor) -> dict[str, str]:
    """Return who may stand in: whoever signs in and is of the same kind, staff for staff."""
    mine = select(Person.kind).where(Person.login == actor.id).scalar_subquery()
    others = select(Person.login, Person.name).where(Person.kind == mine, Person.login.is_not(None))
    disabled = select(Account.login).where(Account.disabled_at.is_not(None))
    found = session.execute(others.where(Person.login.not_in(disabled)).order_by(Person.name))
    return {str(login): name for login, name in found}


def _scopes(session: Session, logins: list[str] | dict[str, str]) -> dict[str, str]:
    """Return what of their work may be passed on, in words: all, as one role, or of one process."""
    held = {
        group for login in logins for group in office.actor_for(session, login).groups if "@" not in group
    }
    roles = [role for role in session.scalars(select(office.Role)) if role.id in held and role.proxies]
    found = {proxies.ALL: scope_words(proxies.ALL)}
    found |= {scope: scope_words(scope) for scope in (f"{proxies.ROLE}:{role.id}" for role in roles)}
    for definition in definitions.list_definitions(session, latest_only=True):
        found[f"{proxies.PROCESS}:{definition.key}"] = _(
            "only %(process)s", process=names.process_name(definition)
        )
    return found


def _may_know(session: Session, actor: Actor, row: Absence) -> bool:
    """Whether one is told who is away: those concerned, and the staff of the office of each other."""
    if actor.id in (row.login, row.proxy):
        return True
    kinds = select(Person.kind).where(Person.login.in_([actor.id, row.login]))
    return set(session.scalars(kinds)) == {"staff"}


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
