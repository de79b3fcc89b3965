"""Whose a task is to take: its candidates, as a condition and as a check."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select

from workflows.actor import Actor
from workflows.model import Task, TaskCandidate


def candidate(actor: Actor, task: Any) -> ColumnElement[bool]:
    """Return the condition that the actor is a candidate of a task (the table, or an alias of it)."""
    named = select(TaskCandidate.task_id).where(
        TaskCandidate.task_id == task.id,
        or_(
            and_(TaskCandidate.kind == "group", TaskCandidate.name.in_(sorted(actor.groups))),
            and_(TaskCandidate.kind == "user", TaskCandidate.name == actor.id),
        ),
    )
    return looked_up(named.correlate(task))


def is_candidate(actor: Actor, task: Task) -> bool:
    """Return whether the actor is a candidate of a task."""
    return any(
        row.name in actor.groups if row.kind == "group" else row.name == actor.id for row in task.candidates
    )


def looked_up(row: Select[Any]) -> ColumnElement[bool]:
    """Return the condition that there is such a row, looked up by its key for each row that is judged.

    Without the offset PostgreSQL would rather read the whole table first, all candidates of all tasks, for a
    page of twenty.
    """
    return exists(row.offset(0))
