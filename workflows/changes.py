"""Pauses and extensions of running clocks, as the count takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflows.calendar import Change, Extension, Pause, paused_time
from workflows.model import ClockChange, Task

#: What names a clock within its instance: the rule, and the instant of the event that it is counted from.
Clock = tuple[str, datetime]


def of_instance(session: Session, instance_id: str) -> Mapping[Clock, Sequence[Change]]:
    """Return the changes of every clock of an instance, each clock's in the order in which they were approved."""
    found: dict[Clock, list[Change]] = {}
    for row in rows(session, instance_id):
        found.setdefault((row.rule_id, row.start_at), []).append(value(row))
    return found


def rows(session: Session, instance_id: str) -> Sequence[ClockChange]:
    """Return the changes of all clocks of an instance, in order."""
    of = select(ClockChange).where(ClockChange.instance_id == instance_id).order_by(ClockChange.id)
    return session.scalars(of).all()


def stood(session: Session, task: Task) -> timedelta:
    """Return how long the clock of a task has stood in the pauses that have ended."""
    explained = task.due_explained or {}
    if not task.limit_id or "start" not in explained:
        return timedelta()
    clock = task.limit_id, datetime.fromisoformat(explained["start"])
    return paused_time(of_instance(session, task.instance_id).get(clock, ()))


def value(row: ClockChange) -> Change:
    """Return a change as the count takes it."""
    return Pause(row.from_at, row.to_at) if row.kind == "pause" else Extension(row.n, row.until)
