"""The wall as SQL conditions: what lists and counts are filtered by. `checks` says the same in Python."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, not_, or_, select, true
from sqlalchemy.orm import aliased

from handlers.office import Unit
from handlers.recusals import blocking
from handlers.registers import Clue, ClueHandler
from handlers.registers.returns import AgencyReturn, RectificationItem
from handlers.wall import proxies
from handlers.wall.rules import EVERYTHING, PERIOD, PREFIX, SHOWN_BY_TASK, STAFF, units_of
from workflows.actor import Actor
from workflows.model import Deployment, Instance, ProcessDefinition, Task, TaskCandidate

#: Conditions say nothing of time or rows: built once, they are good for as long as the actor is the same.
KEPT = 1024


@lru_cache(maxsize=KEPT)
def clues(actor: Actor, view: str = "content") -> ColumnElement[bool]:
    """Return the SQL condition over `Clue` of those the actor has at least this view of."""
    conditions = [content(actor)]
    if view in ("metadata", "status") and "intake_clerk" in actor.groups:
        conditions += [Clue.submitted_by == actor.id, _open_task(actor)]
    if view == "status":
        conditions.append(Clue.agency_code.in_(units_of(actor, "agency_clerk")))
    return and_(or_(*conditions), in_sight(actor, PREFIX + Clue.id))


@lru_cache(maxsize=KEPT)
def returns(actor: Actor) -> ColumnElement[bool]:
    """Return the SQL condition over `AgencyReturn` of what the actor may see: his own agency's, or all."""
    if actor.groups & EVERYTHING:
        return true()
    return AgencyReturn.agency_code.in_(units_of(actor, "agency_clerk"))


@lru_cache(maxsize=KEPT)
def items(actor: Actor) -> ColumnElement[bool]:
    """Return the SQL condition over `RectificationItem` of what the actor may see."""
    # An agency is told of it by a letter, not by the register.
    return RectificationItem.id.is_not(None) if actor.groups & EVERYTHING else false()


@lru_cache(maxsize=KEPT)
def instances(actor: Actor) -> ColumnElement[bool]:
    """Return the SQL condition over `Instance` of what the actor may see."""
    own = or_(Instance.started_by == actor.id, deployed_by_actor(actor, Instance), has_task(actor))
    seen = or_(and_(Instance.scope_id.is_(None), own), matter(actor, Instance.scope_id))
    return and_(seen, in_sight(actor, Instance.scope_id))


@lru_cache(maxsize=KEPT)
def tasks(actor: Actor) -> ColumnElement[bool]:
    """Return the SQL condition over `Task` of what the actor may see."""
    owner = select(Instance.id).where(
        Instance.id == Task.instance_id,
        or_(Instance.started_by == actor.id, deployed_by_actor(actor, Instance)),
    )
    mine = or_(Task.assignee == actor.id, and_(Task.closed_at.is_(None), candidate(actor, Task)))
    seen = or_(
        and_(mine, works_on(actor, Task.scope_id)),
        for_others(actor, Task),
        Task.closed_by == actor.id,
        and_(Task.scope_id.is_(None), _looked_up(owner.correlate(Task))),
        matter(actor, Task.scope_id),
    )
    return and_(seen, in_sight(actor, Task.scope_id))


@lru_cache(maxsize=KEPT)
def of_others(actor: Actor) -> ColumnElement[bool]:
    """Return the SQL condition over `Task` of what the actor may do in the place of those who are away."""
    return and_(for_others(actor, Task), in_sight(actor, Task.scope_id))


def in_sight(actor: Actor, scope_id: Any) -> ColumnElement[bool]:
    """Return the condition that the actor is not recused from a matter: whoever is finds nothing of it, anywhere."""
    return not_(blocking(actor.id, scope_id))


def content(actor: Actor) -> ColumnElement[bool]:
    if actor.groups & EVERYTHING:
        return true()
    conditions: list[ColumnElement[bool]] = [Clue.office_code.in_(units_of(actor, "office_head"))]
    if "leader" in actor.groups:
        conditions.append(_in_line(actor))
    if "handler" in actor.groups:
        conditions.append(exists(assignments(actor).where(ClueHandler.clue_id == Clue.id).correlate(Clue)))
    if "intake_clerk" in actor.groups:
        conditions.append(and_(Clue.submitted_by == actor.id, Clue.office_code.is_(None)))
    if actor.groups & SHOWN_BY_TASK:
        conditions.append(_open_task(actor))
    return or_(*conditions)


