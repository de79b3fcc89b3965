"""Holding an instance: nothing in it can be done and nothing fires until it is let go on."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from workflows.model import Instance, Job, Task, Timer


def hold(session: Session, instance: Instance, state: str) -> None:
    """Let an instance be `suspended` or `active`, and all that waits in it."""
    held = state == "suspended"
    instance.state = state
    instance.revision += 1
    open_tasks = update(Task).where(Task.instance_id == instance.id, Task.closed_at.is_(None))
    session.execute(open_tasks.values(suspended=held))
    before, after = ("waiting", "suspended") if held else ("suspended", "waiting")
    for table in (Timer, Job):
        waiting = update(table).where(table.instance_id == instance.id, table.status == before)
        session.execute(waiting.values(status=after, leased_until=None, leased_by=None))
