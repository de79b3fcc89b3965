"""The scopes under which a grant holds: each once as a condition over `Clue`, and beside it as a check on one.

One vocabulary, both forms side by side, so that lists and single acts are judged alike; a test proves that they agree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, and_, exists, false, func, not_, or_, select, true
from sqlalchemy.orm import Session, aliased

from handlers import stages
from handlers.accountability.model import InquiryMember
from handlers.cases import Case
from handlers.inquiries.model import Letter
from handlers.office import Person, Unit
from handlers.registers import DUTY, Clue, ClueHandler, ClueSubject, Service
from handlers.sanctions import AgendaItem, Consultation, Sanction
from handlers.wall import proxies
from handlers.wall.offered import candidate, is_candidate, looked_up, named
from handlers.wall.rules import PREFIX
from workflows.actor import Actor
from workflows.model import Task, TaskCandidate
from workflows.parts import Part

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
    #: the condition as a register of all clues asks it: from the few that are his, not of each that there is
    listed: Condition | None = None


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
    handling = select(Unit.code).where(below)
    commission = select(Unit.id).where(Unit.code.in_(units), Unit.kind == "commission")
    return or_(
        Clue.office_code.in_(handling), and_(Clue.office_code.is_(None), exists(commission.correlate(None)))
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
    """Return the query for the clues assigned to the actor; who was reassigned or recused himself is out."""
    return select(ClueHandler.clue_id).where(
        ClueHandler.login == actor.id, ClueHandler.ended_at.is_(None), ClueHandler.recused.is_(False)
    )


def _assigned(actor: Actor, units: Sequence[str], area: str) -> ColumnElement[bool]:
    return exists(assignments(actor).where(ClueHandler.clue_id == Clue.id).correlate(Clue))


def _listed_assigned(actor: Actor, units: Sequence[str], area: str) -> ColumnElement[bool]:
    return Clue.id.in_(assignments(actor))


def _is_assigned(session: Session, actor: Actor, units: Sequence[str], area: str, clue: Clue) -> bool:
    return session.scalar(assignments(actor).where(ClueHandler.clue_id == clue.id).limit(1)) is not None


def inquiries(actor: Actor) -> Any:
    """Return the query for the accountability inquiries that the actor takes part in."""
    return select(InquiryMember.id).where(InquiryMember.login == actor.id, InquiryMember.ended_at.is_(None))


def _inquires(actor: Actor, units: Sequence[str], area: str) -> ColumnElement[bool]:
    return exists(inquiries(actor).where(InquiryMember.clue_id == Clue.id).correlate(Clue))


def _does_inquire(session: Session, actor: Actor, units: Sequence[str], area: str, clue: Clue) -> bool:
    return session.scalar(inquiries(actor).where(InquiryMember.clue_id == clue.id).limit(1)) is not None


def _entered(actor: Actor, units: Sequence[str], area: str) -> ColumnElement[bool]:
    return Clue.submitted_by == actor.id


def _is_entered(session: Session, actor: Actor, units: Sequence[str], area: str, clue: Clue) -> bool:
    return clue.submitted_by == actor.id


def _took_part(actor: Actor, units: Sequence[str], area: str) -> ColumnElement[bool]:
    """The actor has finished a step of this area in the matter: what he wrote stays his to read."""
    done = select(Part.id).where(
        Part.scope_id == PREFIX + Clue.id,
        Part.login == actor.id,
        Part.finished_at.is_not(None),
        in_areas(Part.stage, {area}),
    )
    return exists(done.correlate(Clue))


def _did_take_part(session: Session, actor: Actor, units: Sequence[str], area: str, clue: Clue) -> bool:
    done = select(Part.id).where(
        Part.scope_id == clue.scope_id,
        Part.login == actor.id,
        Part.finished_at.is_not(None),
        in_areas(Part.stage, {area}),
    )
    return session.scalar(done.limit(1)) is not None


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


def _listed_open_task(actor: Actor, units: Sequence[str], area: str) -> ColumnElement[bool]:
    """The same, begun at the tasks that are his or may be: of 100,000 clues a handler has a few."""
    if actor.stands_in:
        return _open_task(actor, units, area)
    task = aliased(Task)
    clue_id = func.substr(task.scope_id, len(PREFIX) + 1)
    # What follows another prefix of that length is no clue's id.
    here = [task.closed_at.is_(None), task.scope_id.startswith(PREFIX)]
    here += [in_areas(task.stage, {area})] if area else []
    his = select(clue_id).where(task.assignee == actor.id, *here)
    # What nobody has yet is read off the index of the inbox; what somebody has is little.
    free = select(clue_id).join(TaskCandidate, TaskCandidate.task_id == task.id)
    offered = [free.where(TaskCandidate.claimable, one, *here) for one in named(actor)]
    taken = select(clue_id).where(task.assignee.is_not(None), candidate(actor, task), *here)
    return or_(*(Clue.id.in_(one) for one in (his, *offered, taken)))


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
    # Who answers for the unit behind the case is not whom it is about, though named.
    theirs = subject.where(ClueSubject.unit_code.in_(codes), ClueSubject.kind != DUTY)
    return and_(exists(theirs.correlate(Clue)), not_(exists(named.correlate(Clue))))


def _is_about(session: Session, actor: Actor, codes: Sequence[str], clue: Clue) -> bool:
    subjects = session.scalars(select(ClueSubject).where(ClueSubject.clue_id == clue.id)).all()
    own = session.scalar(select(Person.name).where(Person.login == actor.id))
    about = any(one.unit_code in codes for one in subjects if one.kind != DUTY)
    return about and own not in {one.name for one in subjects}


def _own_unit(actor: Actor, units: Sequence[str], area: str) -> ColumnElement[bool]:
    return _about(actor, units)


def _is_own_unit(session: Session, actor: Actor, units: Sequence[str], area: str, clue: Clue) -> bool:
    return _is_about(session, actor, units, clue)


def _asked_of_him(actor: Actor, units: Sequence[str], area: str) -> ColumnElement[bool]:
    """A letter of inquiry waits for the reply of his unit, and nobody the matter is about is called like the actor."""
    waits = select(Letter.id).where(
        Letter.clue_id == Clue.id, Letter.state == "served", Letter.unit_code.in_(units)
    )
    return and_(exists(waits.correlate(Clue)), not_(_names(actor)))


def _is_asked_of_him(session: Session, actor: Actor, units: Sequence[str], area: str, clue: Clue) -> bool:
    waits = select(Letter.id).where(
        Letter.clue_id == clue.id, Letter.state == "served", Letter.unit_code.in_(units)
    )
    return session.scalar(waits.limit(1)) is not None and not _is_named(session, actor, clue)


def _about_staff(actor: Actor, units: Sequence[str], area: str) -> ColumnElement[bool]:
    return _about(actor, select(Unit.code).where(Unit.kind.in_(OURS)))


def _is_about_staff(session: Session, actor: Actor, units: Sequence[str], area: str, clue: Clue) -> bool:
    ours = session.scalars(select(Unit.code).where(Unit.kind.in_(OURS))).all()
    return _is_about(session, actor, ours, clue)


# --- what has been done in it: accepted by the review, put before the committee, served, sanctioned


def _accepted(actor: Actor, units: Sequence[str], area: str) -> ColumnElement[bool]:
    taken = select(Case.id).where(Case.clue_id == Clue.id, Case.accepted_at.is_not(None))
    return exists(taken.correlate(Clue))


def _is_accepted(session: Session, actor: Actor, units: Sequence[str], area: str, clue: Clue) -> bool:
    taken = select(Case.id).where(Case.clue_id == clue.id, Case.accepted_at.is_not(None))
    return session.scalar(taken.limit(1)) is not None


def _on_agenda(actor: Actor, units: Sequence[str], area: str) -> ColumnElement[bool]:
    return exists(select(AgendaItem.id).where(AgendaItem.clue_id == Clue.id).correlate(Clue))


def _is_on_agenda(session: Session, actor: Actor, units: Sequence[str], area: str, clue: Clue) -> bool:
    put = select(AgendaItem.id).where(AgendaItem.clue_id == clue.id)
    return session.scalar(put.limit(1)) is not None


def _served(actor: Actor, units: Sequence[str], area: str) -> ColumnElement[bool]:
    """A paper of the matter was served on the unit, and nobody it is about is called like the actor."""
    paper = select(Service.id).where(Service.clue_id == Clue.id, Service.unit_code.in_(units))
    return and_(exists(paper.correlate(Clue)), not_(_names(actor)))


def _is_served(session: Session, actor: Actor, units: Sequence[str], area: str, clue: Clue) -> bool:
    paper = select(Service.id).where(Service.clue_id == clue.id, Service.unit_code.in_(units))
    if session.scalar(paper.limit(1)) is None:
        return False
    return not _is_named(session, actor, clue)


def _consulted(actor: Actor, units: Sequence[str], area: str) -> ColumnElement[bool]:
    """A letter of consultation waits for the reply of his unit, and nobody the matter is about is called like him."""
    waits = select(Consultation.id).where(
        Consultation.clue_id == Clue.id, Consultation.state == "asked", Consultation.unit_code.in_(units)
    )
    return and_(exists(waits.correlate(Clue)), not_(_names(actor)))


def _is_consulted(session: Session, actor: Actor, units: Sequence[str], area: str, clue: Clue) -> bool:
    waits = select(Consultation.id).where(
        Consultation.clue_id == clue.id, Consultation.state == "asked", Consultation.unit_code.in_(units)
    )
    return session.scalar(waits.limit(1)) is not None and not _is_named(session, actor, clue)


def _names(actor: Actor) -> ColumnElement[bool]:
    """Somebody the matter is about is called like the actor."""
    subject = select(ClueSubject.id).where(ClueSubject.clue_id == Clue.id)
    named = subject.join(Person, Person.name == ClueSubject.name).where(Person.login == actor.id)
    return exists(named.correlate(Clue))


def _is_named(session: Session, actor: Actor, clue: Clue) -> bool:
    own = session.scalar(select(Person.name).where(Person.login == actor.id))
    return own in set(session.scalars(select(ClueSubject.name).where(ClueSubject.clue_id == clue.id)))


def _confirmed(actor: Actor, units: Sequence[str], area: str) -> ColumnElement[bool]:
    given = select(Sanction.id).where(Sanction.clue_id == Clue.id, Sanction.state != "revoked")
    return exists(given.correlate(Clue))


def _is_confirmed(session: Session, actor: Actor, units: Sequence[str], area: str, clue: Clue) -> bool:
    given = select(Sanction.id).where(Sanction.clue_id == clue.id, Sanction.state != "revoked")
    return session.scalar(given.limit(1)) is not None


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
    "assigned": Scope(_assigned, _is_assigned, listed=_listed_assigned),
    "inquiry": Scope(_inquires, _does_inquire),
    "open_task": Scope(
        lambda actor, units, area: _open_task(actor, units, ""),
        lambda session, actor, units, area, clue: _has_open_task(session, actor, units, "", clue),
        listed=lambda actor, units, area: _listed_open_task(actor, units, ""),
    ),
    "open_here": Scope(_open_task, _has_open_task, by_area=True, listed=_listed_open_task),
    "took_part": Scope(_took_part, _did_take_part, by_area=True),
    "taken_in": Scope(_taken_in, _is_taken_in),
    "entered": Scope(_entered, _is_entered),
    "sent": Scope(_sent, _is_sent, by_unit=True),
    "own_unit": Scope(_own_unit, _is_own_unit, by_unit=True),
    "asked_of_him": Scope(_asked_of_him, _is_asked_of_him, by_unit=True),
    "about_staff": Scope(_about_staff, _is_about_staff),
    **dict.fromkeys(("unsealed", "of_matter", "summary", "nothing"), NOTHING),
    "accepted": Scope(_accepted, _is_accepted),
    "agenda": Scope(_on_agenda, _is_on_agenda),
    "served": Scope(_served, _is_served, by_unit=True),
    "consulted": Scope(_consulted, _is_consulted, by_unit=True),
    "confirmed": Scope(_confirmed, _is_confirmed),
    **dict.fromkeys(("own_papers", "own_work"), NOTHING),
}