def _open_task(actor: Actor) -> ColumnElement[bool]:
    task = aliased(Task)
    mine = or_(task.assignee == actor.id, candidate(actor, task), for_others(actor, task))
    here = select(task.id).where(task.scope_id == PREFIX + Clue.id, task.closed_at.is_(None))
    return _looked_up(here.where(mine).correlate(Clue))


def _in_line(actor: Actor) -> ColumnElement[bool]:
    """The handling office stands below a unit in the leader's charge; none yet: the whole commission does."""
    units = units_of(actor, "leader")
    if not units:
        return true()
    below = or_(*(Unit.path.contains(f"/{code}/", autoescape=True) for code in units))
    handling = select(Unit.id).where(Unit.code == Clue.office_code, below)
    commission = select(Unit.id).where(Unit.code.in_(units), Unit.kind == "commission")
    return or_(
        exists(handling.correlate(Clue)), and_(Clue.office_code.is_(None), exists(commission.correlate(None)))
    )


def assignments(actor: Actor) -> Any:
    # Who was reassigned or has recused himself is out, whatever he knew before.
    return select(ClueHandler.id).where(
        ClueHandler.login == actor.id, ClueHandler.ended_at.is_(None), ClueHandler.recused.is_(False)
    )


def matter(actor: Actor, scope_id: Any) -> ColumnElement[bool]:
    if not actor.groups & STAFF:
        return false()
    # By the clue's key, so that a page of tasks looks up only its own matters.
    clue = select(Clue.id).where(Clue.id == func.substr(scope_id, len(PREFIX) + 1), content(actor))
    seen = and_(scope_id.startswith(PREFIX), _looked_up(clue.correlate(Task, Instance)))
    return or_(seen, scope_id.startswith(PERIOD)) if actor.groups & EVERYTHING else seen


def for_others(actor: Actor, task: Any) -> ColumnElement[bool]:
    """Return the condition that the actor may do an open task in the place of somebody who is away."""
    arms = (
        and_(
            proxies.share(one, task),
            proxies.open_to(actor, one, task.scope_id),
            works_on(actor, task.scope_id),
            works_on(Actor(one.id, one.groups), task.scope_id),
        )
        for one in actor.stands_in
    )
    return or_(false(), *arms)


def works_on(actor: Actor, scope_id: Any) -> ColumnElement[bool]:
    """Return the condition that a task is of no matter, or of one that the actor may have a task in."""
    if actor.groups & STAFF:
        return true()
    sent = select(Clue.id).where(
        Clue.id == func.substr(scope_id, len(PREFIX) + 1),
        Clue.agency_code.in_(units_of(actor, "agency_clerk")),
    )
    own = and_(scope_id.startswith(PREFIX), _looked_up(sent.correlate(Task)))
    if units_of(actor, "agency_clerk"):
        # Its own return: what it is offered in a period is offered to its clerks alone.
        own = or_(own, scope_id.startswith(PERIOD))
    return or_(scope_id.is_(None), own)


def candidate(actor: Actor, task: Any) -> ColumnElement[bool]:
    named = select(TaskCandidate.task_id).where(
        TaskCandidate.task_id == task.id,
        or_(
            and_(TaskCandidate.kind == "group", TaskCandidate.name.in_(sorted(actor.groups))),
            and_(TaskCandidate.kind == "user", TaskCandidate.name == actor.id),
        ),
    )
    return _looked_up(named.correlate(task))


def has_task(actor: Actor) -> ColumnElement[bool]:
    task = aliased(Task)
    mine = or_(
        task.assignee == actor.id,
        task.closed_by == actor.id,
        and_(task.closed_at.is_(None), candidate(actor, task)),
        for_others(actor, task),
    )
    return _looked_up(select(task.id).where(task.instance_id == Instance.id, mine).correlate(Instance))


def deployed_by_actor(actor: Actor, instance: Any) -> ColumnElement[bool]:
    deployed = (
        select(ProcessDefinition.id)
        .join(Deployment, Deployment.id == ProcessDefinition.deployment_id)
        .where(ProcessDefinition.id == instance.definition_id, Deployment.deployed_by == actor.id)
    )
    return exists(deployed.correlate(instance))


def _looked_up(row: Select[Any]) -> ColumnElement[bool]:
    """Return the condition that there is such a row, looked up by its key for each row that is judged.

    Without the offset PostgreSQL would rather read the whole table first, all candidates of all tasks, for a
    page of twenty.
    """
    return exists(row.offset(0))
