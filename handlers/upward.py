"""Steps that nobody may do go upward (domain.md §4.2): offered to the next above who may, and never passed by themselves.

Nobody: the groups have no member today, or all of them are recused, have the other duty, or cannot sign in. Which role
is asked next is data (`roles.csv`, column `above`); the wall stays in force for whoever is asked. Where nobody at all
may, an incident is left, case supervision is told, and the step waits.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, Subquery, and_, exists, or_, select, union_all
from sqlalchemy.orm import Session

from handlers import acts, duties, notifications, office
from handlers.escalation.recording import about, record
from handlers.office import Membership, Person, Role, Unit
from handlers.recusals import ASKED, RECUSED, Recusal
from handlers.registers import Clue
from workflows import audit, clock, history, persistence, tasks
from workflows.actor import Actor
from workflows.errors import EngineFault
from workflows.model import Incident, Instance, Task, TaskCandidate
from workflows.visibility import policy

#: Who is told of every step that goes upward, or that nobody may do.
TOLD = ("case_supervision_head", "case_supervision")
#: The incident of a step that nobody may do; it is over once somebody may.
KIND = "noCandidate"
#: Whom no role of the data is above: the first that is asked.
OTHERWISE = "case_supervision_head"
_KEPT_OUT = Recusal.state.in_((ASKED, RECUSED))
_SAME_MATTER = Recusal.scope_id == Task.scope_id
_OPEN = and_(Task.closed_at.is_(None), Task.scope_id.is_not(None), Task.suspended.is_(False))


def stuck(session: Session, *, shut_out: Collection[str] = ()) -> list[str]:
    """Return the open steps of matters that nobody may do, or nobody might do so far, by key.

    `shut_out` are the logins that cannot sign in. A few statements, however many tasks are open: what is sought are
    groups, persons and matters; only what they find is looked at one by one.
    """
    wanted = select(Task).where(Task.id.in_(_sought(session, shut_out))).order_by(Task.id)
    return [task.id for task in session.scalars(wanted) if _waits(session, task, shut_out)]


def _sought(session: Session, shut_out: Collection[str]) -> set[str]:
    named = _named(session, "group"), _named(session, "user")
    dead = or_(
        and_(TaskCandidate.kind == "group", TaskCandidate.name.in_(_empty(session, named[0], shut_out))),
        and_(TaskCandidate.kind == "user", TaskCandidate.name.in_(_idle(session, named[1], shut_out))),
    )
    here = TaskCandidate.task_id == Task.id
    held = session.scalars(select(Task.assignee).where(_OPEN, Task.assignee.is_not(None)).distinct())
    idle = _idle(session, [one for one in held if one], shut_out)
    free = and_(_OPEN, Task.assignee.is_(None))
    apart = or_(Task.duty.in_(duties.KEPT_APART), Task.stage.in_(sorted(acts.stages())))
    recused = and_(free, Task.scope_id.in_(select(Recusal.scope_id).where(_KEPT_OUT)))
    statements = (
        select(Task.id).where(free, exists().where(here, dead), ~exists().where(here, ~dead)),
        _excluding(recused, lambda login: exists().where(_KEPT_OUT, Recusal.login == login, _SAME_MATTER)),
        _excluding(and_(free, apart), duties.barred),
        select(Task.id).where(_OPEN, Task.assignee.in_(idle)),
        select(Task.id).where(_OPEN, apart, duties.barred(Task.assignee)),
        select(Task.id).join(Incident, Incident.task_id == Task.id).where(_OPEN, _unresolved()),
    )
    return {task_id for statement in statements for task_id in session.scalars(statement)}


def _waits(session: Session, task: Task, shut_out: Collection[str]) -> bool:
    """Return whether something is to be done about a step: nobody may do it, or an incident says so no more rightly."""
    if task.assignee is not None:
        return not _holds(session, task, shut_out)
    return not _able(session, task, shut_out) or session.scalar(_incident(task)) is not None


def look(session: Session, task_id: str, *, shut_out: Collection[str] = ()) -> bool:
    """Let a step that nobody may do go upward; return whether anything was done about it.

    Locks its instance. A step of somebody who may no longer do it goes back to its candidates.
    """
    instance, task = persistence.lock_of_task(session, task_id)
    if task.closed_at is not None or task.scope_id is None:
        return False
    had = task.assignee
    if had is not None:
        if _holds(session, task, shut_out):
            return False
        if not task.candidates:
            tasks.offer_to(session, task, _first_above(session, task, had))
        tasks.pass_on(session, task, None)
    if _able(session, task, shut_out):
        return _settle(session, instance, task, had)
    return _raise(session, instance, task, shut_out)


def look_through(session: Session, scope_id: str, *, besides: str) -> None:
    """Look at all open steps of a matter at once, besides those of one instance: that which is being moved."""
    ids = select(Task.id).where(_OPEN, Task.scope_id == scope_id, Task.instance_id != besides)
    for task_id in session.scalars(ids.order_by(Task.instance_id, Task.id)).all():
        look(session, task_id)


def _holds(session: Session, task: Task, shut_out: Collection[str]) -> bool:
    """Return whether who has a step may finish it."""
    if task.assignee is None or task.assignee in shut_out:
        return False
    somebody = office.actor_for(session, task.assignee)
    return somebody.groups > {task.assignee} and policy().may(session, somebody, "complete", task).allowed


def _raise(session: Session, instance: Instance, task: Task, shut_out: Collection[str]) -> bool:
    """Offer a step to the first above who may do it."""
    asked = {
        row.name if row.kind == "group" else _role_of(session, task, row.name) for row in task.candidates
    }
    met = set(asked)
    while asked := {above for name in asked if (above := _above(session, task, name))} - met:
        met |= asked
        for group in sorted(asked):
            if _offered(session, task, group, shut_out):
                _tell(session, instance, task, group, _members(session, group, shut_out))
                return True
    return _strand(session, instance, task)


def _offered(session: Session, task: Task, group: str, shut_out: Collection[str]) -> bool:
    """Offer a step to a group if somebody of it may do it; the wall is asked once it is offered."""
    if any(row.name == group for row in task.candidates):
        return False
    try:
        with session.begin_nested():
            tasks.offer_to(session, task, group)
            if not _able(session, task, shut_out):
                raise _NobodyThere
    except _NobodyThere:
        session.expire(task, ["candidates"])
        return False
    return True


class _NobodyThere(Exception):
    """Nobody of a group may have a step: it is not offered to them."""


def _able(session: Session, task: Task, shut_out: Collection[str]) -> bool:
    """Return whether somebody to whom a step is offered may do it."""
    people = (
        login for row in task.candidates for login in _members(session, row.name, shut_out, kind=row.kind)
    )
    return any(policy().may(session, Actor(login), "hold", task).allowed for login in dict.fromkeys(people))


def _members(session: Session, name: str, shut_out: Collection[str], *, kind: str = "group") -> Iterator[str]:
    logins = [one.login for one in office.people_in(session, name)] if kind == "group" else [name]
    return (login for login in logins if login and login not in shut_out)


def _above(session: Session, task: Task, group: str) -> str | None:
    """Return the group that is asked after another; an `above` that ends in @ stays in the unit."""
    role, _, unit = group.partition("@")
    known = session.get(Role, role)
    above = known.above if known else OTHERWISE
    if not above.endswith("@"):
        return above or None
    return above + unit if unit else _in_office(session, task, above)


def _in_office(session: Session, task: Task, role: str) -> str:
    """Return a role in the office that handles the matter; in none yet, case supervision's head."""
    clue = session.get(Clue, (task.scope_id or "").removeprefix("clue:"))
    return f"{role}{clue.office_code}" if clue and clue.office_code else OTHERWISE


