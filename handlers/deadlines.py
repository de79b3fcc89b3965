"""Whose deadlines a unit looks after: what was offered to its people, what they hold, what its matters wait for."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, exists, literal, or_, select
from sqlalchemy.orm import Session

from handlers.office import Membership, Person, Role, Unit, in_force, today
from handlers.registers import Clue
from workflows.actor import Actor
from workflows.model import Task, TaskCandidate

#: Who looks at the deadlines of every office; the wall decides what of them he sees.
OVERSEERS = frozenset({"case_supervision", "case_supervision_head", "principal", "leader"})
#: What has a calendar of its own.
KINDS = ("office", "agency", "resident_group")
_MATTER = "clue:"


def of_unit(code: str) -> list[ColumnElement[bool]]:
    """Return the SQL conditions over `Task` any of which says that it lies with a unit, beside what is `offered` to it.

    A step of a leader's in a matter of an office is with that office, too: it waits for it.
    """
    group = exists().where(
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
    handled = select(literal(_MATTER) + Clue.id).where(Clue.office_code == code)
    return [
        and_(Task.assignee.is_not(None), or_(Task.assignee.in_(people), group)),
        Task.scope_id.in_(handled),
    ]


def offered(session: Session, code: str) -> list[tuple[str, str]]:
    """Return the candidates (kind, name) of a unit that have something to claim now."""
    name = Role.id + f"@{code}"
    waiting = exists().where(
        TaskCandidate.kind == "group", TaskCandidate.name == name, TaskCandidate.claimable
    )
    return [("group", found) for found in session.scalars(select(name).where(waiting).order_by(name))]


def units_for(session: Session, actor: Actor) -> Sequence[Unit]:
    """Return the units whose calendar the actor may open, his own first: his units', and for some all offices'."""
    own = {group.partition("@")[2] for group in actor.groups if "@" in group}
    wanted: ColumnElement[bool] = Unit.code.in_(own)
    if actor.groups & OVERSEERS:
        wanted = or_(wanted, Unit.kind == "office")
    found = session.scalars(select(Unit).where(wanted, Unit.kind.in_(KINDS)).order_by(Unit.path)).all()
    return sorted(found, key=lambda unit: unit.code not in own)
