"""What may start a process from outside: subscriptions and timers of the latest version of each key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

from workflows import deployed, engine
from workflows.model import (
    PENDING,
    Deployment,
    Incident,
    Instance,
    Job,
    ProcessDefinition,
    Subscription,
    Timer,
    new_id,
)


def open_starts(session: Session, definition: ProcessDefinition) -> None:
    """Let messages, signals, conditions and times start this version."""
    for trigger in engine.triggers(deployed.compiled(session, definition.id)):
        if trigger.kind in ("message", "signal", "conditional"):
            row = {
                "id": new_id(),
                "kind": trigger.kind,
                "name": trigger.name,
                "definition_id": definition.id,
                "element_id": trigger.node_id,
            }
            session.execute(insert(Subscription), [row])
        elif trigger.kind == "timer" and (due_at := next_start(session, definition, trigger, None)):
            arm(session, definition, trigger, due_at)


def close_starts(session: Session, key: str) -> None:
    """Let nothing start any version of this process from outside any more."""
    versions = select(ProcessDefinition.id).where(ProcessDefinition.key == key)
    session.execute(
        delete(Subscription)
        .where(Subscription.definition_id.in_(versions))
        .execution_options(synchronize_session=False)
    )
    waiting = update(Timer).where(
        Timer.definition_id.in_(versions), Timer.kind == "start", Timer.status != "fired"
    )
    session.execute(waiting.values(status="cancelled").execution_options(synchronize_session=False))


def arm(session: Session, definition: ProcessDefinition, trigger: engine.Trigger, due_at: datetime) -> None:
    """Write the timer that starts this version at an instant."""
    row = {
        "id": new_id(),
        "kind": "start",
        "definition_id": definition.id,
        "engine_id": str(trigger.number),
        "element_id": trigger.node_id,
        "due_at": due_at,
    }
    session.execute(insert(Timer), [row])


def trigger_of(session: Session, definition: ProcessDefinition, timer: Timer) -> engine.Trigger:
    """Return which trigger of this version a timer stands for."""
    return next(
        t
        for t in engine.triggers(deployed.compiled(session, definition.id))
        if t.kind == "timer" and t.node_id == timer.element_id and t.number == int(timer.engine_id or 0)
    )


def next_start(
    session: Session, definition: ProcessDefinition, trigger: engine.Trigger, after: datetime | None
) -> datetime | None:
    """Return when a start event's timer starts this version next, after an instant or (None) at first."""
    armed_at = session.get_one(Deployment, definition.deployment_id).deployed_at
    # Whenever it is asked, `now()` is when it was armed: else what starts once would start again and again.
    return engine.next_start(trigger, armed_at=armed_at, after=after, functions={"now": lambda: armed_at})


def waiting_at_start(
    session: Session, kind: str, name: str, instance_ids: Sequence[str]
) -> set[tuple[str, str]]:
    """Return the processes and elements at which these instances wait for an event: (key, element).

    One that was begun by another event of a start event that needs several takes it for itself, so that
    nothing more starts with it.
    """
    waiting = select(Instance.definition_key, Subscription.element_id).where(
        Subscription.instance_id == Instance.id,
        Subscription.kind == kind,
        Subscription.name == name,
        Instance.id.in_(instance_ids),
    )
    return {(key, element_id) for key, element_id in session.execute(waiting)}


def is_waited_for(session: Session, definition: ProcessDefinition, timer: Timer) -> bool:
    """Tell whether an instance that another event has begun waits for the time of its own start event."""
    own = select(Timer.id).where(
        Timer.instance_id == Instance.id,
        Instance.definition_key == definition.key,
        Timer.element_id == timer.element_id,
        # Of one date both are due at once, and either may be the first to fire.
        or_(Timer.status.in_(PENDING), Timer.due_at == timer.due_at),
    )
    return session.scalar(own.limit(1)) is not None


def forget_starts(session: Session, definition_ids: Sequence[str]) -> None:
    """Remove every trace of what started these versions, which nobody has ever started."""
    timers = select(Timer.id).where(Timer.definition_id.in_(definition_ids))
    jobs = select(Job.id).where(Job.definition_id.in_(definition_ids))
    of_these = or_(
        Incident.timer_id.in_(timers),
        Incident.job_id.in_(jobs),
        Incident.definition_id.in_(definition_ids),
    )
    session.execute(delete(Incident).where(of_these))
    session.execute(delete(Job).where(Job.definition_id.in_(definition_ids)))
    session.execute(delete(Timer).where(Timer.definition_id.in_(definition_ids)))
    session.execute(delete(Subscription).where(Subscription.definition_id.in_(definition_ids)))
