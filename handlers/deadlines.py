"""Whose deadlines a unit looks after: what was offered to its people, what they hold, what its matters wait for."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from handlers.office import Membership, Person, Unit, in_force, today
from handlers.registers import Clue
from workflows.actor import Actor
from workflows.model import Task, TaskCandidate

#: Who looks at the deadlines of every office; the wall decides what of them he sees.
OVERSEERS = frozenset({"case_supervision", "case_supervision_head", "principal", "leader"})
#: What has a calendar of its own.
KINDS = ("office", "agency", "resident_group")
_MATTER = "clue:"


def of_unit(code: str) -> ColumnElement[bool]:
    """Return the SQL condition over `Task` of what lies with a unit.

    A step of a leader's in a matter of an office is with that office, too: it waits for it.
    """
    offered = exists().where(
        TaskCandidate.task_id == Task.id,
        TaskCandidate.kind == "group",
        TaskCandidate.name.endswith(f"@{code}", autoescape=True),
    )
    people = (
        select(Person.login)
        .join(Membership, Membership.person_id == Person.id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(
            Unit.code == code,
            Person.login.is_not(None),
            in_force(Membership.since, Membership.until, today()),
        )
    )
    handled = exists().where(
        Task.scope_id.startswith(_MATTER),
        Clue.id == func.substr(Task.scope_id, len(_MATTER) + 1),
        Clue.office_code == code,
    )
    return or_(offered, Task.assignee.in_(people), handled)


def units_for(session: Session, actor: Actor) -> Sequence[Unit]:
    """Return the units whose calendar the actor may open, his own first: his units', and for some all offices'."""
    own = {group.partition("@")[2] for group in actor.groups if "@" in group}
    wanted: ColumnElement[bool] = Unit.code.in_(own)
    if actor.groups & OVERSEERS:
        wanted = or_(wanted, Unit.kind == "office")
    found = session.scalars(select(Unit).where(wanted, Unit.kind.in_(KINDS)).order_by(Unit.path)).all()
    return sorted(found, key=lambda unit: unit.code not in own)
