"""The scopes under which a grant holds: each once as a condition over `Clue`, and beside it as a check on one.

One vocabulary, both forms side by side, so that lists and single acts are judged alike; a test proves that they agree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, and_, exists, false, not_, or_, select, true
from sqlalchemy.orm import Session, aliased

from handlers import stages
from handlers.office import Person, Unit
from handlers.registers import Clue, ClueHandler, ClueSubject
from handlers.wall import proxies
from handlers.wall.offered import candidate, is_candidate, looked_up
from handlers.wall.rules import PREFIX
from workflows.actor import Actor
from workflows.model import Task

Condition: TypeAlias = Callable[[Actor, Sequence[str], str], ColumnElement[bool]]
Check: TypeAlias = Callable[[Session, Actor, Sequence[str], str, Clue], bool]
#: Units whose people are the commission's own.
OURS = ("commission", "office", "resident_group")


@dataclass(frozen=True)
class Scope:
    """Under which circumstance a grant holds; both forms are given the units of the actor's role, and the area."""

    condition: Condition
    holds: Check
    by_unit: bool = False  #: it asks in which units the role is held
    by_area: bool = False  #: it asks which area it is about


# --- everything, and what no register can judge yet: nothing

EVERYTHING = Scope(lambda actor, units, area: true(), lambda session, actor, units, area, clue: True)
NOTHING = Scope(lambda actor, units, area: false(), lambda session, actor, units, area, clue: False)

# --- whose the clue is


def _in_office(actor: Actor, units: Sequence[str], area: str) -> ColumnElement[bool]:
    return Clue.office_code.in_(units)


def _is_in_office(session: Session, actor: Actor, units: Sequence[str], area: str, clue: Clue) -> bool:
    return clue.office_code in units


def _in_line(actor: Actor, units: Sequence[str], area: str) -> ColumnElement[bool]:
    """The handling office stands below a unit in the leader's charge; none yet: the whole commission does."""
    if not units:
        return true()
    below = or_(*(Unit.path.contains(f"/{code}/", autoescape=True) for code in units))
    handling = select(Unit.id).where(Unit.code == Clue.office_code, below)
    commission = select(Unit.id).where(Unit.code.in_(units), Unit.kind == "commission")
    return or_(
        exists(handling.correlate(Clue)), and_(Clue.office_code.is_(None), exists(commission.correlate(None)))
    )


def _is_in_line(session: Session, actor: Actor, units: Sequence[str], area: str, clue: Clue) -> bool:
    if not units:
        return True
    if clue.office_code is None:
        charged = session.scalars(select(Unit).where(Unit.code.in_(units)))
        return any(unit.kind == "commission" for unit in charged)
    handling = session.scalar(select(Unit).where(Unit.code == clue.office_code))
    return handling is not None and not set(units).isdisjoint(handling.path.split("/"))


def _sent(actor: Actor, units: Sequence[str], area: str) -> ColumnElement[bool]:
    return Clue.agency_code.in_(units)


def _is_sent(session: Session, actor: Actor, units: Sequence[str], area: str, clue: Clue) -> bool:
    return clue.agency_code in units


# --- what the actor has to do with it


def assignments(actor: Actor) -> Any:
    """Return the query for the actor's assignments; who was reassigned or recused himself is out."""
    return select(ClueHandler.id).where(
        ClueHandler.login == actor.id, ClueHandler.ended_at.is_(None), ClueHandler.recused.is_(False)
    )


def _assigned(actor: Actor, units: Sequence[str], area: str) -> ColumnElement[bool]:
    return exists(assignments(actor).where(ClueHandler.clue_id == Clue.id).correlate(Clue))


def _is_assigned(session: Session, actor: Actor, units: Sequence[str], area: str, clue: Clue) -> bool:
    return session.scalar(assignments(actor).where(ClueHandler.clue_id == clue.id).limit(1)) is not None


def _entered(actor: Actor, units: Sequence[str], area: str) -> ColumnElement[bool]:
    return Clue.submitted_by == actor.id


def _is_entered(session: Session, actor: Actor, units: Sequence[str], area: str, clue: Clue) -> bool:
    return clue.submitted_by == actor.id


def _taken_in(actor: Actor, units: Sequence[str], area: str) -> ColumnElement[bool]:
    return and_(Clue.submitted_by == actor.id, Clue.office_code.is_(None))


