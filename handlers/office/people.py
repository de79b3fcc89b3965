"""Who is who today: the actor behind a login, the people behind a group, the post held on a day."""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import date
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Row,
    Select,
    String,
    Subquery,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from handlers.office.model import MANAGING_COMMITTEES, Absence, Membership, Person, Post, Role, Unit
from workflows import clock
from workflows.actor import Actor
from workflows.errors import NotAllowed, NotFound


def today() -> date:
    """Return the office's calendar day."""
    return clock.day_of(clock.now())


def require(actor: Actor | None, roles: Set[str]) -> None:
    """Raise NotAllowed (`role`) unless somebody acts who holds one of the roles: diagrams may ask anybody."""
    if actor is None or roles.isdisjoint(actor.groups):
        raise NotAllowed(f"This is for: {', '.join(sorted(roles))}.", code="role", roles=sorted(roles))


def person(session: Session, login: str) -> Person:
    """Return the person who signs in as `login`, or raise NotFound naming it."""
    found = session.scalar(select(Person).where(Person.login == login))
    if found is None:
        raise NotFound(f"Nobody signs in as {login!r}.", code="no_person", login=login)
    return found


def rows_of(session: Session, login: str) -> Sequence[Row[Any]]:
    """Return the rows of the statement of `who` about a login."""
    # Every request asks this: past the session's loading of objects, of which there are none.
    session.flush()
    asked = {"login": login, "today": today()}
    return session.connection().execute(_WHO, asked).all()


def who(signed: Subquery) -> Select[Any]:
    """Return the statement of everything about the login (its column `login`) that a statement of one row finds.

    Its columns go before ours; the day is a parameter, `today`. `actor` reads the rows.
    """
    login = signed.c.login
    held = and_(
        Membership.person_id == Person.id, in_force(Membership.since, Membership.until, bindparam("today"))
    )
    asked = and_(Absence.proxy == login, in_force(Absence.since, Absence.until, bindparam("today")))
    spelt = func.substr(login + "@", 1, func.length(Role.id) + 1) == Role.id + "@"
    return (
        select(
            *signed.c,
            Person.name.label("person_name"),
            Membership.role.label("role"),
            Unit.code.label("unit_code"),
            exists(select(Role.id).where(spelt)).label("namesake"),
            exists(select(Absence.id).where(asked)).label("stands_in"),
        )
        .select_from(signed)
        .outerjoin(Person, Person.login == login)
        .outerjoin(Membership, held)
        .outerjoin(Unit, Unit.id == Membership.unit_id)
    )


def own_actor(rows: Sequence[Row[Any]]) -> Actor:
    """Return the actor in his own right of whom rows of `who` tell: one for each membership, at least one."""
    first = rows[0]
    # A login spelt like a role must not thereby hold it.
    groups = {first.login} if not first.namesake else set()
    for row in rows:
        if row.role is not None:
            groups.add(row.role)
        if row.unit_code is not None:
            groups.add(f"{row.role}@{row.unit_code}")
    return Actor(first.login, frozenset(groups), first.person_name or first.login)


def people_in(session: Session, group: str) -> list[Person]:
    """Return the persons behind a group today: `role`, `role@UNIT`, or the login itself; by login."""
    role, _, unit_code = group.partition("@")
    asked = {"group": group, "role": role, "unit_code": unit_code, "today": today()}
    return list(session.scalars(_IN_UNIT if unit_code else _IN_ROLE, asked))


def head_of(session: Session, unit_code: str) -> list[Person]:
    """Return who heads the unit today: the holders of a role of approval level A2 in it."""
    heads = _memberships().with_only_columns(Membership.person_id).join(Role, Role.id == Membership.role)
    heads = heads.where(Unit.code == unit_code, Role.level == "A2")
    named = select(Person).where(Person.login.is_not(None), Person.id.in_(heads))
    return list(session.scalars(named.order_by(Person.login)))


def led_by(session: Session, login: str) -> dict[str, str]:
    """Return whom the login heads today, login and name: who holds a role in a unit of which he holds an A2 role."""
    headed = _memberships().with_only_columns(Membership.unit_id).join(Role, Role.id == Membership.role)
    headed = headed.where(Person.login == login, Role.level == "A2", Membership.unit_id.is_not(None))
    theirs = _memberships().with_only_columns(Person.login, Person.name)
    theirs = theirs.where(Membership.unit_id.in_(headed), Person.login.is_not(None), Person.login != login)
    return {str(row.login): row.name for row in session.execute(theirs.distinct().order_by(Person.login))}


def units_of(session: Session, login: str) -> list[str]:
    """Return the codes of the units in which the login holds a role today."""
    return sorted(set(session.scalars(_UNITS_OF, {"login": login, "today": today()})))


def post_at(session: Session, person_id: str, day: date) -> Post | None:
    """Return the post that governed on `day`: of several, the one managed highest (权限和程序规定)."""
    held = select(Post).where(Post.person_id == person_id, in_force(Post.since, Post.until, day))
    posts = sorted(session.scalars(held), key=lambda post: MANAGING_COMMITTEES.index(post.managing_committee))
    return posts[0] if posts else None


def in_force(
    since: InstrumentedAttribute[date],
    until: InstrumentedAttribute[date] | InstrumentedAttribute[date | None],
    day: date | BindParameter[date],
) -> ColumnElement[bool]:
    """Return the SQL condition that `day` lies in [since, until)."""
    return and_(since <= day, or_(until.is_(None), until > day))


_WHO = who(select(bindparam("login", type_=String()).label("login")).subquery())


def _memberships(day: date | BindParameter[date] | None = None) -> Select[Membership]:
    """Select the memberships in force on a day, today unless one is given, with person and unit joined."""
    query = select(Membership).join(Person, Person.id == Membership.person_id)
    query = query.outerjoin(Unit, Unit.id == Membership.unit_id)
    return query.where(in_force(Membership.since, Membership.until, today() if day is None else day))


def _behind(*where: ColumnElement[bool]) -> Select[Person]:
    """Select the persons with a membership in a role, or of a login that is spelt like no role."""
    held = _memberships(bindparam("today")).with_only_columns(Membership.person_id)
    held = held.where(Membership.role == bindparam("role"), *where)
    # A login spelt like a role is not meant by the role's group.
    namesake = and_(
        Person.login == bindparam("group"), ~exists(select(Role.id).where(Role.id == bindparam("role")))
    )
    named = select(Person).where(Person.login.is_not(None), or_(Person.id.in_(held), namesake))
    return named.order_by(Person.login)


# Asked with every matter that begins: put together once.
_IN_ROLE = _behind()
_IN_UNIT = _behind(Unit.code == bindparam("unit_code"))
_UNITS_OF = (
    _memberships(bindparam("today"))
    .with_only_columns(Unit.code)
    .where(Person.login == bindparam("login"), Unit.code.is_not(None))
)
