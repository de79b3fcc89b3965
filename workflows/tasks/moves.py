"""Moves of a task by who has it: sent back to an earlier step. What each means: `docs/reference/moves.md`."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflows import deployed, moves, parts, persistence, recording
from workflows.actor import Actor
from workflows.engine import Node
from workflows.errors import Conflict, EngineFault, NotAllowed
from workflows.model import Instance, Task, TaskDraft
from workflows.tasks import acts
from workflows.visibility import policy

#: How a process fails that misses an answer.
_NEEDED = frozenset({"expression", "no_flow"})


def earlier(session: Session, task_id: str, *, actor: Actor) -> list[Node]:
    """Return the steps to which a task that the actor may see can be sent back, the nearest scope's first."""
    task = acts.get(session, task_id, actor)
    run, _ = persistence.peek(session, session.get_one(Instance, task.instance_id))
    return run.earlier(task_id)


def send_back(
    session: Session, task_id: str, to: str, *, actor: Actor, reason: str, straight: bool = False
) -> Instance:
    """Send a task back to an earlier step, whose last assignee has it again if he still may.

    Everything behind that step is done again; `straight`, it comes back here as soon as it is done. For who may
    complete the task. Raises as `complete` does, InvalidInput (`reason`, `step`), Conflict (`unsafe` with `findings`)
    where the instance could not go on from there to its end.
    """
    why = moves.because(reason)
    task, instance, actor = acts.mine(session, task_id, actor)
    acts.guard_own(task, actor)
    acts.guard_free(task)
    _back(session, task, instance, to, actor, why, straight)
    for login in sorted(actor.parties):
        parts.hold(session, task, login)
    return instance


def steer_back(session: Session, task_id: str, to: str, *, actor: Actor, reason: str) -> Instance:
    """Send a task back as `send_back` does, by who steers its instance and does not have it; the same errors."""
    why = moves.because(reason)
    task, instance = acts.take(session, task_id, actor)
    decision = policy().may(session, actor, "jump", instance)
    if not decision.allowed:
        raise decision.refusal("jump")
    _back(session, task, instance, to, actor, why, straight=False)
    return instance


def _back(
    session: Session, task: Task, instance: Instance, to: str, actor: Actor, why: str, straight: bool
) -> None:
    with persistence.advance(session, instance, actor=actor, task_id=task.id) as (run, _):
        made = run.send_back(task.id, to, straight=straight)
    _give_again(session, instance, made.to.id)
    moves.record(
        session,
        "send_back",
        instance,
        actor=actor,
        reason=why,
        task=task,
        left=task.element_id,
        reached=made.to.id,
        detail={"straight": straight, "along": [node.id for node in made.along]},
    )


def skip(session: Session, task_id: str, *, actor: Actor, reason: str) -> Instance:
    """Leave a task as if it were done, without answers, where the diagram lets its step be skipped.

    For who may complete the task. Raises as `complete` does, InvalidInput (`reason`), Conflict (`not_skippable`; or
    `needs_answers`, where what is behind it asks for one).
    """
    why = moves.because(reason)
    task, instance, actor = acts.mine(session, task_id, actor)
    acts.guard_own(task, actor)
    acts.guard_free(task)
    try:
        with persistence.advance(session, instance, actor=actor, task_id=task_id) as (run, _):
            run.skip(task_id)
    except EngineFault as fault:
        if fault.code not in _NEEDED:
            raise
        needed = f"What follows cannot do without its answers: {fault.message}"
        raise Conflict(needed, code="needs_answers", element=fault.element) from fault
    moves.record(session, "skip", instance, actor=actor, reason=why, task=task, left=task.element_id)
    return instance


def withdraw(session: Session, task_id: str, *, actor: Actor, reason: str = "") -> Instance:
    """Take back what the actor has completed, as long as nothing has been done since with what came of it.

    The step is begun again and his. Raises NotFound, NotAllowed (it was not he), Conflict (`done_since`, `claimed`,
    `irrevocable` naming the element).
    """
    instance, task = persistence.lock_of_task(session, task_id)
    acts.get(session, task_id, actor)
    if task.outcome != "completed" or task.closed_by != actor.id:
        raise NotAllowed("Only who has completed a task takes that back.", code="not_allowed", act="withdraw")
    persistence.guard_active(instance)
    node = deployed.process(session, task.definition_id).node(task.element_id)
    if operation := recording.properties_of(node).get("record"):
        told = f"{operation} has recorded it and that cannot be undone."
        raise Conflict(told, code="irrevocable", element=task.element_id)
    with persistence.advance(session, instance, actor=actor, task_id=task_id) as (run, _):
        _guard_untouched(session, run.came_of(task_id), actor)
        made = run.withdraw(task_id)
    _give_again(session, instance, made.to.id)
    moves.record(
        session,
        "withdraw",
        instance,
        actor=actor,
        reason=reason.strip(),
        task=task,
        left=made.left.id,
        reached=made.to.id,
    )
    return instance


def _guard_untouched(session: Session, ids: Collection[str], actor: Actor) -> None:
    """Raise Conflict where somebody else has claimed, or begun to fill, a task that came of a completion."""
    for task in session.scalars(select(Task).where(Task.id.in_(ids), Task.closed_at.is_(None))):
        # Whom the diagram gives it to has not touched it by that: nothing has been written to it since.
        claimed = task.assignee is not None and task.revision > 1
        drafts = select(TaskDraft.user_id).where(TaskDraft.task_id == task.id, TaskDraft.user_id != actor.id)
        if (claimed and task.assignee != actor.id) or session.scalars(drafts.limit(1)).first() is not None:
            raise Conflict("Somebody has begun with what came of it.", code="claimed", by=task.assignee)


def _give_again(session: Session, instance: Instance, element: str) -> None:
    """Give a task that is done again to who did it last; where he may not have it any more, it lies in its inbox."""
    # Who was added to sign it did not do it.
    own = (Task.element_id == element, Task.parent_id.is_(None))
    of = select(Task).where(Task.instance_id == instance.id, *own)
    opened = session.scalars(of.where(Task.closed_at.is_(None))).all()
    if len(opened) != 1 or opened[0].assignee is not None:
        return
    done = of.where(Task.outcome == "completed", Task.definition_id == opened[0].definition_id)
    last = session.scalars(done.order_by(Task.closed_at.desc()).limit(1)).one_or_none()
    if last is not None and last.assignee is not None:
        try:
            acts.pass_on(session, opened[0], last.assignee)
        except NotAllowed:
            return
