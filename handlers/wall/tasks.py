"""Which tasks and instances somebody sees: as conditions for lists, and as checks of single ones beside them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, not_, or_, select
from sqlalchemy.orm import Session, aliased

from handlers.wall import matrix
from handlers.wall.matrix import Matrix
from handlers.wall.offered import candidate, is_candidate, looked_up
from handlers.wall.ruling import UNSEEN, allowed, decide
from handlers.wall.scopes import in_areas
from handlers.wall.sight import KEPT, in_sight, sees, shown, unless_archived
from handlers.wall.working import for_others, is_passed, may_work, works_on
from workflows.actor import Actor
from workflows.model import (
    Activity,
    Deployment,
    ExternalTask,
    ExternalTaskGroup,
    Instance,
    ProcessDefinition,
    Task,
)
from workflows.visibility import Decision


def tasks(actor: Actor) -> ColumnElement[bool]:
    """Return the SQL condition over `Task` of what the actor may see."""
    return _tasks(matrix.current(), actor)


@lru_cache(maxsize=KEPT)
def _tasks(rules: Matrix, actor: Actor) -> ColumnElement[bool]:
    owner = select(Instance.id).where(
        Instance.id == Task.instance_id,
        or_(Instance.started_by == actor.id, _deployed_by_actor(actor)),
    )
    # Who asked for an opinion on his task still has it before him.
    mine = or_(
        Task.assignee == actor.id,
        Task.owner == actor.id,
        and_(Task.closed_at.is_(None), candidate(actor, Task)),
    )
    seen = or_(
        and_(mine, works_on(rules, actor, Task)),
        for_others(rules, actor, Task),
        Task.closed_by == actor.id,
        and_(Task.scope_id.is_(None), looked_up(owner.correlate(Task))),
        shown(rules, actor, Task),
    )
    return and_(seen, in_sight(actor, Task.scope_id), unless_archived(actor, Task, Task.closed_at))


def of_others(actor: Actor) -> ColumnElement[bool]:
    """Return the SQL condition over `Task` of what the actor may do in the place of those who are away."""
    return _of_others(matrix.current(), actor)


@lru_cache(maxsize=KEPT)
def _of_others(rules: Matrix, actor: Actor) -> ColumnElement[bool]:
    return and_(for_others(rules, actor, Task), in_sight(actor, Task.scope_id))


def steps(actor: Actor) -> ColumnElement[bool]:
    """Return the SQL condition over `Task` of the steps of a clue that he may be told of who knows the clue.

    Those of the clue itself: that it waits, and for whom. Of a later stage only what he sees.
    """
    return or_(in_areas(Task.stage, {"clue"}), tasks(actor))


def sees_task(session: Session, actor: Actor, task: Task) -> Decision:
    """Decide whether the actor, who is not recused, sees a task."""
    if actor.id == task.closed_by:
        return allowed("The task was this user's.")
    if may_work(session, actor, task.scope_id, task.stage):
        if actor.id in (task.assignee, task.owner):
            return allowed("The task is this user's.")
        if task.closed_at is None and is_candidate(actor, task):
            return allowed("This user is a candidate of the task.")
        if any(is_passed(session, actor, one, task) for one in actor.stands_in):
            return allowed("The task is his for whom this user stands in.")
    if task.scope_id is not None:
        return sees_matter(session, actor, task.scope_id, task.stage)
    return decide(runs(session, actor, task), "unseen")


def instances(actor: Actor) -> ColumnElement[bool]:
    """Return the SQL condition over `Instance` of what the actor may see."""
    return _instances(matrix.current(), actor)


@lru_cache(maxsize=KEPT)
def _instances(rules: Matrix, actor: Actor) -> ColumnElement[bool]:
    own = or_(Instance.started_by == actor.id, _deployed_by_actor(actor), _has_task(rules, actor))
    seen = or_(and_(Instance.scope_id.is_(None), own), shown(rules, actor, Instance))
    return and_(seen, in_sight(actor, Instance.scope_id), unless_archived(actor, Instance, Instance.ended_at))


def passages(actor: Actor) -> ColumnElement[bool]:
    """Return the SQL condition over `Activity`, joined to its `Instance`, of what the actor may see."""
    return _passages(matrix.current(), actor)


@lru_cache(maxsize=KEPT)
def _passages(rules: Matrix, actor: Actor) -> ColumnElement[bool]:
    # Who sees an investigation does not see who reviewed it and what came of it, though one run carries both.
    own = select(Task.id).where(Task.id == Activity.task_id, _tasks(rules, actor))
    elsewhere = or_(shown(rules, actor, _Passage), looked_up(own.correlate(Activity)))
    return and_(_instances(rules, actor), or_(Activity.stage.is_(None), elsewhere))


def whole(actor: Actor) -> ColumnElement[bool]:
    """Return the SQL condition over `Instance` of those whose every passage is of a stage that the actor reads."""
    return _whole(matrix.current(), actor)


@lru_cache(maxsize=KEPT)
def _whole(rules: Matrix, actor: Actor) -> ColumnElement[bool]:
    unseen = not_(func.coalesce(shown(rules, actor, _Passage), false()))
    hidden = select(Activity.id).where(
        Activity.instance_id == Instance.id, Activity.stage.is_not(None), unseen
    )
    return and_(_instances(rules, actor), not_(hidden.correlate(Instance).exists()))


def external(actor: Actor) -> ColumnElement[bool]:
    """Return the SQL condition over `ExternalTask`, joined to its `Instance`, of what the actor may fetch and do.

    Of a matter only who is of a group that the step names, and never who may not know of the matter; what such a
    worker is told is what the diagram hands to the step.
    """
    named = select(ExternalTaskGroup.task_id).where(
        ExternalTaskGroup.task_id == ExternalTask.id, ExternalTaskGroup.name.in_(sorted(actor.groups))
    )
    own = or_(Instance.started_by == actor.id, _deployed_by_actor(actor))
    may = or_(looked_up(named.correlate(ExternalTask)), and_(ExternalTask.scope_id.is_(None), own))
    return and_(may, in_sight(actor, ExternalTask.scope_id))


class _Passage:
    """What a passage is judged by: its instance's matter, at its own stage."""

    scope_id = Instance.scope_id
    stage = Activity.stage


