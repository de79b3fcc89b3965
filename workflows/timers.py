"""What is due: finding, leasing, firing, and what happens when firing fails.

A worker leases a few due timers in a short transaction of its own, then fires them: in one transaction together, and
where one fails, each in its own. That locks the instances first and reads the timers again: the same order as a
clerk's completion. An instance that is not due is never loaded. One broken timer never stops the others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from workflows import (
    audit,
    clock,
    colours,
    history,
    ladder,
    leasing,
    operations,
    persistence,
    starting,
    writing,
)
from workflows.errors import EngineFault
from workflows.ladder import LEVELS, Reached, Span, arm
from workflows.model import Instance, ProcessDefinition, ReminderRung, Task, Timer
from workflows.scale import TimerColour

__all__ = ["Span", "arm", "due", "failed", "fire", "fire_together", "lease", "next_due_at"]

#: How urgent a notice is that a colour gives rise to.
COLOUR_LEVELS = dict(zip(TimerColour, LEVELS[:1] + LEVELS[:4], strict=True))


def due(session: Session, limit: int = 100) -> Sequence[str]:
    """Return the ids of due timers that nobody has leased, in order of due time."""
    return leasing.due(session, Timer, limit)


def next_due_at(session: Session) -> datetime | None:
    """Return when the next waiting timer is due, None if none waits."""
    return session.scalar(select(func.min(Timer.due_at)).where(Timer.status == "waiting"))


def lease(
    session: Session, worker: str, limit: int = 20, length: timedelta = timedelta(minutes=2)
) -> list[str]:
    """Return the ids of due timers that are this worker's for a while, soonest first; commit at once."""
    return leasing.lease(session, Timer, worker, limit, length)


def fire(session: Session, timer_id: str) -> bool:
    """Do what a due timer is for; return False if it is not due any more (done, cancelled, moved, suspended).

    An engine timer drains its instance, a rung calls its operation, a start begins an instance. Raises
    whatever the step raises: nothing of it may be committed, and the caller reports it to `failed`.
    """
    instance = next(iter(persistence.lock_of_timers(session, [timer_id])), None)
    timer = _next(session, instance, timer_id) if instance else _of_nobody(session, timer_id)
    if timer is None:
        return False
    if instance is None:
        _start(session, timer)
    else:
        _reach(session, timer, instance)
    return True


def fire_together(session: Session, timer_ids: Collection[str]) -> list[str]:
    """Fire in this one transaction, in order of due time, each of these timers that is the next of its instance.

    Returns their ids: it takes a fraction of the work of firing each alone. The others are for `fire`: those of no
    instance, of one that somebody holds or that is moved here already, and those that have failed before. Raises
    whatever a step raises: nothing may be committed then, and each is to be fired alone.
    """
    instances = {instance.id: instance for instance in persistence.lock_of_timers(session, timer_ids)}
    found = session.scalars(_DUE, {"instances": list(instances), "now": clock.now()}).all()
    first = {timer.instance_id: timer for timer in reversed(found)}
    turns = [timer for timer in found if timer is first[timer.instance_id]]
    ours = [timer for timer in turns if timer.id in timer_ids and timer.attempts == 0]
    states = persistence.states(session, [str(timer.instance_id) for timer in ours])
    with writing.gathered(session):
        for timer in ours:
            instance = instances[str(timer.instance_id)]
            _reach(session, timer, instance, state=states[instance.id])
    return [timer.id for timer in ours]


def failed(session: Session, timer_id: str, error: BaseException) -> str | None:
    """Note that firing failed: try again after 10 s, 40 s, 160 s …; after the fifth time raise an incident.

    Called in a transaction after the failed one. Returns the incident's id, if it came to that.
    """
    timer = leasing.put_off(session, Timer, timer_id)
    if timer is None:
        return None
    return history.fault(
        session,
        kind="failedTimer",
        error=error,
        instance_id=timer.instance_id,
        timer_id=timer.id,
        element_id=timer.element_id,
        definition_id=timer.definition_id,
    )


def _next(session: Session, instance: Instance, timer_id: str) -> Timer | None:
    """Return a timer, locked and fresh, if it is its turn among what is due of its locked instance.

    Where another worker is to fire an earlier one, this one comes a moment later: each step in its order. One
    that has failed before holds up no other.
    """
    found = session.scalars(_DUE, {"instances": [instance.id], "now": clock.now()}).all()
    timer = next((row for row in found if row.id == timer_id), None)
    if timer is None:
        return None
    if any(row.attempts == 0 for row in found[: found.index(timer)]):
        leasing.release(timer, pause=persistence.PAUSE)
        return None
    return timer


