"""The demo's return periods: two that are over, with one agency that missed both, and one that is running."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import office, return_calendar
from handlers.registers import returns
from handlers.registers.returns import AgencyReturn
from handlers.return_calendar import Period
from workflows import clock, definitions, persistence, tasks
from workflows.actor import Actor
from workflows.calendar import WorkDays
from workflows.model import Task

PROCESS, BY_CALENDAR = "return_period", "t_open"
#: Never returns, and returned the first period late.
SILENT, LATE = "RSJ", "MZJ"
#: Have returned the running period already.
EARLY = ("SJJ", "CZJ")

Plan = Callable[[datetime, Callable[[], None]], None]


class Returns:
    """Plans what agencies and the office do about returns, each at its own time of the story."""

    def __init__(self, session: Session, chance: Random, plan: Plan, actor: Callable[[str], Actor]) -> None:
        self._session = session
        self._chance = chance
        self._plan = plan
        self._actor = actor

    def begin(self, today: date) -> None:
        """Plan the period that is running and the two before it."""
        running, *over = return_calendar.standing(self._session).recent(today, 3)
        for number, period in enumerate(reversed(over)):
            self._plan(_at(period.first, 0), partial(self._open, period, first=number == 0, over=True))
        self._plan(_at(running.first, 0), partial(self._open, running, first=False, over=False))

    def _open(self, period: Period, *, first: bool, over: bool) -> None:
        definition = definitions.latest(self._session, PROCESS)
        begun = persistence.begin(self._session, definition, actor=None, start_node=BY_CALENDAR)
        asked = select(AgencyReturn).where(AgencyReturn.instance_id == begun.id)
        for row in self._session.scalars(asked.order_by(AgencyReturn.agency_code)):
            for at in self._when(row.agency_code, period, first=first, over=over):
                self._plan(at, partial(self._close, row.id))
        if first:
            self._plan(
                _at(period.due(WorkDays.official()) + timedelta(days=2), 10), partial(self._urge, begun.id)
            )

    def _when(self, agency: str, period: Period, *, first: bool, over: bool) -> Sequence[datetime]:
        """Return when an agency makes its return: once or never."""
        if agency == SILENT or not (over or agency in EARLY):
            return ()
        if agency == LATE and first:
            return (_at(period.due(WorkDays.official()) + timedelta(days=6), 10),)
        if not over:
            return (_at(period.first + timedelta(days=self._chance.randint(14, 18)), 15),)
        return (_at(period.last - timedelta(days=self._chance.randint(0, 8)), self._chance.randint(9, 16)),)

    def _close(self, return_id: str) -> None:
        row = self._session.get_one(AgencyReturn, return_id)
        clerk = self._actor(self._clerk(row.agency_code))
        answers = {
            "kind": "batch" if returns.listed(self._session, row) else "nil",
            "head_sign": "周某某",
            "sign": True,
            "reason": "经办人轮换，交接时遗漏，现予补报。",
        }
        if not returns.is_late(row, clock.now()):
            del answers["reason"]
        returns.close_as(self._session, row, actor=clerk, answers=answers)

    def _clerk(self, agency: str) -> str:
        people = office.people_in(self._session, f"agency_clerk@{agency}")
        return next(person.login for person in people if person.login)

    def _urge(self, instance_id: str) -> None:
        waiting = select(Task).where(Task.instance_id == instance_id, Task.element_id == "o_urge")
        task = self._session.scalar(waiting.where(Task.closed_at.is_(None)))
        if task is not None:
            said = {"measures": "已电话通知逾期单位分管负责人，限五个工作日内补报。", "sign": True}
            tasks.complete(self._session, task.id, actor=self._actor("head"), answers=said)


def _at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, 0, tzinfo=clock.office_zone())
