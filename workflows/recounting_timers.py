"""What a holiday plan moves beside tasks: timers of a diagram, and days that registers keep.

A timer that `limit()` or `workdays()` has counted remembers how. Days that a register keeps, and the process
variables made of them, are the register's to count: its operation of the use `days` says what they come to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from workflows import audit, clock, operations, persistence
from workflows.model import PENDING, CalendarYear, Instance, Timer
from workflows.operations import Context
from workflows.persistence import deadlines
from workflows.persistence.deadlines import Deadline

#: Operations that take nothing but their context and return instance → the variables that change.
DAYS = "days"


def touched(session: Session, since: datetime, after: str, limit: int) -> tuple[Sequence[str], str | None]:
    """Return the instances of which a timer moves, of the next so many timers, and where to go on."""
    timers = session.scalars(_counted(since).where(Timer.id > after).order_by(Timer.id).limit(limit)).all()
    moving = [timer.instance_id for timer in timers if timer.instance_id and _again(session, timer)]
    return moving, timers[-1].id if len(timers) == limit else None


def kept(session: Session) -> Sequence[str]:
    """Return the instances of which a register's days change."""
    return [instance_id for instance_id, variables in _days(session, "").items() if variables]


def recount(session: Session, instance: Instance, plan: CalendarYear, since: datetime) -> None:
    """Move the timers of a locked instance, and what depends on days that registers keep; each on record."""
    own = session.scalars(_counted(since).where(Timer.instance_id == instance.id).order_by(Timer.id))
    moving = {timer: found for timer in own if (found := _again(session, timer))}
    variables = _days(session, instance.id).get(instance.id, {})
    if not moving and not variables:
        return
    with persistence.advance(session, instance, actor=None) as (run, _):
        for timer, found in moving.items():
            _record(session, instance, timer, found, plan)
            timer.counted = found.remembered()
            run.move_timer(timer.engine_id or "", found.due_at)
        run.set_variables(variables)
        run.rearm(variables)


def _counted(since: datetime) -> Select[Timer]:
    return select(Timer).where(
        Timer.kind == "engine", Timer.status.in_(PENDING), Timer.counted.is_not(None), Timer.due_at >= since
    )


def _again(session: Session, timer: Timer) -> Deadline | None:
    """Return what the present calendar gives, None where it is what the timer has."""
    found = deadlines.counted_again(session, timer.counted or {}, timer.instance_id)
    # What stands is counted by the calendar of the day on which it runs again.
    return None if found.paused_at or found.remembered() == timer.counted else found


def _days(session: Session, instance_id: str) -> dict[str, Mapping[str, Any]]:
    context = Context(
        session=session, actor=None, now=clock.now(), instance_id=instance_id, definition_key=""
    )
    changed: dict[str, Mapping[str, Any]] = {}
    for count in operations.of_use(DAYS):
        changed |= count(context) or {}  # type: ignore[arg-type]
    return changed


def _record(session: Session, instance: Instance, timer: Timer, found: Deadline, plan: CalendarYear) -> None:
    told = {
        "element": timer.element_id,
        "old": timer.due_at.isoformat(),
        "new": found.due_at.isoformat(),
        "provisional": found.provisional,
        "year": plan.year,
        "jurisdiction": plan.jurisdiction,
        "plan_version": plan.version,
        "reason": plan.reason,
    }
    audit.record(
        session,
        actor=None,
        act="timer.recount",
        instance_id=instance.id,
        scope_id=instance.scope_id,
        detail=told,
    )
