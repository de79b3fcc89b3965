"""Pauses and extensions of running clocks, as the count takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflows.calendar import Change, Extension, Pause
from workflows.clock import office_zone
from workflows.model import ClockChange

#: What names a clock within its instance: the rule, and the instant of the event that it is counted from.
Clock = tuple[str, datetime]


def of_instance(session: Session, instance_id: str) -> Mapping[Clock, Sequence[Change]]:
    """Return the changes of every clock of an instance, each clock's in the order in which they were approved."""
    found: dict[Clock, list[Change]] = {}
    for row in rows(session, instance_id):
        found.setdefault((row.rule_id, row.start_at), []).append(value(row))
    return found


def rows(session: Session, instance_id: str) -> Sequence[ClockChange]:
    """Return the changes of all clocks of an instance, in order."""
    of = select(ClockChange).where(ClockChange.instance_id == instance_id).order_by(ClockChange.id)
    return session.scalars(of).all()


def clock_of(limit_id: str | None, explained: Mapping[str, Any] | None) -> Clock | None:
    """Return what names the clock that a deadline was counted by; None where no limit was."""
    if not limit_id or "start" not in (explained or {}):
        return None
    return limit_id, datetime.fromisoformat((explained or {})["start"])


def stood(session: Session, instance_id: str, clock: Clock | None) -> tuple[tuple[date, date], ...]:
    """Return the pauses of a clock that have ended: the first day of each, and that on which it ran again."""
    changed = of_instance(session, instance_id).get(clock, ()) if clock else ()
    zone = office_zone()
    return tuple(one.days(zone) for one in changed if isinstance(one, Pause) and one.end is not None)


def value(row: ClockChange) -> Change:
    """Return a change as the count takes it."""
    return Pause(row.from_at, row.to_at) if row.kind == "pause" else Extension(row.n, row.until)
