"""The reminder ladder of a task: rule data that becomes timer rows, which load no instance when they are due.

Rungs lie at a fraction of the span, some working days before the end, at the end, or some time after it; one may
be reached again and again, up to a cap. What a rung does is an operation (remind, notify, raise, reassign …). It
tells, records and passes on; it never decides (`domain.md` 2.4.2).
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from workflows import calendar, clock, colours, plans, writing
from workflows.calendar import WorkDays
from workflows.errors import InvalidInput
from workflows.expressions.functions import add_months
from workflows.model import PENDING, ReminderRung, Task, Timer, new_id
from workflows.spans import Reached, Span, last_day

__all__ = [
    "LEVELS",
    "MOST_TIMES",
    "SHORT",
    "Reached",
    "Span",
    "arm",
    "instant_of",
    "kind_of",
    "last_day",
    "load",
    "move",
    "reached",
    "read",
    "rungs",
    "wrong",
]

#: From low to high; a task shows the highest that it has reached.
LEVELS = ("normal", "remind", "warn", "alarm", "overdue")
#: Limits of at most this many working days climb the short ladder.
SHORT = 10
#: A rung is reached so many times at most, whatever a file says.
MOST_TIMES = 20

_COLUMNS = tuple(column.key for column in ReminderRung.__table__.columns)
_WORDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "applies": frozenset({"days_long", "days_short", "hours"}),
        "basis": frozenset({"elapsed", "before_due", "after_due"}),
        "unit": frozenset({"fraction", "working_days", "hours", "months"}),
        "level": frozenset(LEVELS),
    }
)


def arm(session: Session, spans: Iterable[Span]) -> None:
    """Write the timer rows of these tasks' rungs that still lie ahead, and of their colours."""
    known: dict[str, Sequence[ReminderRung]] = {}
    rows: list[dict[str, Any]] = []
    for span in spans:
        if span.ladder not in known:
            known[span.ladder] = rungs(session, span.ladder)
        timers = _timers(span, known[span.ladder], plans.work_days(session))
        rows.extend(row for row in timers if row["due_at"] > span.created_at)
        rows.extend(colours.rows(session, span))
    writing.add_later(session, Timer, rows)


def move(session: Session, task: Task, start_at: datetime, due_at: datetime) -> None:
    """Let a task's rungs lie where its new due date has them, by the version of the ladder that it climbs.

    Rungs climbed for the old date that lie ahead again are climbed again; the task shows the level it stands on.
    """
    colours.move(session, task, due_at)
    rungs_of = Timer.kind == "ladder", Timer.ladder != colours.TABLE
    known = session.scalars(select(Timer).where(Timer.task_id == task.id, *rungs_of)).all()
    if not known:
        return
    waiting = [timer for timer in known if timer.status in PENDING]
    status = "suspended" if task.suspended else "waiting"
    for timer in waiting:
        timer.status = "cancelled"
        timer.leased_until = timer.leased_by = timer.retry_at = None
    climbed = Counter(timer.rung for timer in known if timer.status == "fired")
    stood = {(timer.rung, timer.due_at): timer for timer in known}
    ladder = rungs(session, known[0].ladder or "", known[0].ladder_version)
    span = Span(
        task.id, task.instance_id, task.element_id, known[0].ladder or "", start_at, due_at, task.created_at
    )
    level = LEVELS[0]
    for row in _timers(span, ladder, plans.work_days(session)):
        passed = row["due_at"] <= clock.now()
        if passed and climbed[row["rung"]] > 0:
            climbed[row["rung"]] -= 1
            climbed_to = next(rung.level for rung in ladder if rung.rung == row["rung"])
            level = max(level, climbed_to, key=LEVELS.index)
        elif (row["rung"], row["due_at"]) in stood:
            stood[row["rung"], row["due_at"]].status = status
        elif row["due_at"] > task.created_at:
            session.add(Timer(**row, status=status))
    task.level = level
    session.flush()


def resettle(session: Session, task: Task, span: Span) -> None:
    """Let a task climb its ladder to a new due date: `move`, or for the first time where its clock stood at first."""
    if session.scalar(select(Timer.id).where(Timer.task_id == task.id, Timer.kind == "ladder").limit(1)):
        move(session, task, span.start_at, span.due_at)
    else:
        arm(session, [span])


