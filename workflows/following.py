"""What follows a clock that was paused, resumed or extended: its tasks, their reminders, the timers of the flow.

All of it in one transaction under the lock of the instance: a clock that stands fires nothing, one that runs
again is re-armed where its new end has it, and rows and run say the same.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflows import changes, clock, clocks, engine, moving, operations, persistence
from workflows.model import ClockChange, Instance, Task
from workflows.persistence import deadlines
from workflows.persistence.deadlines import Deadline
from workflows.persistence.entering import ladder_of
from workflows.spans import Span

#: What an expression calls whose instant may come to be another.
CALLS = frozenset({"limit"})


def follow(session: Session, instance: Instance, change_id: int, act: str) -> None:
    """Let everything in a locked instance that hangs on a changed clock have the clock's present end."""
    row = session.get_one(ClockChange, change_id)
    if instance.ended_at is not None:
        return
    with persistence.advance(session, instance, actor=None) as (run, host):
        run.reckon(CALLS, host.held_at)
        open_tasks = {task.id: task for task in run.open_tasks}
        still_open = select(Task).where(Task.instance_id == instance.id, Task.closed_at.is_(None))
        for task in session.scalars(still_open.order_by(Task.id)):
            found = deadlines.again(session, task)
            if found and task.id in open_tasks and _moves(task, found):
                why = {"act": act, "number": row.reference, "rule": task.limit_id}
                span = _span(task, found, open_tasks[task.id])
                moving.move(session, instance, task, found, use=clocks.KIND, why=why, span=span)


def run_at_cap(session: Session, instance: Instance, change_id: int) -> datetime | None:
    """Let a clock run again, once, whose pause has lasted as long as its rule lets it; people are told.

    Returns when to look again, where a holiday plan has put the cap off; None where that is settled.
    """
    row = session.get_one(ClockChange, change_id, with_for_update=True, populate_existing=True)
    one = clocks.of_change(session, row)
    if row.to_at is not None or instance.ended_at is not None or one is None or one.open is None:
        return None
    latest = clocks.latest_end(session, one)
    if latest is None or latest > clock.now():
        return latest
    row.to_at, row.capped = latest, True
    session.flush()
    follow(session, instance, change_id, clocks.CAP)
    context = persistence.context_of(session, instance, one.open)
    capped = {"rule": row.rule_id, "number": row.reference, "at": latest.isoformat()}
    for tell in operations.of_use(clocks.CAP):
        tell(context, capped=capped | {"due": one.open.due_at.isoformat() if one.open.due_at else None})
    return None


def _moves(task: Task, found: Deadline) -> bool:
    """Whether a deadline is another than the one that its task has; how it was counted counts, too."""
    says = deadlines.columns(found)
    return any(getattr(task, name) != says[name] for name in ("due_at", "paused_at", "due_explained"))


def _span(task: Task, found: Deadline, element: engine.OpenTask) -> Span | None:
    """Return what a task's reminders are counted from; None where it has none, or its clock stands."""
    climbs = ladder_of(element)
    if found.paused_at or not climbs:
        return None
    return Span(
        task.id,
        task.instance_id,
        task.element_id,
        climbs,
        found.start_at,
        found.due_at,
        task.created_at,
        stage=str(element.node.attributes.get("properties", {}).get("stage") or task.element_id),
        clock=changes.clock_of(found.limit_id, found.explained),
    )
