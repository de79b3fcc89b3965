"""Accounts, persons, roles and units, for the administrator: no content of any matter."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from handlers import office
from server import auth
from server.auth import Account, credentials, factors, links, sessions
from server.db import reading, unit_of_work
from server.guard import guard, identity, settings
from server.pages.blueprint import blueprint
from server.pages.names import named
from workflows.actor import Actor
from workflows.errors import Conflict

ADMIN = {"admin"}


@dataclass(frozen=True)
class Entry:
    """One line of the page: an account and whom it belongs to."""

    login: str
    name: str
    roles: tuple[str, ...]
    disabled: bool
    second_factor: bool


@blueprint.get("/people")
@guard(roles=ADMIN)
def people(actor: Actor) -> str:
    """List the accounts with their roles, and the tree of units."""
    with reading() as session:
        return render_template("people.html", entries=_entries(session), units=_units(session))


@blueprint.post("/people/<login>/disable")
@guard(roles=ADMIN)
def disable(actor: Actor, login: str) -> Response:
    """Let nobody in under this login."""
    if login == actor.id:
        raise Conflict("You cannot disable your own account.", code="own_account")
    with unit_of_work() as session:
        auth.disable(session, login, actor=actor.id)
    flash(_("%(login)s can no longer sign in.", login=login), "done")
    return redirect(url_for("pages.people"), 303)


@blueprint.post("/people/<login>/enable")
@guard(roles=ADMIN)
def enable(actor: Actor, login: str) -> Response:
    """Let a disabled account in again."""
    with unit_of_work() as session:
        auth.enable(session, login, actor=actor.id)
    flash(_("%(login)s can sign in again.", login=login), "done")
    return redirect(url_for("pages.people"), 303)


@blueprint.post("/people/<login>/reset")
@guard(roles=ADMIN)
def reset(actor: Actor, login: str) -> str:
    """Take the password away, and give a one-time link by which the person chooses another, shown once."""
    with unit_of_work() as session:
        token = links.make(session, login, actor=actor.id)
    # In the answer itself: a flash would leave it in a cookie.
    address = settings().public_url + url_for("pages.welcome", token=token)
    return render_template("link.html", login=login, address=address, days=links.LASTS.days)


@blueprint.post("/people/<login>/second-factor")
@guard(roles=ADMIN)
def reset_factor(actor: Actor, login: str) -> Response:
    """Take the second factor of somebody who has lost it away; he is told, and signed out."""
    if login == actor.id:
        raise Conflict("You end your own second factor on your own page.", code="own_factor")
    with unit_of_work() as session:
        factors.remove(session, login, actor=actor.id)
    flash(_("%(login)s signs in without a second factor until a new one is set up.", login=login), "done")
    return redirect(url_for("pages.people"), 303)


@blueprint.post("/people/<login>/sessions")
@guard(roles=ADMIN)
def end_sessions(actor: Actor, login: str) -> Response:
    """Sign the account out of every browser."""
    with unit_of_work() as session:
        credentials.the(session, login)
        sessions.end_all(session, login, actor=actor.id, but=identity().session_id)
    flash(_("%(login)s is signed out everywhere.", login=login), "done")
    return redirect(url_for("pages.people"), 303)


def _entries(session: Session) -> list[Entry]:
    words = {role.id: named(role) for role in session.scalars(select(office.Role))}
    held = (
        select(office.Person.login, office.Membership.role, office.Unit)
        .join(office.Membership, office.Membership.person_id == office.Person.id)
        .outerjoin(office.Unit, office.Unit.id == office.Membership.unit_id)
        .where(office.in_force(office.Membership.since, office.Membership.until, office.today()))
    )
    roles: dict[str, list[str]] = defaultdict(list)
    for login, role, unit in session.execute(held):
        name = words.get(role, role)
        roles[login or ""].append(f"{name} · {named(unit)}" if unit else name)
    rows = session.execute(
        select(Account, office.Person.name)
        .outerjoin(office.Person, office.Person.login == Account.login)
        .order_by(Account.login)
    )
    return [
        Entry(
            account.login,
            name or "",
            tuple(sorted(roles[account.login])),
            account.disabled_at is not None,
            account.second_factor_at is not None,
        )
        for account, name in rows
    ]


def _units(session: Session) -> list[tuple[int, str, str]]:
    return [(office.depth(unit), unit.code, named(unit)) for unit in office.tree(session)]