def _is_taken_in(session: Session, actor: Actor, units: Sequence[str], area: str, clue: Clue) -> bool:
    return clue.submitted_by == actor.id and clue.office_code is None


def _open_task(actor: Actor, units: Sequence[str], area: str) -> ColumnElement[bool]:
    """An open task in the matter; with an area, in that area of it."""
    task = aliased(Task)
    mine = or_(task.assignee == actor.id, candidate(actor, task), *proxies.passed(actor, task))
    here = select(task.id).where(task.scope_id == PREFIX + Clue.id, task.closed_at.is_(None))
    if area:
        here = here.where(in_areas(task.stage, {area}))
    return looked_up(here.where(mine).correlate(Clue))


def _has_open_task(session: Session, actor: Actor, units: Sequence[str], area: str, clue: Clue) -> bool:
    tasks = session.scalars(select(Task).where(Task.scope_id == clue.scope_id, Task.closed_at.is_(None)))
    return any(
        (not area or stages.area(task.stage) == area)
        and (
            task.assignee == actor.id or is_candidate(actor, task) or proxies.is_passed(session, actor, task)
        )
        for task in tasks
    )


# --- whom it is about


def _about(actor: Actor, codes: Any) -> ColumnElement[bool]:
    """It is about somebody of these units, and nobody it is about is called like the actor."""
    subject = select(ClueSubject.id).where(ClueSubject.clue_id == Clue.id)
    named = subject.join(Person, Person.name == ClueSubject.name).where(Person.login == actor.id)
    theirs = subject.where(ClueSubject.unit_code.in_(codes))
    return and_(exists(theirs.correlate(Clue)), not_(exists(named.correlate(Clue))))


def _is_about(session: Session, actor: Actor, codes: Sequence[str], clue: Clue) -> bool:
    subjects = session.scalars(select(ClueSubject).where(ClueSubject.clue_id == clue.id)).all()
    own = session.scalar(select(Person.name).where(Person.login == actor.id))
    return any(one.unit_code in codes for one in subjects) and own not in {one.name for one in subjects}


def _own_unit(actor: Actor, units: Sequence[str], area: str) -> ColumnElement[bool]:
    return _about(actor, units)


def _is_own_unit(session: Session, actor: Actor, units: Sequence[str], area: str, clue: Clue) -> bool:
    return _is_about(session, actor, units, clue)


def _about_staff(actor: Actor, units: Sequence[str], area: str) -> ColumnElement[bool]:
    return _about(actor, select(Unit.code).where(Unit.kind.in_(OURS)))


def _is_about_staff(session: Session, actor: Actor, units: Sequence[str], area: str, clue: Clue) -> bool:
    ours = session.scalars(select(Unit.code).where(Unit.kind.in_(OURS))).all()
    return _is_about(session, actor, ours, clue)


def in_areas(stage: Any, areas: set[str] | frozenset[str]) -> ColumnElement[bool]:
    """Return the condition that a stage (a column) belongs to one of these areas."""
    named = stage.in_(sorted(code for area in areas for code in stages.of_area(area)))
    return or_(stage.is_(None), named) if stages.area(None) in areas else named


#: By the code of `codes/visibility_scopes.csv`; those of whole areas, and those that no register can judge yet,
#: show no single matter.
SCOPES = {
    "everything": EVERYTHING,
    "own_office": Scope(_in_office, _is_in_office, by_unit=True),
    "own_line": Scope(_in_line, _is_in_line, by_unit=True),
    "assigned": Scope(_assigned, _is_assigned),
    "open_task": Scope(
        lambda actor, units, area: _open_task(actor, units, ""),
        lambda session, actor, units, area, clue: _has_open_task(session, actor, units, "", clue),
    ),
    "open_here": Scope(_open_task, _has_open_task, by_area=True),
    "taken_in": Scope(_taken_in, _is_taken_in),
    "entered": Scope(_entered, _is_entered),
    "sent": Scope(_sent, _is_sent, by_unit=True),
    "own_unit": Scope(_own_unit, _is_own_unit, by_unit=True),
    "about_staff": Scope(_about_staff, _is_about_staff),
    **dict.fromkeys(("unsealed", "of_matter", "summary", "nothing"), NOTHING),
    **dict.fromkeys(
        ("accepted", "agenda", "served", "asked_of_him", "own_papers", "confirmed", "own_work"), NOTHING
    ),
}
