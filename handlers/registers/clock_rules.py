"""Whether a running limit may be paused, may run again, or may be extended: as its rule's columns say.

Every refusal names the field of the application that is wrong, and what would be right (domain §2.4.4–5).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from workflows import clock, clocks
from workflows.clocks import Clock
from workflows.errors import refused

#: Levels that decide outside the office, or as a body: their reply has a number that is entered.
OUTSIDE = frozenset({"A5", "CB", "UP"})


def outside(level: str) -> bool:
    """Whether the change is decided outside the office, so that a reply with a number is entered."""
    return not OUTSIDE.isdisjoint(level.split("/"))


def extension_level(one: Clock, n: int, ground: str, now: datetime) -> str:
    """Return who decides on so many units more; InvalidInput where the rule does not allow them."""
    rule = one.rule
    guard_allowed(one, "extend", ground, now)
    inside, above = parted(rule.extension_approver)
    left = clocks.extension_left(one)
    if left is not None and n > left and (left > 0 or not above):
        raise refused("n", "extension_cap", left=left, unit=rule.unit)
    return inside if inside and left != 0 else above


def pause_level(session: Session, one: Clock, from_at: datetime, ground: str, now: datetime) -> str:
    """Return who decides on letting the clock stand; InvalidInput where the rule does not allow it."""
    rule = one.rule
    guard_allowed(one, "pause", ground, now)
    if clocks.pause_left(session, one) == 0:
        raise refused("act", "pause_cap_spent", rule=rule.id)
    guard_from(one, from_at, now)
    inside, above = parted(rule.pause_approver)
    return inside or above


def resume_level(session: Session, one: Clock, to_at: datetime, now: datetime) -> str:
    """Return who decides on letting the clock run again; InvalidInput where it does not stand, or not then."""
    if one.stands is None:
        raise refused("act", "clock_runs", rule=one.rule.id)
    latest = clocks.latest_end(session, one)
    if to_at < one.stands.start:
        raise refused("effective_on", "before_pause", earliest=said(one, one.stands.start))
    if to_at > now:
        raise refused("effective_on", "not_yet", latest=said(one, now))
    if latest is not None and to_at > latest:
        raise refused("effective_on", "beyond_pause_cap", latest=said(one, latest))
    inside, above = parted(one.rule.pause_approver)
    return inside or above


def guard_allowed(one: Clock, act: str, ground: str, now: datetime) -> None:
    """Refuse an extension or a pause that the rule does not allow: at all, now, once more, or on this ground."""
    rule, kind = one.rule, "extension" if act == "extend" else act
    if not getattr(rule, f"{kind}_approver"):
        raise refused("act", f"no_{kind}", rule=rule.id)
    if one.stands:
        raise refused("act", "clock_stands", rule=rule.id)
    guard_running(one, now, "act", f"{kind}_late")
    most = getattr(rule, f"{kind}_count")
    if most is not None and clocks.times(one, act) >= most:
        raise refused("act", f"{kind}s_spent", rule=rule.id, count=most)
    if ground not in getattr(rule, f"{kind}_reasons").split():
        raise refused(f"{kind}_reason", "ground", rule=rule.id)


def parted(approver: str) -> tuple[str, str]:
    """Return the levels that decide within the office, and those outside, such as `A2/A3` and `UP`."""
    levels = approver.split("/")
    return (
        "/".join(level for level in levels if level not in OUTSIDE),
        "/".join(level for level in levels if level in OUTSIDE),
    )


def guard_running(one: Clock, now: datetime, field: str, code: str) -> None:
    """Refuse what has to come before the limit ends."""
    if one.open is None or one.due_at is None or one.due_at <= now:
        ended = one.due_at or now
        raise refused(
            field,
            code,
            day=clock.day_of(ended - timedelta(microseconds=1)).isoformat(),
        )


def guard_from(one: Clock, from_at: datetime, now: datetime) -> None:
    """Refuse a pause that begins before its clock did or last ran again, or after now."""
    begun = max([one.start_at, *(row.to_at for row in one.rows if row.to_at)])
    if one.rule.unit != "hours":
        begun = clocks.midnight(clock.day_of(begun))
    if from_at < begun:
        raise refused("effective_on", "pause_before_start", earliest=said(one, begun))
    if from_at > now:
        raise refused("effective_on", "not_yet", latest=said(one, now))


def said(one: Clock, instant: datetime) -> str:
    """Return an instant as the unit of a rule needs it: a day, or a day and a time."""
    return instant.astimezone(clock.office_zone()).strftime(
        "%Y-%m-%d %H:%M" if one.rule.unit == "hours" else "%Y-%m-%d"
    )
