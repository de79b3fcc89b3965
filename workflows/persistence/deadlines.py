"""When a task is due: what `camunda:dueDate` says, counted on the office's calendar."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zlib import crc32

from sqlalchemy.orm import Session

from workflows import calendar, changes, clock, limits, plans
from workflows.calendar import Change, Limit, WorkDays
from workflows.engine.timers import BadTimer, parse_duration, parse_instant
from workflows.errors import InvalidInput
from workflows.model import NEVER, Task

#: What a limit says while its clock stands. Not the end of time: expressions may yet add to it.
STANDS = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Deadline:
    """An instant that something is due, and how it was counted."""

    due_at: datetime  #: aware UTC; later than `STANDS` while the clock stands
    start_at: datetime  #: aware UTC: where the counting began; moved on by the time that the clock stood
    provisional: bool = False  #: the calendar of a year in it is not published yet
    limit_id: str | None = None
    limit_version: int | None = None
    explained: Mapping[str, Any] | None = None
    paused_at: datetime | None = None  #: since when the clock stands

    def remembered(self) -> dict[str, Any]:
        """Return what `counted_again` needs to count it by another calendar."""
        return {
            **(self.explained or {}),
            "limit": self.limit_id,
            "version": self.limit_version,
            "provisional": self.provisional,
        }


def by_limit(
    session: Session,
    rule_id: str,
    start: str | date | datetime | None,
    now: datetime,
    changed: Mapping[changes.Clock, Sequence[Change]] | None = None,
    *,
    known_at: datetime | None = None,
    until: str | date | datetime | None = None,
) -> Deadline:
    """Return when a limit ends that began at `start` (None: now), by the version in force on that day.

    On the day `until` at the latest, which a person has set: the end of a rule that names no number.

    `changed` are the pauses and extensions of the clocks around; those of this one are counted. What is reckoned
    anew is by the versions that were `known_at` the first time.
    """
    start_at = instant(start, now)
    day = clock.day_of(start_at)
    rule = limits.current(session, rule_id, day, known_at=known_at)
    if rule.recorded:
        raise InvalidInput(
            f"The dates of {rule_id} are recorded only: no clock runs on a deprivation of liberty here.",
            code="limit_recorded",
            limit=rule_id,
        )
    changes_of = (changed or {}).get((rule_id, start_at), ())
    last = None if until is None else clock.day_of(instant(until, now))
    return count(rule, start_at, plans.work_days(session), changes_of, last)


def by_working_days(
    days: int, start: str | date | datetime | None, now: datetime, counted: WorkDays
) -> Deadline:
    """Return the end of the `days`-th working day after the day of `start` (None: today)."""
    if not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= 10_000:
        raise ValueError("workdays() takes a whole number from 0 to 10000")
    return count(Limit("", 0, days, "working_days"), instant(start, now), counted)


def count(
    rule: Limit,
    start_at: datetime,
    days: WorkDays,
    changed: Sequence[Change] = (),
    until: date | None = None,
) -> Deadline:
    """Return the deadline of a limit that began at an instant, with the steps of the count for the page."""
    due = calendar.due(rule, start_at, days, clock.office_zone(), changed, until)
    stands = calendar.stands_now(changed)
    explained: dict[str, Any] = {
        "start": start_at.isoformat(),
        "date": due.date.isoformat(),
        "steps": due.explanation,
    }
    if not rule.id:
        explained |= {"n": rule.n, "unit": rule.unit}
    if until is not None:
        explained |= {"until": until.isoformat()}
    if rule.conventions:
        explained["conventions"] = {one.question: one.version for one in rule.conventions}
    return Deadline(
        _standing(rule, start_at) if stands else due.at,
        # What lies at a fraction of the time lies at that fraction of the time that the clock ran.
        start_at + calendar.paused_time(changed),
        due.provisional,
        rule.id or None,
        rule.version or None,
        explained,
        stands.start if stands else None,
    )


def _standing(rule: Limit, start_at: datetime) -> datetime:
    """Return an instant that no other clock that stands has: what an expression got is known by its instant."""
    return STANDS + timedelta(seconds=crc32(f"{rule.id} {start_at.isoformat()}".encode()))


def again(session: Session, task: Task) -> Deadline | None:
    """Return a task's deadline by the present calendar, its clock's changes and the version it began with.

    None where no limit was counted.
    """
    explained = task.due_explained or {}
    if "start" not in explained or not (task.limit_id or "n" in explained):
        return None
    remembered = {**explained, "limit": task.limit_id, "version": task.limit_version}
    return counted_again(session, remembered, task.instance_id)


def counted_again(
    session: Session, remembered: Mapping[str, Any], instance_id: str | None = None
) -> Deadline:
    """Return the deadline of a count that is remembered, by the present calendar and the changes of its clock."""
    start_at = datetime.fromisoformat(remembered["start"])
    if not remembered["limit"]:
        rule = Limit("", 0, remembered["n"], remembered["unit"])
        return count(rule, start_at, plans.work_days(session))
    answers = remembered.get("conventions") or {}
    rule = limits.kept(session, remembered["limit"], remembered["version"] or 1, answers)
    changed = changes.of_instance(session, instance_id) if instance_id else {}
    changes_of = changed.get((rule.id, start_at), ())
    return count(rule, start_at, plans.work_days(session), changes_of, until_of(remembered))


def until_of(remembered: Mapping[str, Any]) -> date | None:
    """Return the day that a person has set for the end of a count; None where the rule alone says it."""
    return date.fromisoformat(remembered["until"]) if remembered.get("until") else None


def columns(deadline: Deadline | None) -> dict[str, Any]:
    """Return what a task's row says of its deadline."""
    if deadline is None:
        return {
            "due_at": None,
            "sorts_at": NEVER,
            "paused_at": None,
            "due_provisional": False,
            "due_explained": None,
            "limit_id": None,
            "limit_version": None,
        }
    return {
        "due_at": None if deadline.paused_at else deadline.due_at,
        "sorts_at": NEVER if deadline.paused_at else deadline.due_at,
        "paused_at": deadline.paused_at,
        "due_provisional": deadline.provisional,
        "due_explained": dict(deadline.explained) if deadline.explained else None,
        "limit_id": deadline.limit_id,
        "limit_version": deadline.limit_version,
    }


