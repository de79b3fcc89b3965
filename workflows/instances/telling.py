"""Messages, signals and conditions from outside: to the one who waits, or to all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflows import audit, clock, deployed, engine, persistence
from workflows.actor import Actor
from workflows.correlation import starts, waiting
from workflows.errors import Conflict, InvalidInput, NotAllowed
from workflows.instances.acts import guard, may_start, start_definition
from workflows.model import Instance, ProcessDefinition, Subscription
from workflows.starting import waiting_at_start
from workflows.visibility import policy


def message(
    session: Session,
    name: str,
    *,
    actor: Actor,
    business_key: str | None = None,
    instance_id: str | None = None,
    variables: Mapping[str, Any] | None = None,
    correlation: Mapping[str, Any] | None = None,
    all: bool = False,
) -> list[Instance]:
    """Give a message to exactly one receiver, a waiting instance or a process that it starts, and return it.

    The receiver is narrowed by instance, business key, and variables (`correlation`) that it must have.
    InvalidInput says why there is not exactly one; with `all`, every receiver gets it and there must be one
    at least.
    """
    receivers = waiting(
        session,
        "message",
        name,
        seen=policy().instances(actor),
        business_key=business_key,
        instance_id=instance_id,
        correlation=correlation,
        variables=variables,
    )
    started = [] if instance_id or correlation else starts(session, "message", name)
    if not all:
        _guard_one(name, len(receivers), len(started) if not receivers else 0)
    if not receivers and not started:
        raise InvalidInput(f"Nobody waits for the message {name!r}.", code="no_receiver", name=name)
    begun = waiting_at_start(session, "message", name, receivers)
    told = [
        i
        for i in sorted(receivers)
        if _deliver(session, i, "message", name, actor, variables or {}, alone=not all)
    ]
    instances = [session.get_one(Instance, instance_id) for instance_id in told]
    if not receivers or all:
        instances += [
            start_definition(
                session,
                definition,
                actor=actor,
                given=variables or {},
                business_key=business_key,
                message=name,
                start_node=element_id,
            )
            for definition, element_id in started
            if (definition.key, element_id) not in begun
        ]
    return instances


def signal(
    session: Session,
    name: str,
    *,
    actor: Actor,
    instance_id: str | None = None,
    variables: Mapping[str, Any] | None = None,
) -> list[Instance]:
    """Give a signal to every waiting instance that the actor may move, and return those that took it.

    It starts what it starts. With `instance_id` it is for that one alone: InvalidInput where it does not wait.
    """
    seen = policy().instances(actor)
    receivers = sorted(waiting(session, "signal", name, seen=seen, instance_id=instance_id))
    if instance_id is not None:
        if not receivers:
            raise InvalidInput(
                f"The process instance {instance_id} does not wait for the signal {name!r}.",
                code="no_receiver",
                name=name,
            )
        _deliver(session, instance_id, "signal", name, actor, variables or {}, alone=True)
        return [session.get_one(Instance, instance_id)]
    begun = waiting_at_start(session, "signal", name, receivers)
    told = [i for i in receivers if _deliver(session, i, "signal", name, actor, variables or {}, alone=False)]
    started = [
        start_definition(
            session,
            definition,
            actor=actor,
            given=variables or {},
            trigger=engine.Trigger(element_id, "signal", name),
        )
        for definition, element_id in starts(session, "signal", name)
        if (definition.key, element_id) not in begun
    ]
    return [*(session.get_one(Instance, instance_id) for instance_id in told), *started]


def condition(
    session: Session,
    variables: Mapping[str, Any],
    *,
    actor: Actor,
    business_key: str | None = None,
    definition_id: str | None = None,
) -> list[Instance]:
    """Start every process with a conditional start event that holds over the variables, and return them.

    Of the latest versions, or of one definition; those that the actor may not start are left out.
    """
    heard = select(Subscription.definition_id).where(
        Subscription.kind == "conditional", Subscription.definition_id.is_not(None)
    )
    if definition_id is not None:
        heard = heard.where(Subscription.definition_id == definition_id)
    definitions = select(ProcessDefinition).where(ProcessDefinition.id.in_(heard))
    return [
        start_definition(
            session,
            definition,
            actor=actor,
            given=variables,
            business_key=business_key,
            trigger=trigger,
        )
        for definition in session.scalars(definitions.order_by(ProcessDefinition.id)).all()
        if not definition.suspended and may_start(session, definition, actor)
        for trigger in engine.conditions_met(
            deployed.compiled(session, definition.id), variables, {"now": clock.now}
        )
    ]


def _guard_one(name: str, receivers: int, starts: int) -> None:
    if receivers + starts > 1:
        raise InvalidInput(
            f"{receivers + starts} receivers wait for the message {name!r}; name a business key or instance.",
            code="many_receivers",
            name=name,
            count=receivers + starts,
        )


def _deliver(
    session: Session,
    instance_id: str,
    kind: str,
    name: str,
    actor: Actor,
    variables: Mapping[str, Any],
    *,
    alone: bool,
) -> bool:
    """Deliver to one instance; if it is the only receiver, not waiting any more is a Conflict."""
    instance = persistence.lock(session, instance_id)
    try:
        persistence.guard_active(instance)
        guard(session, actor, "message", instance)
        if variables:
            # What comes with a message is written like any other variable.
            guard(session, actor, "set_variables", instance)
    except (Conflict, NotAllowed):
        if alone:
            raise
        return False
    if not _give(session, instance, kind, name, actor, variables):
        if alone:
            raise Conflict(f"The process instance does not wait for {name!r} any more.", code="no_receiver")
        return False
    audit.record(
        session,
        actor=actor,
        act=f"instance.{kind}",
        instance_id=instance.id,
        scope_id=instance.scope_id,
        detail={"name": name},
    )
    return True


def _give(
    session: Session, instance: Instance, kind: str, name: str, actor: Actor, variables: Mapping[str, Any]
) -> bool:
    act = "failedMessage" if kind == "message" else "failedSignal"
    with persistence.advance(session, instance, actor=actor, act=act) as (run, _):
        return run.deliver(name, variables) if kind == "message" else run.signal(name, variables)
