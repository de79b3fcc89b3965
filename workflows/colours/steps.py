"""The steps of colour of a task: timer rows beside its rungs, each reached once and in order, also after an outage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workflows import changes, clock, deployed, plans
from workflows.colours.table import TABLE, ColourTable, Shown, Situation, read
from workflows.decisions import Decision
from workflows.model import PENDING, DecisionDefinition, Task, Timer, new_id
from workflows.scale import TimerColour
from workflows.shelf import Shelf
from workflows.spans import Span, last_day

#: Steps of colour are numbered from here on, rungs of ladders below.
FIRST = 1000

_tables: Shelf[ColourTable] = Shelf(16)


def rows(session: Session, span: Span) -> Iterator[dict[str, Any]]:
    """Yield the timer rows of a task's colours, by the newest table; nothing where none is deployed."""
    newest = select(DecisionDefinition).where(DecisionDefinition.key == TABLE)
    row = session.scalar(newest.order_by(DecisionDefinition.version.desc()).limit(1))
    if row is not None:
        yield from _rows(session, span, row.version, None, FIRST)


def move(session: Session, task: Task, due_at: datetime) -> None:
    """Let a task's colours follow its new due date, by the version of the table that it keeps.

    A better colour than before shows at once and sets nothing going: more time is no reason for a letter.
    """
    known = select(Timer).where(Timer.task_id == task.id, Timer.ladder == TABLE)
    timers = session.scalars(known).all()
    if not timers:
        return
    for timer in timers:
        if timer.status in PENDING:
            timer.status = "cancelled"
            timer.leased_until = timer.leased_by = timer.retry_at = None
    span = _span(session, task, due_at, clock.now())
    status = "suspended" if task.suspended else "waiting"
    _brighten(session, task, timers[0].ladder_version or 1, span)
    version, number = timers[0].ladder_version or 1, max(timer.rung or FIRST for timer in timers) + 1
    for row in _rows(session, span, version, task.colour, number):
        session.add(Timer(**row, status=status))
    session.flush()


def _brighten(session: Session, task: Task, version: int, span: Span) -> None:
    today = clock.day_of(clock.now())
    shown = _table(session, version).on(_situation(session, span), today, plans.work_days(session))
    colour = shown.colour if shown else None
    if task.colour is not None and (colour is None or colour < task.colour):
        task.colour = colour


def reach(session: Session, timer: Timer, task: Task) -> Shown | None:
    """Return what the table says at the instant of a due timer, and let the task show it; None: no colour."""
    day = clock.day_of(timer.due_at)
    about = _situation(session, _span(session, task, task.due_at or timer.due_at, timer.due_at))
    shown = _table(session, timer.ladder_version or 1).on(about, day, plans.work_days(session))
    task.colour = shown.colour if shown else None
    task.revision += 1
    return shown


def _rows(
    session: Session, span: Span, version: int, standing: TimerColour | None, number: int
) -> Iterator[dict[str, Any]]:
    about = _situation(session, span)
    first = clock.day_of(span.created_at)
    steps = _table(session, version).changes(about, first, plans.work_days(session))
    for offset, (day, shown) in enumerate(steps):
        if offset == 0 and (shown.colour if shown else None) == standing:
            continue
        yield {
            "id": new_id(),
            "kind": "ladder",
            "instance_id": span.instance_id,
            "task_id": span.task_id,
            "element_id": span.element_id,
            "ladder": TABLE,
            "ladder_version": version,
            "rung": number + offset,
            "due_at": max(_begin(day), span.created_at),
        }


def _situation(session: Session, span: Span) -> Situation:
    before = select(func.count()).where(
        Task.instance_id == span.instance_id, Task.element_id == span.element_id, Task.id != span.task_id
    )
    returned = session.scalar(before.where(Task.outcome == "completed")) or 0
    event = span.clock[1] if span.clock else span.start_at
    return Situation(
        span.stage or span.element_id,
        clock.day_of(event),
        last_day(span.due_at),
        span.dated,
        returned,
        changes.stood(session, span.instance_id, span.clock),
    )


def _span(session: Session, task: Task, due_at: datetime, since: datetime) -> Span:
    explained = task.due_explained or {}
    return Span(
        task_id=task.id,
        instance_id=task.instance_id,
        element_id=task.element_id,
        ladder=TABLE,
        start_at=datetime.fromisoformat(explained["start"]) if "start" in explained else task.created_at,
        due_at=due_at,
        created_at=since,
        stage=_stage(session, task),
        dated=not task.due_explained,
        clock=changes.clock_of(task.limit_id, explained),
    )


def _stage(session: Session, task: Task) -> str:
    properties = (
        deployed.process(session, task.definition_id).node(task.element_id).attributes.get("properties", {})
    )
    return str(properties.get("stage") or task.element_id)


def _table(session: Session, version: int) -> ColourTable:
    row = session.scalars(
        select(DecisionDefinition).where(
            DecisionDefinition.key == TABLE, DecisionDefinition.version == version
        )
    ).one()
    return _tables.take(row.id, lambda: read(_decision(session, row)))


def _decision(session: Session, row: DecisionDefinition) -> Decision:
    return deployed.decision(session, row, TABLE, binding="version", version=str(row.version)).table


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), clock.office_zone()).astimezone(UTC)