def hold(session: Session, task: Task) -> None:
    """Take a task's waiting rungs and colours away while its clock stands; `move` brings them back."""
    waiting = select(Timer).where(Timer.task_id == task.id, Timer.kind == "ladder", Timer.status.in_(PENDING))
    for timer in session.scalars(waiting):
        timer.status = "cancelled"
        timer.leased_until = timer.leased_by = timer.retry_at = None
    task.level = LEVELS[0]


def lies_ahead(session: Session, span: Span, now: datetime) -> bool:
    """Tell whether a task has a rung to climb yet, by the present version of its ladder."""
    after = max(now, span.created_at)
    ladder = rungs(session, span.ladder)
    return any(row["due_at"] > after for row in _timers(span, ladder, plans.work_days(session)))


def rungs(session: Session, ladder: str, version: int | None = None) -> Sequence[ReminderRung]:
    """Return the rungs of a ladder, of its latest version unless one is named."""
    if version is not None:
        chosen = select(ReminderRung).where(ReminderRung.ladder == ladder, ReminderRung.version == version)
        return session.scalars(chosen.order_by(ReminderRung.rung)).all()
    latest = select(ReminderRung.version).where(ReminderRung.ladder == ladder)
    newest = latest.order_by(ReminderRung.version.desc()).limit(1).scalar_subquery()
    found = select(ReminderRung).where(ReminderRung.ladder == ladder, ReminderRung.version == newest)
    return session.scalars(found.order_by(ReminderRung.rung)).all()


def kind_of(start_at: datetime, due_at: datetime, days: WorkDays) -> str:
    """Return which rungs a span climbs: `hours` within a day, else by its working days."""
    if due_at - start_at <= timedelta(days=1):
        return "hours"
    if (due_at - start_at).days > 4 * SHORT:
        return "days_long"  # whatever the holidays
    first = clock.day_of(start_at)
    worked = calendar.working_days_between(first, last_day(due_at), days)
    return "days_long" if worked > SHORT else "days_short"


def reached(session: Session, timer: Timer) -> Reached:
    """Return the rung that a due timer stands for; its other turns that are due by now are done with it.

    After an outage a rung is therefore reached once, however many of its turns were missed.
    """
    rung = session.get_one(ReminderRung, (timer.ladder, timer.ladder_version, timer.rung))
    turns = select(Timer).where(
        Timer.task_id == timer.task_id, Timer.kind == "ladder", Timer.rung == timer.rung
    )
    turns = turns.where(Timer.ladder == timer.ladder, Timer.due_at <= clock.now(), Timer.id != timer.id)
    others = session.scalars(turns).all() if rung.times > 1 else []
    missed = [turn for turn in others if turn.status in PENDING]
    for turn in missed:
        turn.status = "cancelled"
        turn.leased_until = turn.leased_by = turn.retry_at = None
    done = sum(turn.status == "fired" for turn in others)
    return Reached(
        rung=rung.rung,
        level=rung.level,
        recipients=tuple(rung.recipients.split()),
        turn=min(done + len(missed) + 1, rung.times),
        times=rung.times,
        missed=len(missed),
        give_to=rung.give_to,
    )


def instant_of(
    rung: ReminderRung, start_at: datetime, due_at: datetime, days: WorkDays, turn: int = 1
) -> datetime:
    """Return when a rung is reached for the `turn`-th time, aware UTC."""
    sign = -1 if rung.basis == "before_due" else 1
    amount = sign * rung.amount + (turn - 1) * (rung.every or 0)
    if rung.basis == "elapsed":
        return start_at + (due_at - start_at) * amount
    if rung.unit == "hours":
        return due_at + timedelta(hours=amount)
    return _moved(due_at, int(amount), rung.unit, days)


def load(session: Session, text: str) -> int:
    """Take in `reminders.csv` and return how many rungs are new; the same file again adds nothing."""
    known = {(r.ladder, r.version, r.rung): _values(r) for r in session.scalars(select(ReminderRung))}
    new = []
    for number, row in read(text):
        key = (row["ladder"], row["version"], row["rung"])
        if known.setdefault(key, row) != row:
            raise InvalidInput(
                f"Row {number}: rung {key[2]} of ladder {key[0]} version {key[1]} has other values; "
                "give the changed ladder a new version.",
                code="rung_changed",
                row=number,
            )
        if known[key] is row:
            new.append(row)
    if new:
        session.execute(insert(ReminderRung), new)
    return len(new)


