"""For whom somebody may act today: whoever is away and has named him, or one who is away himself (代理).

What is passed on is what the absence names and the roles allow: `bpmn/roles.csv` says for each role who may stand
in for it, by roles of his own; a role that names none is never passed on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from handlers.office.model import Absence, Role
from handlers.office.people import in_force, own_actor, rows_of, today
from workflows.actor import Actor, StandIn

#: Scopes of an absence: all work, that of one process (`process:<key>`), that of one role (`role:<id>`).
ALL, PROCESS, ROLE = "all", "process", "role"


def actor_for(session: Session, login: str) -> Actor:
    """Return the actor behind a login: groups are each role held today, `role@UNIT`, and its own name; with whom
    he stands in for today.

    A login without a person (an API client) is in the group of its own name only.
    """
    return actor(session, rows_of(session, login))


def actor(session: Session, rows: Sequence[Row[Any]]) -> Actor:
    """Return the actor whom the rows of a statement of `who` tell of: one for each membership, at least one."""
    found = own_actor(rows)
    return replace(found, stands_in=_stands_in(session, found)) if rows[0].stands_in else found


def _stands_in(session: Session, proxy: Actor) -> tuple[StandIn, ...]:
    """Return for whom somebody stands in today; who is away himself stands in for nobody."""
    away = away_today(session)
    if proxy.id in away:
        return ()
    lines = (line_of(away, login) for login in sorted(away))
    found = (passed_on(session, proxy, line) for line in lines if line and line[-1].proxy == proxy.id)
    return tuple(one for one in found if one is not None)


def away_today(session: Session) -> dict[str, Absence]:
    """Return the absences of today by who is away."""
    rows = select(Absence).where(in_force(Absence.since, Absence.until, today()))
    return {row.login: row for row in session.scalars(rows.order_by(Absence.named_at))}


def line_of(away: Mapping[str, Absence], login: str) -> list[Absence]:
    """Return the absences from somebody to who is there for him: his own, his proxy's …; none in a circle."""
    line, met = [away[login]], {login}
    while (asked := line[-1].proxy) in away:
        if asked in met:
            return []
        met.add(asked)
        line.append(away[asked])
    return line


def passed_on(session: Session, proxy: Actor, line: Sequence[Absence]) -> StandIn | None:
    """Return what comes to the proxy by a line of absences; None for nothing.

    A line of several passes on what all of them name.
    """
    absent = own_actor(rows_of(session, line[0].login))
    scopes = [row.scope.partition(":") for row in line]
    processes = {key for kind, _, key in scopes if kind == PROCESS}
    roles = {key for kind, _, key in scopes if kind == ROLE}
    if len(processes) > 1 or len(roles) > 1:
        return None
    held = session.scalars(select(Role).where(Role.id.in_(sorted(absent.groups)))).all()
    allowed = {role.id for role in held if not proxy.groups.isdisjoint(role.proxies.split())}
    # Who holds no role leaves what is his by name; a role that may not be passed on keeps that back, too.
    everything = not roles and len(allowed) == len(held)
    passed = allowed & roles if roles else allowed
    if not passed and not everything:
        return None
    groups = frozenset(group for group in absent.groups if group.partition("@")[0] in passed)
    own = absent.groups & {absent.id} if everything else frozenset()
    via = tuple(row.login for row in line[1:])
    return StandIn(absent.id, groups | own, everything, next(iter(processes), None), via)