def _role_of(session: Session, task: Task, login: str) -> str:
    """Return the group of somebody named by his login, in the matter's office if he is there; else that of handlers."""
    groups = sorted(group for group in office.actor_for(session, login).groups - {login} if "@" in group)
    here = [group for group in groups if group == _in_office(session, task, f"{group.partition('@')[0]}@")]
    return next(iter([*here, *groups]), "handler")


def _first_above(session: Session, task: Task, login: str) -> str:
    return _above(session, task, _role_of(session, task, login)) or OTHERWISE


def _tell(session: Session, instance: Instance, task: Task, group: str, people: Iterable[str]) -> None:
    context = persistence.context_of(session, instance, task)
    what = about(context, task)
    told = [*people, *(login for name in TOLD[:1] for login in _members(session, name, ()))]
    notifications.notify(
        session, told, code="task.raised", params=what, scope_id=task.scope_id, task_id=task.id, level="warn"
    )
    record(context, task, "task.raised", {**what, "group": group})
    _audit(session, task, {"to": group})
    _resolve(session, task)


def _strand(session: Session, instance: Instance, task: Task) -> bool:
    """Leave an incident, and tell case supervision, once: the step waits for somebody."""
    if session.scalar(_incident(task)) is not None:
        return False
    fault = EngineFault(f"Nobody may do {task.element_id}, at no level.", element=task.element_id)
    history.fault(session, kind=KIND, error=fault, instance_id=instance.id, task_id=task.id)
    context = persistence.context_of(session, instance, task)
    what = about(context, task)
    told = [login for name in TOLD for login in _members(session, name, ())]
    notifications.notify(
        session, told, code="task.nobody", params=what, scope_id=task.scope_id, task_id=task.id, level="alarm"
    )
    record(context, task, "task.nobody", what)
    _audit(session, task, {"to": None})
    return True


