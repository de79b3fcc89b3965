"""Who is told when a pause or an extension has moved the due date of a task.

`deadline.rescheduled`: `number` `task` `task_en` `element` `act` (pause resume extend) `old` and `new` (instants,
none while the clock stands). The record of the matter has the decision already; nothing here decides.
`deadline.capped`: a pause has reached the cap of its `rule`: `number` of the matter, `pause` the number by which it was
granted, `at`, and `due` now. That stands in the record, too: nobody has decided it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from handlers import escalation, notifications
from handlers.registers import DeadlineChange, MatterEvent
from workflows.clocks import CAP
from workflows.model import Task
from workflows.operations import Context, operation


@operation("escalation.rescheduled", use="clock")
def rescheduled(context: Context, *, changed: Mapping[str, Any]) -> None:
    """Tell who has the task until when there is time now, or that the clock stands."""
    if changed["act"] == CAP:
        return
    task = context.session.get_one(Task, context.task_id)
    params = {
        "number": context.business_key,
        "task": task.name,
        "task_en": task.name_en,
        "element": task.element_id,
        **{name: changed[name] for name in ("act", "old", "new")},
    }
    notifications.notify(
        context.session,
        escalation.people_to_tell(context.session, task, "handler"),
        code="deadline.rescheduled",
        params=params,
        scope_id=task.scope_id,
        task_id=task.id,
    )


@operation("escalation.capped", use=CAP)
def capped(context: Context, *, capped: Mapping[str, Any]) -> None:
    """Record that a clock runs again at its cap; tell who granted the pause, who asked for it, and who has the task."""
    session = context.session
    task = session.get_one(Task, context.task_id)
    told = {name: capped[name] for name in ("rule", "at", "due")} | {"pause": capped["number"]}
    if task.scope_id:
        session.add(
            MatterEvent(scope_id=task.scope_id, at=context.now, actor=None, code="pause.capped", params=told)
        )
    granted = session.scalar(select(DeadlineChange).where(DeadlineChange.number == capped["number"]))
    people = [granted.decided_by, granted.asked_by] if granted else []
    notifications.notify(
        session,
        [*filter(None, people), *escalation.people_to_tell(session, task, "handler")],
        code="deadline.capped",
        params=told | {"number": context.business_key},
        scope_id=task.scope_id,
        task_id=task.id,
    )
