"""Due dates that follow their expression while the task is open: the property `due=live`.

Elsewhere a deadline is counted once, when its task appears. Where a decision may move it (an extension, a limit
that begins anew), the task says so; its reminders are then armed anew, and what was told stays told.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from workflows import audit, engine, ladder
from workflows.model import PENDING, Instance, Task, TaskCandidate, Timer
from workflows.persistence import deadlines
from workflows.persistence.entering import Entry, enter, span
from workflows.persistence.host import InstanceHost

LIVE = "live"


def recount(
    session: Session,
    instance: Instance,
    open_tasks: Iterable[tuple[Task, engine.OpenTask]],
    run: engine.Run,
    host: InstanceHost,
) -> None:
    """Move the deadlines of open tasks whose expression says another instant now; the audit keeps both."""
    for row, task in open_tasks:
        properties = task.node.attributes.get("properties", {})
        if properties.get("due") == LIVE:
            entry = enter(task, instance, run, host)
            if entry.row["sorts_at"] != row.sorts_at:
                move(session, row, entry, host)


def move(session: Session, row: Task, entry: Entry, host: InstanceHost) -> None:
    """Give an open task the deadline of an entry, with the reminders that lie ahead of it; the audit keeps both."""
    moved: dict[str, Any] = {
        name: at.isoformat() if at else None
        for name, at in (("from", row.due_at), ("to", entry.row["due_at"]))
    }
    audit.record(
        session,
        actor=host.actor,
        act="task.due",
        instance_id=row.instance_id,
        scope_id=row.scope_id,
        task_id=row.id,
        detail=moved,
    )
    for name in deadlines.columns(None):
        setattr(row, name, entry.row[name])
    row.level, row.colour = "normal", None
    row.revision += 1
    session.execute(
        update(TaskCandidate).where(TaskCandidate.task_id == row.id).values(sorts_at=row.sorts_at)
    )
    climbing = delete(Timer).where(Timer.task_id == row.id, Timer.kind == "ladder", Timer.status.in_(PENDING))
    session.execute(climbing.execution_options(synchronize_session=False))
    if entry.ladder:
        ladder.arm(session, [span(entry, since=host.now())])
