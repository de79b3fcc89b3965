"""How a firing is told and recorded: notices to people and their proxies, one line in the record of the matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from handlers import notifications
from handlers.escalation.recipients import proxies
from handlers.registers import MatterEvent
from workflows.model import Task
from workflows.operations import Context
from workflows.spans import Reached


def tell(context: Context, task: Task, code: str, reached: Reached, logins: Sequence[str]) -> dict[str, Any]:
    """Tell people and whoever stands in for those away; return what the record says of it."""
    what = {**about(context, task), "rung": reached.rung, **_turn(reached)}
    told = _notify(context, task, code, reached, logins, what)
    standing_in = proxies(context.session, task, told)
    for proxy, absent in standing_in.items():
        _notify(context, task, code, reached, [proxy], {**what, "for": absent})
    said = {"to": told, **({"proxies": dict(standing_in)} if standing_in else {})}
    return {**what, **said, **({"colour": reached.colour.value} if reached.colour else {})}


def about(context: Context, task: Task) -> dict[str, Any]:
    """Return number, step and date: all that may be told of a task."""
    return {
        "number": context.business_key,
        "task": task.name,
        "task_en": task.name_en,
        "element": task.element_id,
        "due": task.due_at.isoformat() if task.due_at else None,
    }


def record(context: Context, task: Task, code: str, params: Mapping[str, Any]) -> None:
    """Leave one line in the record of the task's matter; a task of no matter has none."""
    if task.scope_id is None:
        return
    line = {**params, "task_id": task.id}
    context.session.add(
        MatterEvent(scope_id=task.scope_id, at=context.now, actor=None, code=code, params=line)
    )
    context.session.flush()


def _notify(
    context: Context,
    task: Task,
    code: str,
    reached: Reached,
    logins: Sequence[str],
    params: Mapping[str, Any],
) -> list[str]:
    return notifications.notify(
        context.session,
        logins,
        code=code,
        params=params,
        scope_id=task.scope_id,
        task_id=task.id,
        level=reached.level,
    )


def _turn(reached: Reached) -> dict[str, int]:
    """Return which turn of a repeated rung it is, and how many were missed."""
    if reached.times == 1:
        return {}
    return {"turn": reached.turn, "times": reached.times, "missed": reached.missed}