def read(
    value: Any,
    *,
    created_at: datetime,
    workday: Callable[[], WorkDays] | None,
    counted: Mapping[datetime, Deadline],
) -> Deadline | None:
    """Return the deadline that a due date's text or value means; None for an empty one.

    An ISO duration counts from the task's creation, `P15D` in working days (of the calendar that `workday` gives)
    where the task says `calendar=workday`; a day ends at 24:00; an instant stands. `counted` knows how
    `limit()` and `workdays()` came to theirs.
    """
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return counted.get(value) or Deadline(to_utc(value), created_at)
    if isinstance(value, date):
        return Deadline(end_of(value), created_at)
    if isinstance(value, timedelta):
        return Deadline(created_at + value, created_at)
    if not isinstance(value, str):
        raise ValueError(f"a due date is a day, an instant or a duration, not {value!r}")
    return _read_text(value.strip(), created_at, workday)


def instant(value: str | date | datetime | None, now: datetime) -> datetime:
    """Return the aware UTC instant that an expression means by a start; a day means its first moment."""
    if value is None:
        return now
    if isinstance(value, datetime):
        return to_utc(value)
    if isinstance(value, date):
        return to_utc(datetime.combine(value, time()))
    try:
        return parse_instant(value, clock.office_zone())
    except BadTimer as error:
        raise ValueError(str(error)) from None


def end_of(day: date) -> datetime:
    """Return 24:00 of a day in the office's zone, aware UTC."""
    return to_utc(datetime.combine(day + timedelta(days=1), time()))


def to_utc(value: datetime) -> datetime:
    """Return the instant in UTC; without an offset the office's clock is meant."""
    return (value if value.tzinfo else value.replace(tzinfo=clock.office_zone())).astimezone(UTC)


def _read_text(text: str, created_at: datetime, workday: Callable[[], WorkDays] | None) -> Deadline:
    zone = clock.office_zone()
    try:
        if not text.startswith("P"):
            return Deadline(
                end_of(date.fromisoformat(text)) if len(text) == 10 else parse_instant(text, zone), created_at
            )
        duration = parse_duration(text)
    except (BadTimer, ValueError) as error:
        raise InvalidInput(f"The due date {text!r} is none: {error}", code="due_date", value=text) from None
    if workday and duration.days and not duration.months and not duration.exact:
        return by_working_days(duration.days, created_at, created_at, workday())
    return Deadline(duration.after(created_at, zone), created_at)
