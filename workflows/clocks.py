"""The clocks of a matter: each limit that runs or ran in it, with the pauses and extensions that were approved.

A clock is a limit counted from one event in one instance; the steps that share both share the clock. A change is
a row, written by who approved it; the tasks and timers that hang on the clock follow in a job of their own, under
the lock of their instance.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Select, String, cast, select
from sqlalchemy.orm import Session

from workflows import calendar, changes, clock, limits, plans
from workflows.calendar import Change, Due, Limit, Pause
from workflows.model import ClockChange, Job, Task, new_id
from workflows.persistence import deadlines

KIND = "clock"
#: The act of a pause that has lasted as long as its rule lets it: the clock runs again.
CAP = "cap"


@dataclass(frozen=True)
class Clock:
    """A limit that is counted from one event in one instance."""

    instance_id: str
    rule: Limit  #: in the version that it started with
    start_at: datetime  #: aware UTC
    tasks: tuple[Task, ...]  #: the steps that it holds, the oldest first
    rows: tuple[ClockChange, ...]  #: what was approved, in order

    @property
    def open(self) -> Task | None:
        """Return the step that it runs for; None where all are done."""
        return next((task for task in self.tasks if task.closed_at is None), None)

    @property
    def changes(self) -> tuple[Change, ...]:
        """Return what was approved, as the count takes it."""
        return tuple(changes.value(row) for row in self.rows)

    @property
    def stands(self) -> Pause | None:
        """Return the pause in which it stands, if it does."""
        return calendar.stands_now(self.changes) if self.open else None

    @property
    def due_at(self) -> datetime | None:
        """Return when it ends or ended; None while it stands, and where it stood at its end."""
        return (self.open or self.tasks[-1]).due_at

    def state(self, now: datetime) -> str:
        """Return `running`, `extended`, `paused`, `missed`, `met`, or `dropped` (the steps were taken away)."""
        if self.open is None:
            done = [task for task in self.tasks if task.outcome == "completed"]
            if not done:
                return "dropped"
            late = self.due_at is not None and (done[-1].closed_at or now) > self.due_at
            return "missed" if late else "met"
        if self.stands:
            return "paused"
        if self.due_at is not None and self.due_at <= now:
            return "missed"
        return "extended" if any(row.kind == "extend" for row in self.rows) else "running"


def of_scope(session: Session, scope_id: str) -> list[Clock]:
    """Return every clock of a matter, the earliest first."""
    of_matter = select(Task).where(Task.scope_id == scope_id, Task.limit_id.is_not(None))
    return _clocks(session, of_matter)


def of_change(session: Session, row: ClockChange) -> Clock | None:
    """Return the clock that a pause or an extension is of; None where no step hangs on it any more."""
    of_instance = select(Task).where(Task.instance_id == row.instance_id, Task.limit_id == row.rule_id)
    return next((one for one in _clocks(session, of_instance) if one.start_at == row.start_at), None)


def _clocks(session: Session, tasks_of: Select[Task]) -> list[Clock]:
    tasks = session.scalars(tasks_of.order_by(Task.created_at, Task.id)).all()
    found: dict[tuple[str, str, datetime], list[Task]] = {}
    for task in tasks:
        start_at = datetime.fromisoformat((task.due_explained or {})["start"])
        found.setdefault((task.instance_id, task.limit_id or "", start_at), []).append(task)
    changed = {instance: changes.rows(session, instance) for instance in {key[0] for key in found}}
    return [
        Clock(
            instance,
            _rule(session, steps[0]),
            start_at,
            tuple(steps),
            tuple(row for row in changed[instance] if (row.rule_id, row.start_at) == (rule, start_at)),
        )
        for (instance, rule, start_at), steps in found.items()
    ]


def running(session: Session, scope_id: str) -> list[Clock]:
    """Return the clocks of a matter that run, or stand, for an open step."""
    return [one for one in of_scope(session, scope_id) if one.open]


def counted(session: Session, one: Clock, more: Iterable[Change] = (), *, instead: bool = False) -> Due:
    """Return when a clock would end with more changes, or (`instead`) with these and no others."""
    taken = [*([] if instead else one.changes), *more]
    until = deadlines.until_of(one.tasks[-1].due_explained or {})
    return calendar.due(one.rule, one.start_at, plans.work_days(session), clock.office_zone(), taken, until)


def pause(session: Session, one: Clock, *, from_at: datetime, reference: str) -> None:
    """Let a clock stand from an instant on; at the cap of its rule it runs again by itself."""
    row = ClockChange(kind="pause", from_at=from_at, reference=reference)
    _change(session, one, row)
    if latest := latest_end(session, replace(one, rows=(*one.rows, row))):
        _leave(session, row, CAP, latest)


def watch_caps(session: Session) -> int:
    """Let every pause end at its cap that began before pauses did so by themselves; return how many there were."""
    key = f"{KIND}:" + cast(ClockChange.id, String) + f":{CAP}"
    watched = select(Job.id).where(Job.key == key).exists()
    standing = select(ClockChange).where(ClockChange.kind == "pause", ClockChange.to_at.is_(None), ~watched)
    found = 0
    for row in session.scalars(standing.order_by(ClockChange.id)).all():
        one = of_change(session, row)
        if one and one.stands and (latest := latest_end(session, one)):
            _leave(session, row, CAP, latest)
            found += 1
    return found


def resume(session: Session, one: Clock, *, to_at: datetime) -> None:
    """Let a clock that stands run again from an instant on: what it has stood is added, no more and no less."""
    row = one.rows[-1]
    row.to_at = to_at
    session.flush()
    _follow(session, row, "resume")


def extend(
    session: Session, one: Clock, *, n: int | None = None, until: date | None = None, reference: str
) -> None:
    """Lengthen a clock by so many of its units, or until a day."""
    row = ClockChange(kind="extend", from_at=clock.now(), n=n, until=until, reference=reference)
    _change(session, one, row)


def latest_end(session: Session, one: Clock) -> datetime | None:
    """Return until when a clock that stands may stand at most, aware; None where its rule sets no cap."""
    stands = one.stands
    left = pause_left(session, one)
    if stands is None or left is None:
        return None
    if one.rule.unit == "hours":
        return stands.start + timedelta(hours=left)
    zone = clock.office_zone()
    day = stands.days(zone)[0]
    while left:
        left -= one.rule.unit != "working_days" or plans.work_days(session).is_working(day)
        day += timedelta(days=1)
    return midnight(day)


def pause_left(session: Session, one: Clock) -> int | None:
    """Return how many units all further pauses may add; None where the rule sets no cap."""
    number = one.rule.pause_cap.partition(" ")[0]
    if not number:
        return None
    ended = [row for row in one.changes if isinstance(row, Pause) and row.end is not None]
    if one.rule.unit == "hours":
        # What is begun is used.
        used = -int(-calendar.paused_time(ended) // timedelta(hours=1))
    else:
        zone = clock.office_zone()
        event, days = one.start_at.astimezone(zone).date(), plans.work_days(session)
        used = sum(calendar.paused_days(row, event, one.rule.unit, days, zone) for row in ended)
    return max(0, int(number) - used)


def extension_left(one: Clock) -> int | None:
    """Return how many units the office itself may still add; None where the rule sets no cap."""
    number = one.rule.cap.partition(" ")[0]
    granted = sum(row.n or 0 for row in one.rows if row.kind == "extend")
    return max(0, int(number) - granted) if number else None


def times(one: Clock, kind: str) -> int:
    """Return how often a clock was paused (`pause`) or extended (`extend`)."""
    return sum(row.kind == kind for row in one.rows)


def midnight(day: date) -> datetime:
    """Return the first instant of an office day, aware UTC."""
    return deadlines.to_utc(datetime.combine(day, datetime.min.time()))


def _rule(session: Session, task: Task) -> Limit:
    """Return the limit of a task's clock as it began."""
    answers = (task.due_explained or {}).get("conventions") or {}
    return limits.kept(session, task.limit_id or "", task.limit_version or 1, answers)


def _change(session: Session, one: Clock, row: ClockChange) -> None:
    row.instance_id, row.rule_id, row.start_at = one.instance_id, one.rule.id, one.start_at
    session.add(row)
    session.flush()
    _follow(session, row, row.kind)


def _follow(session: Session, row: ClockChange, act: str) -> None:
    """Leave it to a job of the clock's own instance that its tasks and timers follow."""
    _leave(session, row, act, clock.now())


def _leave(session: Session, row: ClockChange, act: str, due_at: datetime) -> None:
    session.add(
        Job(
            id=new_id(),
            kind=KIND,
            key=f"{KIND}:{row.id}:{act}",
            instance_id=row.instance_id,
            origin_id=row.instance_id,
            payload={"change": row.id, "act": act},
            created_at=clock.now(),
            due_at=due_at,
        )
    )
