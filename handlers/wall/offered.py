"""Whose a task is to take: its candidates, as a condition and as a check."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select

from workflows.actor import Actor
from workflows.model import Task, TaskCandidate


def candidate(actor: Actor, task: Any) -> ColumnElement[bool]:
    """Return the condition that the actor is a candidate of a task (the table, or an alias of it)."""
    his = select(TaskCandidate.task_id).where(TaskCandidate.task_id == task.id, or_(*named(actor)))
    return looked_up(his.correlate(task))


def named(actor: Actor) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return the conditions over `TaskCandidate` that it is a group of the actor's, or the actor."""
    group = and_(TaskCandidate.kind == "group", TaskCandidate.name.in_(sorted(actor.groups)))
    return group, and_(TaskCandidate.kind == "user", TaskCandidate.name == actor.id)


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
