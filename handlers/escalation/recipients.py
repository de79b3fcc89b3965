"""Who is behind a recipient of a rung: a relation to the task or a role, upward until somebody is, and proxies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import office
from handlers.office import Membership, Person, Unit
from handlers.registers import Clue
from workflows.actor import Actor
from workflows.model import Task, TaskCandidate
from workflows.visibility import policy

#: Who is asked next when nobody is behind a relation: a reminder never ends with nobody told.
NEXT = {
    "handler": "head",
    "head": "case_supervision_head",
    "case_supervision_head": "leader",
    "leader": "principal",
    "principal": "case_supervision",
}
#: After the last in the line there is nobody left to ask.
LAST = "case_supervision"


def all_to_tell(session: Session, task: Task, recipients: Sequence[str]) -> list[str]:
    """Return the logins behind several recipients, each once, in their order."""
    named = (login for recipient in recipients for login in people_to_tell(session, task, recipient))
    return list(dict.fromkeys(named))


def proxies(session: Session, task: Task, logins: Iterable[str]) -> Mapping[str, list[str]]:
    """Return who stands in for those of the logins that are away today, and for whom.

    Never somebody who is told anyway, and never somebody whom the wall keeps from the matter.
    """
    told = list(logins)
    found: dict[str, list[str]] = {}
    for login in told:
        proxy = office.proxy_for(session, login, blocked=lambda one: is_blocked(session, task, one))
        if proxy is not None and proxy not in told and _hears(session, task, proxy, login):
            found.setdefault(proxy, []).append(login)
    return found


def _hears(session: Session, task: Task, proxy: str, absent: str) -> bool:
    """Whether a proxy is told of a task in the place of one who is away: of what he may do, and of what
    the other is told of besides (as head, as leader) if all his work is passed on.
    """
    somebody = office.actor_for(session, proxy)
    for one in somebody.stands_in:
        if one.id == absent:
            acting = replace(somebody, acting_for=one)
            whole = one.everything and one.process is None
            return whole or policy().may(session, acting, "see", task).allowed
    return False


def is_blocked(session: Session, task: Task, login: str) -> bool:
    """Whether the wall keeps somebody from standing in for anyone in the matter of the task."""
    return not policy().may(session, Actor(login), "stand_in", task).allowed


def people_to_tell(session: Session, task: Task, recipient: str) -> list[str]:
    """Return the logins behind a recipient, a relation to the task or a group; upward until somebody is.

    Relations: `handler` (who has claimed the task, else all who may), `head` (of their offices), `leader`
    (in charge of their offices).
    """
    asked = recipient
    while True:
        found = behind(session, task, asked)
        if found or asked == LAST:
            return found
        asked = NEXT.get(asked, LAST)


def next_above(recipient: str) -> str | None:
    """Return who is asked after a recipient, None after the last."""
    return None if recipient == LAST else NEXT.get(recipient, LAST)


def behind(session: Session, task: Task, recipient: str) -> list[str]:
    """Return the logins behind a relation or a group itself, nobody where nobody is."""
    relation = RELATIONS.get(recipient)
    if relation is not None:
        return relation(session, task)
    return _logins(office.people_in(session, recipient))


def _handlers(session: Session, task: Task) -> list[str]:
    if task.assignee is not None:
        return [task.assignee]
    return sorted(
        login
        for kind, name in _candidates(session, task)
        for login in ([name] if kind == "user" else _logins(office.people_in(session, name)))
    )


def _heads(session: Session, task: Task) -> list[str]:
    found = [login for code in _offices(session, task) for login in _logins(office.head_of(session, code))]
    if found or task.scope_id is None:
        return found
    # A step of a leader's lies with no office: it is the handling office that waits for it.
    handling = select(Clue.office_code).where(
        Clue.id == task.scope_id.removeprefix("clue:"), Clue.office_code.is_not(None)
    )
    return [
        login for code in session.scalars(handling) for login in _logins(office.head_of(session, code or ""))
    ]


def _leaders(session: Session, task: Task) -> list[str]:
    """Return the leaders in charge of the task's offices; of a task outside the commission, all of them."""
    paths = session.scalars(select(Unit.path).where(Unit.code.in_(_offices(session, task)))).all()
    in_charge = (
        select(Person.login, Unit.path)
        .join(Membership, Membership.person_id == Person.id)
        .outerjoin(Unit, Unit.id == Membership.unit_id)
        .where(Membership.role == "leader", Person.login.is_not(None))
        .where(office.in_force(Membership.since, Membership.until, office.today()))
        .order_by(Person.login)
    )
    leaders = session.execute(in_charge).all()
    ours = [path for path in paths if any(top is None or path.startswith(top) for _, top in leaders)]
    return [
        login
        for login, top in leaders
        if login and (top is None or not ours or any(path.startswith(top) for path in ours))
    ]


RELATIONS: dict[str, Callable[[Session, Task], list[str]]] = {
    "handler": _handlers,
    "head": _heads,
    "leader": _leaders,
}


def _offices(session: Session, task: Task) -> list[str]:
    """Return the units a task lies with: those its groups name, else those of the people behind it."""
    candidates = _candidates(session, task)
    named = {name.partition("@")[2] for kind, name in candidates if kind == "group" and "@" in name}
    if named:
        return sorted(named)
    return sorted({code for login in _handlers(session, task) for code in office.units_of(session, login)})


def _candidates(session: Session, task: Task) -> list[tuple[str, str]]:
    rows = session.scalars(select(TaskCandidate).where(TaskCandidate.task_id == task.id))
    return sorted((row.kind, row.name) for row in rows)


def _logins(people: Iterable[Person]) -> list[str]:
    return [somebody.login for somebody in people if somebody.login]