def read(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the row number and values of each rung; InvalidInput names row and column."""
    table = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    if missing := set(_COLUMNS) - set(table.fieldnames or ()):
        raise InvalidInput(f"The ladder file lacks the columns {', '.join(sorted(missing))}.", code="columns")
    for number, row in enumerate(table, 2):
        values = {name: _cell(number, name, (row[name] or "").strip()) for name in _COLUMNS}
        _guard(number, values)
        yield number, values


def _timers(span: Span, ladder: Sequence[ReminderRung], days: WorkDays) -> Iterator[dict[str, Any]]:
    kind = kind_of(span.start_at, span.due_at, days)
    for rung in ladder:
        if rung.applies != kind:
            continue
        for turn in range(1, rung.times + 1):
            yield {
                "id": new_id(),
                "kind": "ladder",
                "instance_id": span.instance_id,
                "task_id": span.task_id,
                "element_id": span.element_id,
                "ladder": rung.ladder,
                "ladder_version": rung.version,
                "rung": rung.rung,
                "due_at": instant_of(rung, span.start_at, span.due_at, days, turn),
            }


def _moved(due_at: datetime, by: int, unit: str, days: WorkDays) -> datetime:
    """Return the instant some working days or months from a deadline, at the same hour of the office."""
    day = last_day(due_at)
    if unit == "months":
        moved = add_months(day, by)
    elif by < 0:
        # A deadline on a rest day leaves its last working day a day less.
        moved = calendar.subtract_working_days(day, -by + (not days.is_working(day)), days)
    else:
        moved = calendar.add_working_days(day, by, days)
    # A deadline at 24:00 stands on the next day's midnight, and so do its rungs.
    wall = due_at.astimezone(clock.office_zone())
    return datetime.combine(moved + (wall.date() - day), wall.timetz()).astimezone(UTC)


def _values(rung: ReminderRung) -> dict[str, Any]:
    return {name: getattr(rung, name) for name in _COLUMNS}


def _cell(number: int, name: str, cell: str) -> Any:
    if name in ("version", "rung"):
        return _number(number, name, cell, int)
    if name == "amount":
        return _number(number, name, cell, float)
    if name == "every":
        return _number(number, name, cell, float) if cell else None
    if name == "times":
        return _number(number, name, cell, int) if cell else 1
    if name == "give_to":
        return cell or None
    if not cell:
        raise wrong(number, name, "the cell is empty")
    if name in _WORDS and cell not in _WORDS[name]:
        raise wrong(number, name, f"{cell!r} is not one of {', '.join(sorted(_WORDS[name]))}")
    return cell


def _number(number: int, name: str, cell: str, kind: type[int] | type[float]) -> int | float:
    try:
        return kind(cell)
    except ValueError:
        raise wrong(number, name, f"{cell!r} is not a number") from None


def _guard(number: int, row: Mapping[str, Any]) -> None:
    """Refuse a rung whose cells do not fit each other."""
    if (row["unit"] == "fraction") != (row["basis"] == "elapsed"):
        raise wrong(number, "unit", "what is elapsed is told as a fraction, and nothing else is")
    if row["amount"] < 0 or (row["unit"] in ("working_days", "months") and row["amount"] % 1):
        raise wrong(number, "amount", f"{row['amount']:g} is not a whole number of {row['unit']} from 0")
    if not 1 <= row["times"] <= MOST_TIMES:
        raise wrong(number, "times", f"{row['times']} is not a number from 1 to {MOST_TIMES}")
    every = row["every"]
    if (every is None) != (row["times"] == 1):
        raise wrong(
            number, "every", "a rung that is repeated says how often and how many times, no other does"
        )
    if every is not None and (every <= 0 or (row["unit"] in ("working_days", "months") and every % 1)):
        raise wrong(number, "every", f"{every:g} is not a whole number of {row['unit']} above 0")
    last = (every or 0) * (row["times"] - 1)
    if row["basis"] == "before_due" and last > row["amount"]:
        raise wrong(number, "times", "the last turn of a rung before the end lies after it")


def wrong(number: int, column: str, why: str) -> InvalidInput:
    """Return the error that names the row and column of a ladder's file."""
    return InvalidInput(f"Row {number}, column {column}: {why}.", code="cell", row=number, column=column)
