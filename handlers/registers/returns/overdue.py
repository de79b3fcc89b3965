"""After the due day: the list of who is missing, and what two missed periods in a row lead to (domain §3a, §3f).

Codes of notifications: `return.overdue` (`period`, `count`), `return.rectification` (`agency`, `periods`).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import notifications, office, return_calendar
from handlers.registers.model import MatterEvent
from handlers.registers.record import Answers, who
from handlers.registers.returns.closing import period_of
from handlers.registers.returns.duties import owing
from handlers.registers.returns.model import AgencyReturn, RectificationItem, ReturnPeriod, ReturnUrging
from workflows.operations import Context, operation

#: What an item for rectification comes from.
SOURCE = "missed_returns"
#: Who is told: the case-supervision office, and its head (A2), who urges.
TOLD = ("case_supervision_head", "case_supervision")


@operation("returns.fall_due")
def fall_due(context: Context) -> dict[str, Any]:
    """Mark the returns that did not come as missed, and tell who urges; nothing is decided by it.

    An agency that owes returns no more is not missing. A second missed period in a row opens an item for
    rectification, once for each pair of periods.
    """
    period = period_of(context)
    missing = _missing(context, period)
    for row in missing:
        row.state = "missed"
    context.session.flush()
    if not missing:
        return {"overdue": "no"}
    codes = [row.agency_code for row in missing]
    _record(context, "return.overdue", period=period.label, agencies=codes)
    _tell(context, "return.overdue", level="overdue", period=period.label, count=len(codes))
    for row in missing:
        _look_around(context, row, period)
    return {"overdue": "yes"}


@operation("returns.urge")
def urge(context: Context, *, answers: Answers) -> None:
    """Record what the head of case supervision did about the overdue returns."""
    period = period_of(context)
    context.session.add(
        ReturnUrging(period_id=period.id, login=who(context), at=context.now, measures=answers["measures"])
    )
    _record(context, "return.urged", period=period.label)


def _missing(context: Context, period: ReturnPeriod) -> list[AgencyReturn]:
    still = owing(context.session, period.last_on)
    found = select(AgencyReturn).where(
        AgencyReturn.period_id == period.id,
        AgencyReturn.instance_id == context.instance_id,
        AgencyReturn.state == "open",
        AgencyReturn.agency_code.in_(still),
    )
    return list(context.session.scalars(found.order_by(AgencyReturn.agency_code).with_for_update()))


def _look_around(context: Context, row: AgencyReturn, period: ReturnPeriod) -> None:
    """Open an item where the period before, or the one after, was missed as well."""
    calendar = return_calendar.standing(context.session)
    here = calendar.period_of(period.first_on)
    earlier, later = calendar.before(here).label, calendar.after(here).label
    for pair in ((earlier, here.label), (here.label, later)):
        other = pair[0] if pair[1] == here.label else pair[1]
        if _missed(context.session, row.agency_code, other):
            _open_item(context, row.agency_code, pair)


def _missed(session: Session, agency: str, label: str) -> bool:
    found = (
        select(AgencyReturn.id)
        .join(ReturnPeriod, ReturnPeriod.id == AgencyReturn.period_id)
        .where(
            ReturnPeriod.label == label, AgencyReturn.agency_code == agency, AgencyReturn.state == "missed"
        )
    )
    return session.scalar(found) is not None


def _open_item(context: Context, agency: str, pair: tuple[str, str]) -> None:
    periods = " ".join(pair)
    known = select(RectificationItem.id).where(
        RectificationItem.source == SOURCE,
        RectificationItem.agency_code == agency,
        RectificationItem.periods == periods,
    )
    if context.session.scalar(known) is not None:
        return
    context.session.add(
        RectificationItem(
            source=SOURCE,
            agency_code=agency,
            periods=periods,
            opened_on=office.today(),
            opened_at=context.now,
        )
    )
    context.session.flush()
    _record(context, "return.rectification", agency=agency, periods=list(pair))
    _tell(context, "return.rectification", level="alarm", agency=agency, periods=list(pair))


def _tell(context: Context, code: str, *, level: str, **params: Any) -> None:
    people = [person for group in TOLD for person in office.people_in(context.session, group)]
    notifications.notify(
        context.session,
        [person.login for person in people if person.login],
        code=code,
        params=params,
        scope_id=context.scope_id,
        level=level,
    )


def _record(context: Context, code: str, **params: Any) -> None:
    actor = context.actor.id if context.actor else None
    context.session.add(
        MatterEvent(scope_id=context.scope_id or "", at=context.now, actor=actor, code=code, params=params)
    )
