"""Moves of an instance by who steers it. What each means: `docs/reference/moves.md`."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from workflows import moves, persistence
from workflows.actor import Actor
from workflows.engine import Change, Moved, Node, Run
from workflows.errors import NotFound
from workflows.instances import acts
from workflows.model import Instance, Task


def jump(session: Session, instance_id: str, task_id: str, to: str, *, actor: Actor, reason: str) -> Instance:
    """Put an open task's token on any step of its scope or one around it; nothing is recorded for steps passed over.

    Raises NotFound, NotAllowed, Conflict (not running, `closed`, `task_closed`, `unsafe` with `findings`), InvalidInput
    (`reason`, `step`).
    """
    why = moves.because(reason)
    instance = acts.take(session, instance_id, actor, "jump")
    task = session.get(Task, task_id)
    if task is None or task.instance_id != instance.id:
        raise NotFound(f"The process instance has no task {task_id}.", code="task")
    persistence.guard_open(task)
    with persistence.advance(session, instance, actor=actor, task_id=task_id) as (run, _):
        made = run.jump(task_id, to)
    moves.record(
        session,
        "jump",
        instance,
        actor=actor,
        reason=why,
        task=task,
        left=task.element_id,
        reached=made.to.id,
        detail={"along": [node.id for node in made.along]},
    )
    return instance


def look(session: Session, instance_id: str, task_id: str, to: str, *, actor: Actor, back: bool) -> Moved:
    """Return what a jump of a task, or sending it `back`, would come to now; nothing is moved. Raises as they do."""
    run = _run(session, instance_id, actor)
    return run.look(task_id, to, back=back)


def targets(
    session: Session, instance_id: str, task_id: str, *, actor: Actor
) -> tuple[list[Node], list[Node]]:
    """Return the steps that an open task can be sent back to, and those that it can jump to; raises as `jump` does."""
    run = _run(session, instance_id, actor)
    return run.earlier(task_id), run.around(task_id)


def _run(session: Session, instance_id: str, actor: Actor) -> Run:
    instance = session.get(Instance, instance_id)
    if instance is None or not acts.sees(session, instance_id, actor):
        raise acts.unknown(instance_id)
    acts.guard(session, actor, "jump", instance)
    return persistence.peek(session, instance)[0]


def reopen(session: Session, instance_id: str, to: str, *, actor: Actor, reason: str) -> Instance:
    """Let an ended instance go on at a step of the process itself, with its variables; what registers hold stays.

    Raises NotFound, NotAllowed, Conflict (`running`, `unsafe` with `findings`), InvalidInput (`reason`, `step`).
    """
    why = moves.because(reason)
    instance = acts.take_any(session, instance_id, actor)
    acts.guard(session, actor, "reopen", instance)
    ended = instance.state
    persistence.reopen(session, instance, to, actor=actor)
    moves.record(session, "reopen", instance, actor=actor, reason=why, reached=to, detail={"ended": ended})
    return instance


def modify(
    session: Session, instance_id: str, changes: Sequence[Change], *, actor: Actor, reason: str
) -> Instance:
    """Take tokens of an instance away and put others, all at once; without any left it is cancelled.

    Nothing goes along by itself. Raises as `jump` does, InvalidInput (`change`) for what makes no sense.
    """
    why = moves.because(reason)
    instance = acts.take(session, instance_id, actor, "jump")
    with persistence.advance(session, instance, actor=actor) as (run, _):
        run.modify(changes)
        ended = run.outcome == "cancelled"
    if ended:
        instance.end_reason = why
    told = [[change.kind, change.node or change.token] for change in changes]
    moves.record(session, "modify", instance, actor=actor, reason=why, detail={"changes": told})
    return instance