_DUE = (
    select(Timer)
    .where(
        Timer.instance_id.in_(bindparam("instances", expanding=True)),
        Timer.status == "waiting",
        Timer.due_at <= bindparam("now", type_=Timer.due_at.type),
    )
    .order_by(Timer.due_at, Timer.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)


def _of_nobody(session: Session, timer_id: str) -> Timer | None:
    """Return the timer of a start; one whose instance somebody else is moving comes a moment later."""
    timer = session.get(Timer, timer_id, with_for_update={"skip_locked": True}, populate_existing=True)
    if timer is None or timer.status != "waiting" or timer.due_at > clock.now():
        return None
    if timer.instance_id:
        leasing.release(timer, pause=persistence.PAUSE)
        return None
    return timer


def _reach(session: Session, timer: Timer, instance: Instance, *, state: bytes | None = None) -> None:
    """Do what a timer of an instance is for, now that it is its turn."""
    if timer.ladder == colours.TABLE:
        _colour(session, timer, instance)
    elif timer.kind == "ladder":
        _climb(session, timer, instance)
    else:
        _drain(session, timer, instance, state)


def _drain(session: Session, timer: Timer, instance: Instance, state: bytes | None) -> None:
    due_at = timer.due_at
    with persistence.advance(session, instance, actor=None, state=state) as (run, _):
        pass  # leaving drains, and a due timer is what drains first
    if timer.status == "waiting" and timer.due_at == due_at:
        if run.unfinished:
            # Another one that was due before it has set a long act going.
            leasing.release(timer, pause=persistence.PAUSE)
            return
        raise EngineFault(f"The timer {timer.element_id} is due but did not fire.", element=timer.element_id)
    _done(timer, again=timer.status == "waiting")
    _audit(session, "timer.fire", instance, {"element": timer.element_id})


def _climb(session: Session, timer: Timer, instance: Instance) -> None:
    """Reach a rung: the task shows the level, the rung's operation tells, passes on and records."""
    rung = session.get_one(ReminderRung, (timer.ladder, timer.ladder_version, timer.rung))
    task = session.get_one(Task, timer.task_id, populate_existing=True)
    reached = ladder.reached(session, timer)
    _done(timer)
    if LEVELS.index(rung.level) > LEVELS.index(task.level):
        task.level = rung.level
    _act(session, instance, task, rung.operation, reached)


def _colour(session: Session, timer: Timer, instance: Instance) -> None:
    """Let a task show the colour that the office's table gives it now, and do what goes with it."""
    task = session.get_one(Task, timer.task_id, populate_existing=True)
    before = task.colour
    shown = colours.reach(session, timer, task)
    _done(timer)
    colour = shown.colour if shown else None
    detail = {"from": before.value if before else None, "to": colour.value if colour else None}
    audit.record(
        session,
        actor=None,
        act="task.colour",
        instance_id=instance.id,
        task_id=task.id,
        scope_id=task.scope_id,
        detail=detail | {"element": task.element_id},
    )
    for act in shown.acts if shown else ():
        assert shown is not None
        level = COLOUR_LEVELS[shown.colour]
        reached = Reached(timer.rung or 0, level, shown.recipients, colour=shown.colour)
        _act(session, instance, task, act, reached)


def _act(session: Session, instance: Instance, task: Task, operation: str, reached: Reached) -> None:
    context = persistence.context_of(session, instance, task)
    with persistence.held(session, instance.id):
        operations.find(operation)(context, reached=reached)


def _start(session: Session, timer: Timer) -> None:
    definition = session.get_one(ProcessDefinition, timer.definition_id)
    trigger = starting.trigger_of(session, definition, timer)
    if not definition.suspended and not starting.is_waited_for(session, definition, timer):
        begun = persistence.begin(session, definition, actor=None, trigger=trigger)
        _audit(session, "instance.start", begun, {"definition": definition.id})
    _done(timer)
    following = starting.next_start(session, definition, trigger, max(clock.now(), timer.due_at))
    if following is not None:
        starting.arm(session, definition, trigger, following)


def _audit(session: Session, act: str, instance: Instance, detail: Mapping[str, Any]) -> None:
    audit.record(
        session, actor=None, act=act, instance_id=instance.id, scope_id=instance.scope_id, detail=detail
    )


def _done(timer: Timer, *, again: bool = False) -> None:
    leasing.release(timer)
    timer.attempts = 0
    if not again and timer.status != "fired":
        timer.status = "fired"
        timer.fired_at = clock.now()
