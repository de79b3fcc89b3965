"""Open tasks that should have a clock and have none: found by query, no instance is loaded.

What a task should have stands in its diagram: a due date, the reminders of its ladder, the timers on its boundary.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, tuple_
from sqlalchemy.orm import Session

from workflows import clock, deployed, engine, ladder
from workflows.ladder import Span
from workflows.model import PENDING, Task, Timer
from workflows.persistence.entering import DEFAULT_LADDER, NO_LADDER

Place = tuple[str, str]  #: definition, element


@dataclass(frozen=True)
class Missing:
    """A task without a clock that it should have."""

    task_id: str
    instance_id: str
    definition_id: str
    element_id: str
    due_at: datetime | None
    what: str  #: deadline | reminders | timer
    name: str  #: of reminders: the ladder; of a timer: the boundary event


def missing(session: Session, limit: int = 1000) -> list[Missing]:
    """Return the open tasks that lack a clock, at most so many of each kind, those due first before the others."""
    nodes = dict(_places(session))
    found = [
        *_without_deadline(session, nodes, limit),
        *_without_reminders(session, nodes, limit),
        *_without_timers(session, nodes, limit),
    ]
    return sorted(found, key=lambda one: (one.due_at is None, one.due_at, one.task_id, one.name))


def _places(session: Session) -> Iterator[tuple[Place, engine.Node]]:
    """Yield the elements at which tasks are open, each with its node."""
    standing = select(Task.definition_id, Task.element_id).where(Task.closed_at.is_(None)).distinct()
    for definition_id, element_id in session.execute(standing):
        known = deployed.compiled(session, definition_id)
        yield (definition_id, element_id), known.node(element_id)


def _without_deadline(session: Session, nodes: dict[Place, engine.Node], limit: int) -> Iterator[Missing]:
    dated = [place for place, node in nodes.items() if node.attributes.get("dueDate")]
    for task in session.scalars(_open(dated, Task.due_at.is_(None)).limit(limit)):
        yield _missing(task, "deadline", "")


def _without_reminders(session: Session, nodes: dict[Place, engine.Node], limit: int) -> Iterator[Missing]:
    """Yield the tasks none of whose rungs waits though some lie ahead."""
    names = {
        place: node.attributes.get("properties", {}).get("ladder", DEFAULT_LADDER)
        for place, node in nodes.items()
    }
    climbing = [place for place, name in names.items() if name != NO_LADDER]
    waits = exists().where(Timer.task_id == Task.id, Timer.kind == "ladder", Timer.status.in_(PENDING))
    found = 0
    for task in session.scalars(_open(climbing, Task.due_at.is_not(None), ~waits)):
        name = names[task.definition_id, task.element_id]
        if found < limit and ladder.lies_ahead(session, _span(task, name), clock.now()):
            found += 1
            yield _missing(task, "reminders", name)


def _without_timers(session: Session, nodes: dict[Place, engine.Node], limit: int) -> Iterator[Missing]:
    """Yield the tasks on whose boundary a timer neither waits nor has fired since they are open."""
    for definition_id, element_id in nodes:
        for event in deployed.compiled(session, definition_id).nodes.values():
            if event.attached_to == element_id and event.kind == "boundaryEvent:timer":
                armed = exists().where(
                    Timer.instance_id == Task.instance_id,
                    Timer.element_id == event.id,
                    or_(
                        Timer.status.in_(PENDING),
                        and_(Timer.status == "fired", Timer.fired_at >= Task.created_at),
                    ),
                )
                # Who was added to sign a step later has the clock of the one that he signs for.
                bare = _open([(definition_id, element_id)], ~armed, Task.parent_id.is_(None))
                for task in session.scalars(bare.limit(limit)):
                    yield _missing(task, "timer", event.id)


def _open(places: list[Place], *conditions: ColumnElement[bool]) -> Select[Task]:
    here = tuple_(Task.definition_id, Task.element_id).in_(places)
    # A clock that stands by an approved pause is not lost.
    running = (Task.closed_at.is_(None), Task.paused_at.is_(None))
    return select(Task).where(*running, here, *conditions).order_by(Task.sorts_at, Task.id)


def _span(task: Task, name: str) -> Span:
    start = (task.due_explained or {}).get("start")
    assert task.due_at is not None
    start_at = datetime.fromisoformat(start) if start else task.created_at
    return Span(task.id, task.instance_id, task.element_id, name, start_at, task.due_at, task.created_at)


def _missing(task: Task, what: str, name: str) -> Missing:
    return Missing(task.id, task.instance_id, task.definition_id, task.element_id, task.due_at, what, name)
