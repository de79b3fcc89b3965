"""Opening a return period: by the calendar, or by hand where one was missed, or agencies joined it later."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import office, return_calendar
from handlers.registers.record import Answers
from handlers.registers.returns.duties import owing
from handlers.registers.returns.model import AgencyReturn, ReturnPeriod
from handlers.registers.returns.reading import midnight
from handlers.return_calendar import DAY, Period
from workflows import plans
from workflows.errors import FieldError, InvalidInput
from workflows.operations import Context, Recorded, operation


@operation("returns.choose")
def choose(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Choose the period that is opened by hand: one that has begun, and in which somebody is still to be asked."""
    period = return_calendar.standing(context.session).labelled(answers["period"])
    if period.first > office.today():
        raise _refused("period_ahead", period, day=period.first.isoformat())
    if not _unasked(context.session, period):
        raise _refused("period_open", period)
    return {"period": period.label}


@operation("returns.open")
def open_period(context: Context) -> Recorded:
    """Ask every agency that owes returns, and was not asked yet, for its return (T10, domain §3a).

    Without a chosen period it is the one that holds today: a start that an outage delayed still opens it.
    """
    chosen = context.variables.get("period")
    today = office.today()
    calendar = return_calendar.standing(context.session)
    period = calendar.labelled(chosen) if chosen else calendar.period_of(today)
    known = _found(context.session, period)
    agencies = [] if known and not chosen else _unasked(context.session, period)
    if not agencies:
        return Recorded({"opens": "no"}, business_key=period.label)
    row = known or _added(context, period)
    row.state, row.closed_at = "open", None
    due_on = period.due_when_opened(today, plans.work_days(context.session))
    for code in agencies:
        context.session.add(
            AgencyReturn(period_id=row.id, agency_code=code, instance_id=context.instance_id, due_on=due_on)
        )
    context.session.flush()
    return Recorded(
        {
            "opens": "yes",
            "period": period.label,
            "agencies": agencies,
            **due_variables(due_on),
        },
        scope_id=row.scope_id,
        business_key=period.label,
    )


def due_variables(due_on: date) -> dict[str, str]:
    """Return the process variables that say when returns are due: the last day, and the instant after it."""
    return {"due_on": due_on.isoformat(), "due_at": midnight(due_on + DAY).isoformat()}


def _unasked(session: Session, period: Period) -> list[str]:
    """Return the agencies that owe the period's return and were not asked; who joined later is asked, too."""
    row = _found(session, period)
    asked = select(AgencyReturn.agency_code).where(AgencyReturn.period_id == (row.id if row else None))
    known = set(session.scalars(asked))
    day = min(period.last, office.today())
    return [code for code in owing(session, day) if code not in known]


def _found(session: Session, period: Period) -> ReturnPeriod | None:
    return session.scalar(select(ReturnPeriod).where(ReturnPeriod.label == period.label).with_for_update())


def _added(context: Context, period: Period) -> ReturnPeriod:
    row = ReturnPeriod(
        label=period.label,
        first_on=period.first,
        last_on=period.last,
        due_on=period.due(plans.work_days(context.session)),
        opened_at=context.now,
        opened_by=context.actor.id if context.actor else None,
    )
    context.session.add(row)
    context.session.flush()
    return row


def _refused(code: str, period: Period, **params: Any) -> InvalidInput:
    params["period"] = period.label
    return InvalidInput(
        f"The period {period.label} cannot be opened.", fields={"period": FieldError(code, params)}
    )
