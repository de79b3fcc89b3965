"""Whether somebody may have a step at all, whatever a diagram says: as a condition and as a check."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, true
from sqlalchemy.orm import Session

from handlers.wall import matrix, proxies, sight
from handlers.wall.matrix import DOING, Held, Matrix
from handlers.wall.rules import PERIOD, PREFIX
from handlers.wall.scopes import in_areas
from workflows.actor import Actor, StandIn
from workflows.model import Task

EVERY = "everything"
#: Scopes that tie somebody outside the commission to his own unit or person: standing in lifts nobody over these.
TIED = frozenset({"sent", "own_unit", "asked_of_him", "consulted", "own_papers"})


def works_on(rules: Matrix, actor: Actor, task: Any, *, anywhere: bool = False) -> ColumnElement[bool]:
    """Return the condition that a task (the table, or an alias) is of no matter, or of one in which he may have one.

    `anywhere`: that his role has steps of its area in some matter will do, since this one was passed on to him.
    """
    held = rules.held(actor, matrix.areas_of_stages(), DOING)
    whole = frozenset(area for one, areas in held.items() if _is_whole(one, anywhere) for area in areas)
    found: list[ColumnElement[bool]] = [task.scope_id.is_(None)]
    if whole:
        at = true() if whole == matrix.areas_of_stages() else in_areas(task.stage, whole)
        found.append(and_(task.scope_id.startswith(PREFIX), at))
    if narrower := {one: areas for one, areas in held.items() if not _is_whole(one, anywhere)}:
        found.append(sight.in_matter(actor, narrower, task))
    if _in_period(rules, actor):
        # Its own return: what it is offered in a period is offered to its clerks alone.
        found.append(task.scope_id.startswith(PERIOD))
    return or_(*found)


def may_work(
    session: Session, actor: Actor, scope_id: str | None, stage: str | None, *, anywhere: bool = False
) -> bool:
    """Whether a task is of no matter, or of one in which the actor may have one, whatever a diagram says."""
    if scope_id is None:
        return True
    rules = matrix.current()
    if scope_id.startswith(PERIOD):
        return _in_period(rules, actor)
    held = sight.at_stage(rules, actor, DOING, stage)
    if not scope_id.startswith(PREFIX) or not held:
        return False
    if any(_is_whole(one, anywhere) for one in held):
        return True
    clue = sight.clue_of(session, scope_id)
    return clue is not None and any(sight.holds(session, actor, clue, one) for one in held)


def for_others(rules: Matrix, actor: Actor, task: Any) -> ColumnElement[bool]:
    """Return the condition that the actor may do an open task in the place of somebody who is away."""
    arms = (
        and_(
            proxies.share(one, task),
            proxies.open_to(actor, one, task.scope_id),
            works_on(rules, actor, task, anywhere=True),
            works_on(rules, Actor(one.id, one.groups), task),
        )
        for one in actor.stands_in
    )
    return or_(false(), *arms)


def is_passed(session: Session, actor: Actor, one: StandIn, task: Task) -> bool:
    """Whether the task is his who is away, passed on, and both may work in the matter."""
    return (
        proxies.has_share(session, one, task)
        and proxies.is_open_to(session, actor, one, task.scope_id)
        and may_work(session, actor, task.scope_id, task.stage, anywhere=True)
        and may_work(session, Actor(one.id, one.groups), task.scope_id, task.stage)
    )


def _is_whole(held: Held, anywhere: bool) -> bool:
    """Whether a scope lets somebody have steps in every matter."""
    return held.scope == EVERY or (anywhere and held.scope not in TIED)


def makes_for_agencies(actor: Actor) -> bool:
    """Whether the actor may make the return of an agency that cannot: it has no clerk, or sent it on paper."""
    return matrix.current().has(actor, "returns", {"E"})


def may(actor: Actor, right: str) -> bool:
    """Whether the actor may `steer`, `mend` or `confirm` the course of a matter that he sees."""
    return matrix.current().has(actor, "process", {right})


def _in_period(rules: Matrix, actor: Actor) -> bool:
    if rules.has(actor, "returns", DOING):
        return True
    return bool(sight.units_in(rules, actor, "returns", DOING, "sent"))
