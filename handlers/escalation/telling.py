"""The verbs that tell: remind, notify, raise, and what a long delay is proposed for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers import notifications
from handlers.escalation.recipients import all_to_tell, people_to_tell
from handlers.escalation.recording import about, record, tell
from workflows.model import Task
from workflows.operations import Context, operation
from workflows.spans import Reached

#: A task is made so much more urgent each time that it is raised, up to the most urgent.
URGENCY, MOST_URGENT = 10, 100
#: What is told of a due date that was counted again.
RECOUNTED = ("old", "new", "was_provisional", "provisional", "year", "jurisdiction")


@operation("escalation.remind", use="rung")
def remind(context: Context, *, reached: Reached) -> None:
    """Ask the people behind each recipient to see to the task (催办)."""
    _tell(context, f"deadline.{reached.level}", "remind", reached)


@operation("escalation.notify", use="rung")
def notify(context: Context, *, reached: Reached) -> None:
    """Let the people behind each recipient know how the task stands; nothing is asked of them (知会)."""
    _tell(context, "deadline.notified", "notify", reached)


@operation("escalation.raise", use="rung")
def raise_up(context: Context, *, reached: Reached) -> None:
    """Put the task before the people behind each recipient as one that they must see to, and make it more urgent."""
    task = context.session.get_one(Task, context.task_id)
    task.priority = max(task.priority, min(task.priority + URGENCY, MOST_URGENT))
    task.revision += 1
    _tell(context, f"deadline.{reached.level}", "raise", reached, priority=task.priority)


@operation("escalation.list_candidate", use="rung")
def list_candidate(context: Context, *, reached: Reached) -> None:
    """Record that the task has been overdue so long that listed supervision is to be considered."""
    _tell(context, "deadline.listed", "list_candidate", reached)


@operation("escalation.recounted", use="recount")
def recounted(context: Context, *, changed: Mapping[str, Any]) -> None:
    """Record that a due date was counted again, and tell who has the task where the day is another."""
    session = context.session
    task = session.get_one(Task, context.task_id)
    params = {**about(context, task), **{name: changed[name] for name in RECOUNTED}}
    if changed["old"] != changed["new"]:
        notifications.notify(
            session,
            people_to_tell(session, task, "handler"),
            code="deadline.recounted",
            params=params,
            scope_id=task.scope_id,
            task_id=task.id,
        )
    record(context, task, "deadline.recounted", params)


def _tell(context: Context, code: str, verb: str, reached: Reached, **done: Any) -> None:
    task = context.session.get_one(Task, context.task_id)
    named = all_to_tell(context.session, task, reached.recipients)
    said = tell(context, task, code, reached, named) | {"verb": verb, **done}
    if reached.level == "overdue":
        said["reason_required"] = True
    record(context, task, code, said)