def sees_instance(session: Session, actor: Actor, instance: Instance) -> Decision:
    """Decide whether the actor, who is not recused, sees an instance."""
    if instance.scope_id is not None:
        return sees_matter(session, actor, instance.scope_id, instance.stage)
    if actor.id in (instance.started_by, deployed_by(session, instance.definition_id)):
        return allowed("This user started or deployed the process.")
    tasks = session.scalars(select(Task).where(Task.instance_id == instance.id))
    mine = any(
        actor.id in (task.assignee, task.owner, task.closed_by)
        or (task.closed_at is None and is_candidate(actor, task))
        or any(is_passed(session, actor, one, task) for one in actor.stands_in)
        for task in tasks
    )
    return allowed("This user has a task in it.") if mine else UNSEEN


def sees_matter(session: Session, actor: Actor, scope_id: str, stage: str | None) -> Decision:
    """Decide whether the actor, who is not recused, sees a matter at one of its stages."""
    scope = sees(session, actor, scope_id, stage)
    return allowed(f"The visibility matrix shows it: {scope}.", rule=scope) if scope else UNSEEN


def runs(session: Session, actor: Actor, task: Task) -> bool:
    """Whether the actor started or deployed the process of a task that belongs to no matter."""
    instance = session.get(Instance, task.instance_id)
    if task.scope_id is not None or instance is None:
        return False
    return actor.id in (instance.started_by, deployed_by(session, instance.definition_id))


def deployed_by(session: Session, definition_id: str) -> str | None:
    """Return who deployed a version of a process."""
    return session.scalar(
        select(Deployment.deployed_by)
        .join(ProcessDefinition, ProcessDefinition.deployment_id == Deployment.id)
        .where(ProcessDefinition.id == definition_id)
    )


def _has_task(rules: Matrix, actor: Actor) -> ColumnElement[bool]:
    task: Any = aliased(Task)
    mine = or_(
        task.assignee == actor.id,
        task.owner == actor.id,
        task.closed_by == actor.id,
        and_(task.closed_at.is_(None), candidate(actor, task)),
        for_others(rules, actor, task),
    )
    return looked_up(select(task.id).where(task.instance_id == Instance.id, mine).correlate(Instance))


def _deployed_by_actor(actor: Actor) -> ColumnElement[bool]:
    deployed = (
        select(ProcessDefinition.id)
        .join(Deployment, Deployment.id == ProcessDefinition.deployment_id)
        .where(ProcessDefinition.id == Instance.definition_id, Deployment.deployed_by == actor.id)
    )
    return exists(deployed.correlate(Instance))