def _settle(session: Session, instance: Instance, task: Task, had: str | None) -> bool:
    """Note that somebody may do a step again; return whether that is new."""
    if had is not None:
        context = persistence.context_of(session, instance, task)
        record(context, task, "task.freed", {**about(context, task), "had": had})
    return _resolve(session, task) or had is not None


def _resolve(session: Session, task: Task) -> bool:
    incidents = session.scalars(_incident(task)).all()
    for incident in incidents:
        incident.resolved_at, incident.resolved_by = clock.now(), audit.SYSTEM
    return bool(incidents)


def _audit(session: Session, task: Task, detail: dict[str, str | None]) -> None:
    audit.record(
        session,
        actor=None,
        act="task.raise",
        instance_id=task.instance_id,
        task_id=task.id,
        scope_id=task.scope_id,
        detail={"element": task.element_id, **detail},
    )


# --- who is named, and who of them can do nothing


def _named(session: Session, kind: str) -> Sequence[str]:
    names = select(TaskCandidate.name).where(TaskCandidate.kind == kind, TaskCandidate.claimable)
    return session.scalars(names.distinct()).all()


def _empty(session: Session, groups: Iterable[str], shut_out: Collection[str]) -> list[str]:
    """Return the groups in which nobody is today who can sign in."""
    return [group for group in groups if not any(_members(session, group, shut_out))]


def _idle(session: Session, logins: Iterable[str], shut_out: Collection[str]) -> list[str]:
    """Return those of the logins that hold no role today, or cannot sign in."""
    working = set(session.scalars(select(_groups().c.login)))
    return [login for login in logins if login not in working or login in shut_out]


def _groups() -> Subquery:
    """Return who is in which group today, as columns `login` and `name`: by role, and by role in a unit."""
    held = office.in_force(Membership.since, Membership.until, office.today())
    who = select(Person.login.label("login"), Membership.role.label("name"))
    by_role = who.join(Membership, Membership.person_id == Person.id).where(held, Person.login.is_not(None))
    in_unit = by_role.join(Unit, Unit.id == Membership.unit_id)
    spelt = (Membership.role + "@" + Unit.code).label("name")
    return union_all(by_role, in_unit.with_only_columns(Person.login, spelt)).subquery()


def _excluding(
    condition: ColumnElement[bool], kept: Callable[[Any], ColumnElement[bool]]
) -> CompoundSelect[str]:
    """Select the steps that are offered to somebody who is kept from them, in a group or by name."""
    member = _groups()
    offered = select(Task.id).join(TaskCandidate, TaskCandidate.task_id == Task.id).where(condition)
    in_group = offered.join(member, member.c.name == TaskCandidate.name)
    in_group = in_group.where(TaskCandidate.kind == "group", kept(member.c.login))
    by_name = offered.where(TaskCandidate.kind == "user", kept(TaskCandidate.name))
    return in_group.union(by_name)


def _incident(task: Task) -> Select[Incident]:
    return select(Incident).where(Incident.task_id == task.id, _unresolved())


def _unresolved() -> ColumnElement[bool]:
    return and_(Incident.kind == KIND, Incident.resolved_at.is_(None))
