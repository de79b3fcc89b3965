"""A task that gets another due date: its row, its offers in the inbox and its reminders, on record and told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from workflows import audit, ladder, operations, persistence
from workflows.model import Instance, Task, TaskCandidate
from workflows.persistence import deadlines
from workflows.persistence.deadlines import Deadline
from workflows.spans import Span


def move(
    session: Session,
    instance: Instance,
    task: Task,
    found: Deadline,
    *,
    use: str,
    why: Mapping[str, Any],
    span: Span | None = None,
) -> None:
    """Let a task of a locked instance have this deadline; the record `task.<use>` and the operations of the use get both.

    With a `span`, a ladder that the task could not climb while its clock stood is climbed for the first time.
    """
    old = task.due_at
    for name, value in deadlines.columns(found).items():
        setattr(task, name, value)
    task.revision += 1
    session.flush()
    offers = update(TaskCandidate).where(TaskCandidate.task_id == task.id)
    session.execute(offers.values(sorts_at=task.sorts_at))
    if found.paused_at:
        ladder.hold(session, task)
    elif span:
        ladder.resettle(session, task, span)
    elif task.due_at != old:
        ladder.move(session, task, found.start_at, found.due_at)
    changed = {
        **why,
        "old": old.isoformat() if old else None,
        "new": task.due_at.isoformat() if task.due_at else None,
    }
    audit.record(
        session,
        actor=None,
        act=f"task.{use}",
        instance_id=instance.id,
        task_id=task.id,
        scope_id=task.scope_id,
        detail={"element": task.element_id, **changed},
    )
    context = persistence.context_of(session, instance, task)
    for tell in operations.of_use(use):
        tell(context, changed=changed)
