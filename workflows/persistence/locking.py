"""The lock that every command takes first: the row of the instance."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlalchemy.orm import Session, joinedload

from workflows.errors import Conflict, NotFound
from workflows.model import Instance, Task, Timer


def lock(session: Session, instance_id: str) -> Instance:
    """Return the instance, locked and fresh, until the transaction ends; NotFound if there is none.

    SQLite has no row locks: there the edge's BEGIN IMMEDIATE has already locked the file.
    """
    return _found(session.scalar(_INSTANCE, {"id": instance_id}), f"process instance {instance_id}")


def lock_of_task(session: Session, task_id: str) -> tuple[Instance, Task]:
    """Return the instance that a task belongs to, and the task with its candidates, locked and fresh; else NotFound."""
    found = session.execute(_OF_TASK, {"id": task_id}).unique().one_or_none()
    if found is None:
        raise NotFound(f"There is no task {task_id}.")
    return found.Instance, found.Task


def lock_of_timers(session: Session, timer_ids: Collection[str]) -> Sequence[Instance]:
    """Return the instances that timers belong to, locked and fresh, without those that somebody else holds.

    Nobody waits here: who has many timers to fire comes back to such a one, and with several locks waits for none.
    """
    return session.scalars(_OF_TIMERS, {"ids": timer_ids}).all()


def guard_active(instance: Instance) -> None:
    """Raise Conflict if the instance is suspended or has ended."""
    if instance.state == "suspended":
        raise Conflict("The process instance is suspended.", code="suspended")
    guard_running(instance)


def guard_running(instance: Instance) -> None:
    """Raise Conflict if the instance has ended."""
    if instance.ended_at is not None:
        raise Conflict("The process instance has ended.", code="ended")


def guard_open(task: Task) -> None:
    """Raise Conflict, with who closed it, if a task is closed."""
    if task.closed_at is not None:
        raise Conflict(f"The task is already {task.outcome}.", code="closed", by=task.closed_by)


def _locking(wanted: ColumnElement[bool], *, waiting: bool = True) -> Select[Instance]:
    # What the session may have read before the lock is stale. The key is not locked: other transactions may
    # go on writing rows that point at the instance, an incident among them, without waiting.
    locking = (
        select(Instance).where(wanted).with_for_update(of=Instance, key_share=True, skip_locked=not waiting)
    )
    return locking.execution_options(populate_existing=True)


_INSTANCE = _locking(Instance.id == bindparam("id"))
# The instance first, as everywhere. The task is locked, too: what is only joined is as it was before the wait.
# Candidates join it, and never leave: who waited here sees those of before, and reads them anew before he is refused.
_OF_TASK = (
    select(Instance, Task)
    .join(Task, Task.instance_id == Instance.id)
    .where(Task.id == bindparam("id"))
    .options(joinedload(Task.candidates))
    .with_for_update(of=[Instance, Task], key_share=True)
    .execution_options(populate_existing=True)
)
_OF_TIMERS = _locking(
    Instance.id.in_(select(Timer.instance_id).where(Timer.id.in_(bindparam("ids", expanding=True)))),
    waiting=False,
)


def _found(instance: Instance | None, what: str) -> Instance:
    if instance is None:
        raise NotFound(f"There is no {what}.")
    return instance
