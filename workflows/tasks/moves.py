"""Moves of a task by who has it: sent back to an earlier step. What each means: `docs/reference/moves.md`."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflows import moves, parts, persistence
from workflows.actor import Actor
from workflows.engine import Node
from workflows.errors import NotAllowed
from workflows.model import Instance, Task
from workflows.tasks import acts


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
    with persistence.advance(session, instance, actor=actor, task_id=task_id) as (run, _):
        made = run.send_back(task_id, to, straight=straight)
    for login in sorted(actor.parties):
        parts.hold(session, task, login)
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
    return instance


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
