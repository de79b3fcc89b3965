"""What is kept of acts on who does a task: who did what to whom, and in which words."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflows import clock
from workflows.actor import Actor
from workflows.errors import InvalidInput
from workflows.model import Task, TaskAct

MAX_WORDS = 2000


def words(text: str, *, needed: bool = True) -> str:
    """Return a reason or an opinion without blanks around it; InvalidInput (`words`) if it is missing or too long."""
    said = text.strip()
    if len(said) > MAX_WORDS or (needed and not said):
        raise InvalidInput(f"Say why, in 1 to {MAX_WORDS} characters.", code="words", most=MAX_WORDS)
    return said


def keep(
    session: Session,
    task: Task,
    actor: Actor,
    act: str,
    *,
    who: str | None = None,
    agrees: bool | None = None,
    text: str,
) -> None:
    """Keep one act on a task."""
    session.add(
        TaskAct(
            task_id=task.id,
            instance_id=task.instance_id,
            scope_id=task.scope_id,
            act=act,
            by=actor.id,
            on_behalf_of=actor.on_behalf_of,
            who=who,
            agrees=agrees,
            text=text,
            at=clock.now(),
        )
    )


def told(session: Session, task_id: str) -> Sequence[TaskAct]:
    """Return what was done about who does a task, and said of it, the oldest first; whoever asks has seen the task."""
    return session.scalars(select(TaskAct).where(TaskAct.task_id == task_id).order_by(TaskAct.id)).all()
