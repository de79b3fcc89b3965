"""The due days of returns that are waited for, counted again when a holiday plan is taken in (T10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from handlers import return_calendar
from handlers.registers.model import MatterEvent
from handlers.registers.returns.model import AgencyReturn, ReturnPeriod
from handlers.registers.returns.opening import due_variables
from workflows import clock, plans
from workflows.model import Instance
from workflows.operations import Context, operation


@operation("returns.recounted", use="days")
def recounted(context: Context) -> Mapping[str, Any]:
    """Return, for each process that waits for returns, the due day that the present calendar gives another.

    The returns and the period of the process that the context names are moved with it. Who was asked late keeps
    the catch-up days, counted from the day of the asking.
    """
    changed: dict[str, Any] = {}
    for period, instance, old in _waiting(context):
        due_on = _due(context, period, instance)
        if due_on != old:
            changed[instance.id] = due_variables(due_on)
            if instance.id == context.instance_id:
                _move(context, period, instance, old, due_on)
    return changed


def _waiting(context: Context) -> Iterator[tuple[ReturnPeriod, Instance, date]]:
    found = (
        select(ReturnPeriod, Instance, AgencyReturn.due_on)
        .join(AgencyReturn, AgencyReturn.period_id == ReturnPeriod.id)
        .join(Instance, Instance.id == AgencyReturn.instance_id)
        .where(ReturnPeriod.state == "open", AgencyReturn.state == "open", Instance.ended_at.is_(None))
        .distinct()
    )
    if context.instance_id:
        found = found.where(Instance.id == context.instance_id)
    yield from context.session.execute(found)


def _due(context: Context, period: ReturnPeriod, instance: Instance) -> date:
    asked_on = clock.day_of(instance.started_at)
    known = return_calendar.standing(context.session).labelled(period.label)
    return known.due_when_opened(asked_on, plans.work_days(context.session))


def _move(context: Context, period: ReturnPeriod, instance: Instance, old: date, due_on: date) -> None:
    waited_for = select(AgencyReturn).where(
        AgencyReturn.instance_id == instance.id, AgencyReturn.state == "open"
    )
    for row in context.session.scalars(waited_for):
        row.due_on = due_on
    known = return_calendar.standing(context.session).labelled(period.label)
    period.due_on = known.due(plans.work_days(context.session))
    context.session.add(
        MatterEvent(
            scope_id=period.scope_id,
            at=context.now,
            actor=None,
            code="return.recounted",
            params={"period": period.label, "old": old.isoformat(), "new": due_on.isoformat()},
        )
    )
