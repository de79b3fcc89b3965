"""Messages and signals from outside: to the one who waits, or to all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflows import history, persistence
from workflows.actor import Actor
from workflows.errors import Conflict, InvalidInput, NotAllowed
from workflows.instances.acts import guard, start_definition
from workflows.model import Instance, ProcessDefinition, Subscription
from workflows.visibility import policy

#: More receivers than these are never compared one by one: a business key has to tell them apart.
MAX_COMPARED = 200


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
    receivers = list(_waiting(session, "message", name, actor, business_key, instance_id, correlation or {}))
    starts = [] if instance_id or correlation else _starts(session, "message", name)
    if not all:
        _guard_one(name, len(receivers), len(starts) if not receivers else 0)
    if not receivers and not starts:
        raise InvalidInput(f"Nobody waits for the message {name!r}.", code="no_receiver", name=name)
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
            for definition, element_id in starts
        ]
    return instances


def signal(
    session: Session, name: str, *, actor: Actor, variables: Mapping[str, Any] | None = None
) -> list[Instance]:
    """Give a signal to every waiting instance that the actor may move, and return those that took it."""
    receivers = sorted(set(_waiting(session, "signal", name, actor, None, None, {})))
    told = [i for i in receivers if _deliver(session, i, "signal", name, actor, variables or {}, alone=False)]
    started = [
        start_definition(session, definition, actor=actor, given=variables or {}, start_node=element_id)
        for definition, element_id in _starts(session, "signal", name)
    ]
    return [*(session.get_one(Instance, instance_id) for instance_id in told), *started]


def _waiting(
    session: Session,
    kind: str,
    name: str,
    actor: Actor,
    business_key: str | None,
    instance_id: str | None,
    correlation: Mapping[str, Any],
) -> Iterator[str]:
    """Yield the ids of active instances that wait, once each, of those that the actor may see."""
    wanted = select(Instance).where(
        Instance.id.in_(
            select(Subscription.instance_id).where(Subscription.kind == kind, Subscription.name == name)
        ),
        Instance.state == "active",
        policy().instances(actor),
    )
    if business_key is not None:
        wanted = wanted.where(Instance.business_key == business_key)
    if instance_id is not None:
        wanted = wanted.where(Instance.id == instance_id)
    if not correlation:
        yield from session.scalars(wanted.with_only_columns(Instance.id))
        return
    found: Sequence[Instance] = session.scalars(wanted.limit(MAX_COMPARED + 1)).all()
    if len(found) > MAX_COMPARED:
        raise InvalidInput(
            f"More than {MAX_COMPARED} instances wait for {name!r}; name the business key.",
            code="many_receivers",
        )
    for instance in found:
        known = persistence.variables(session, instance)
        if all(key in known and known[key] == value for key, value in correlation.items()):
            yield instance.id


def _starts(session: Session, kind: str, name: str) -> list[tuple[ProcessDefinition, str]]:
    started = select(ProcessDefinition, Subscription.element_id).join(
        Subscription, Subscription.definition_id == ProcessDefinition.id
    )
    found = session.execute(started.where(Subscription.kind == kind, Subscription.name == name)).all()
    return [(definition, element_id) for definition, element_id in found]


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
    history.record(
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
    with persistence.advance(session, instance, actor=actor) as (run, _):
        return run.deliver(name, variables) if kind == "message" else run.signal(name, variables)
