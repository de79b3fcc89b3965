"""What happens when a task reaches a rung of its reminder ladder: people are told and the matter records it.

Codes of notifications and of the record, with the parameters that pages put into words:
`deadline.normal` `deadline.remind` `deadline.warn` `deadline.alarm` `deadline.overdue`
                      a rung of that level: `number` `task` `task_en` `element` `due` `rung`
`deadline.listed`     long overdue: a candidate for listed supervision (挂牌督办), the same parameters
`deadline.recounted`  a holiday plan was taken in: `old` and `new` (instants), `was_provisional`, `provisional`, `year`
The record names besides whom it was told (`to`), and of an overdue task that a reason in writing is due
(`reason_required`). Nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import notifications, office
from handlers.office import Membership, Person, Unit
from handlers.registers import Clue, MatterEvent
from workflows.model import Task, TaskCandidate
from workflows.operations import Context, operation

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
#: What is told of a due date that was counted again.
RECOUNTED = ("old", "new", "was_provisional", "provisional", "year", "jurisdiction")


@operation("escalation.remind", use="rung")
def remind(context: Context, *, rung: int, level: str, recipients: Sequence[str]) -> None:
    """Tell the people behind each recipient that the task has come to this rung, and record it once."""
    _tell(context, f"deadline.{level}", rung=rung, level=level, recipients=recipients)


@operation("escalation.list_candidate", use="rung")
def list_candidate(context: Context, *, rung: int, level: str, recipients: Sequence[str]) -> None:
    """Record that the task has been overdue so long that listed supervision is to be considered."""
    _tell(context, "deadline.listed", rung=rung, level=level, recipients=recipients)


@operation("escalation.recounted", use="recount")
def recounted(context: Context, *, recounted: Mapping[str, Any]) -> None:
    """Record that a due date was counted again, and tell who has the task where the day is another."""
    session = context.session
    task = session.get_one(Task, context.task_id)
    params = {**_what(context, task), **{name: recounted[name] for name in RECOUNTED}}
    if recounted["old"] != recounted["new"]:
        notifications.notify(
            session,
            people_to_tell(session, task, "handler"),
            code="deadline.recounted",
            params=params,
            scope_id=task.scope_id,
            task_id=task.id,
        )
    _record(context, task, "deadline.recounted", params)


def people_to_tell(session: Session, task: Task, recipient: str) -> list[str]:
    """Return the logins behind a recipient, a relation to the task or a group; upward until somebody is.

    Relations: `handler` (who has claimed the task, else all who may), `head` (of their offices), `leader`
    (in charge of their offices).
    """
    asked = recipient
    while True:
        found = _behind(session, task, asked)
        if found or asked == LAST:
            return found
        asked = NEXT.get(asked, LAST)


def _tell(context: Context, code: str, *, rung: int, level: str, recipients: Sequence[str]) -> None:
    session = context.session
    task = session.get_one(Task, context.task_id)
    named = [login for recipient in recipients for login in people_to_tell(session, task, recipient)]
    params = _what(context, task) | {"rung": rung}
    told = notifications.notify(
        session, named, code=code, params=params, scope_id=task.scope_id, task_id=task.id, level=level
    )
    record = {**params, "to": told}
    if level == "overdue":
        record["reason_required"] = True
    _record(context, task, code, record)


def _what(context: Context, task: Task) -> dict[str, Any]:
    return {
        "number": context.business_key,
        "task": task.name,
        "task_en": task.name_en,
        "element": task.element_id,
        "due": task.due_at.isoformat() if task.due_at else None,
    }


def _record(context: Context, task: Task, code: str, params: dict[str, Any]) -> None:
    if task.scope_id is None:
        return
    record = {**params, "task_id": task.id}
    context.session.add(
        MatterEvent(scope_id=task.scope_id, at=context.now, actor=None, code=code, params=record)
    )
    context.session.flush()


def _behind(session: Session, task: Task, recipient: str) -> list[str]:
    relation = _RELATIONS.get(recipient)
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


_RELATIONS: dict[str, Callable[[Session, Task], list[str]]] = {
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
