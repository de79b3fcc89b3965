"""Who is told when a pause or an extension has moved the due date of a task.

`deadline.rescheduled`: `number` `task` `task_en` `element` `act` (pause resume extend) `old` and `new` (instants,
none while the clock stands). The record of the matter has the decision already; nothing here decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers import escalation, notifications
from workflows.model import Task
from workflows.operations import Context, operation


@operation("escalation.rescheduled", use="clock")
def rescheduled(context: Context, *, changed: Mapping[str, Any]) -> None:
    """Tell who has the task until when there is time now, or that the clock stands."""
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
