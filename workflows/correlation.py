"""Who gets a message: the one that waits for it, or a process that it starts; never one of several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from workflows import deployed, engine, persistence
from workflows.errors import EngineFault, InvalidInput
from workflows.model import Instance, Job, ProcessDefinition, Subscription

#: More receivers than these are never compared one by one: a business key has to tell them apart.
MAX_COMPARED = 200
#: Kinds of nodes that a message flow may lead to with effect.
_RECEIVING = ("receiveTask", ":message", ":multiple", ":parallelMultiple")


class Undelivered(EngineFault):
    """A message has no receiver and will have none, or has several: trying again changes nothing."""


@dataclass(frozen=True)
class Receiver:
    """Who gets a message: a waiting instance, or the definition that it starts, and where."""

    instance_id: str | None
    definition_id: str | None
    element_id: str
    name: str


def waiting(
    session: Session,
    kind: str,
    name: str,
    *,
    seen: ColumnElement[bool],
    business_key: str | None = None,
    instance_id: str | None = None,
    correlation: Mapping[str, Any] | None = None,
    variables: Mapping[str, Any] | None = None,
) -> list[str]:
    """Return the ids of active instances that wait, once each, of those that may be `seen`.

    Narrowed by variables that they must have (`correlation`), and where the diagram has correlation keys, by
    what comes with the message.
    """
    wanted = select(Instance).where(
        Instance.id.in_(
            select(Subscription.instance_id).where(Subscription.kind == kind, Subscription.name == name)
        ),
        Instance.state == "active",
        seen,
    )
    if business_key is not None:
        wanted = wanted.where(Instance.business_key == business_key)
    if instance_id is not None:
        wanted = wanted.where(Instance.id == instance_id)
    if not correlation:
        ids = session.scalars(wanted.with_only_columns(Instance.id)).all()
        return [i for i in ids if kind != "message" or hears(session, _named(i, name), variables or {})]
    found = session.scalars(wanted.limit(MAX_COMPARED + 1)).all()
    if len(found) > MAX_COMPARED:
        raise InvalidInput(
            f"More than {MAX_COMPARED} instances wait for {name!r}; name the business key.",
            code="many_receivers",
        )
    return [
        i.id
        for i in found
        if _knows(persistence.variables(session, i), correlation)
        and hears(session, _named(i.id, name), variables or {})
    ]


def _named(instance_id: str, name: str) -> Receiver:
    return Receiver(instance_id, None, "", name)


def starts(session: Session, kind: str, name: str) -> list[tuple[ProcessDefinition, str]]:
    """Return the latest versions that start at a message or signal, and at which start event."""
    started = select(ProcessDefinition, Subscription.element_id).join(
        Subscription, Subscription.definition_id == ProcessDefinition.id
    )
    found = session.execute(started.where(Subscription.kind == kind, Subscription.name == name)).all()
    return [(definition, element_id) for definition, element_id in found]


def _knows(known: Mapping[str, Any], correlation: Mapping[str, Any]) -> bool:
    return all(key in known and known[key] == value for key, value in correlation.items())


# --- messages that instances throw


def receiver(session: Session, job: Job) -> Receiver | None:
    """Return who gets the message of a job, None while nobody waits for it who may yet come.

    A message flow says to whom it goes, else its name does. Of several that wait, the one with the thrower's
    business key is meant (a key of another matter never is), then the one that the diagram's correlation keys
    mean, then the one that has spoken with the thrower before. Raises Undelivered where several are left, or
    where nobody can ever come.
    """
    origin = session.get_one(Instance, job.origin_id)
    found = _listeners(session, job, origin)
    if len({listener.instance_id for listener in found}) > 1:
        raise _undelivered(job, f"{len(found)} wait for it and nothing tells them apart")
    if found:
        return found[0]
    begun = _begins(session, job, origin)
    if len(begun) > 1:
        raise _undelivered(job, f"{len(begun)} processes start with it")
    if begun:
        return begun[0]
    if not _may_come(session, job):
        raise _undelivered(job, "nothing that is deployed waits for it")
    return None


def _undelivered(job: Job, why: str) -> Undelivered:
    return Undelivered(
        f"The message {job.name!r} was not delivered: {why}.", element=job.element_id, code="undelivered"
    )


def _listeners(session: Session, job: Job, origin: Instance) -> list[Receiver]:
    """Return who waits where the message leads, as far as keys and former messages tell them apart."""
    there = _led_to(session, job, origin)
    if origin.business_key is None:
        found = _hearing(session, job, there)
    else:
        mine = and_(there, Instance.business_key == origin.business_key)
        nobodys = and_(there, Instance.business_key.is_(None))
        found = _hearing(session, job, mine) or _hearing(session, job, nobodys)
    if len(found) < 2:
        return found
    partners = set(session.scalars(select(Instance.id).where(_has_spoken_with(origin))))
    return [who for who in found if who.instance_id in partners] or found


def _hearing(session: Session, job: Job, where: ColumnElement[bool]) -> list[Receiver]:
    variables = job.payload["variables"]
    return [who for who in _waiting_at(session, where) if hears(session, who, variables)]


def hears(session: Session, listener: Receiver, variables: Mapping[str, Any]) -> bool:
    """Tell whether the correlation keys of the diagram, if it has any, let an instance take the message."""
    instance = session.get_one(Instance, listener.instance_id)
    if not deployed.compiled(session, instance.definition_id).correlates:
        return True
    run, _ = persistence.peek(session, instance)
    return run.hears(listener.name, variables, listener.element_id or None)


def _waiting_at(session: Session, where: ColumnElement[bool]) -> list[Receiver]:
    rows = (
        select(Instance.id, Subscription.element_id, Subscription.name)
        .join(Subscription, Subscription.instance_id == Instance.id)
        .join(ProcessDefinition, ProcessDefinition.id == Instance.definition_id)
        .where(Subscription.kind == "message", Instance.state == "active", where)
        .order_by(Instance.started_at, Instance.id)
        .limit(MAX_COMPARED)
    )
    return [Receiver(i, None, element, name) for i, element, name in session.execute(rows)]


def _has_spoken_with(origin: Instance) -> ColumnElement[bool]:
    """Return the condition that an instance has had a message from the thrower, or given it one."""
    told = select(Job.instance_id).where(
        Job.kind == "message", Job.status == "done", Job.origin_id == origin.id
    )
    heard = select(Job.origin_id).where(
        Job.kind == "message", Job.status == "done", Job.instance_id == origin.id
    )
    return or_(Instance.id.in_(told), Instance.id.in_(heard))


def _led_to(session: Session, job: Job, origin: Instance) -> ColumnElement[bool]:
    process, element = job.payload["to"] or (None, None)
    if process is None:
        return Subscription.name == job.name
    if element is None:
        return and_(Instance.definition_key == process, Subscription.name == job.name)
    # The element may be in a process that another one of the same file has called.
    home = session.get_one(ProcessDefinition, origin.definition_id).deployment_id
    beside = or_(Instance.definition_key == process, ProcessDefinition.deployment_id == home)
    return and_(beside, Subscription.element_id == element)


def _begins(session: Session, job: Job, origin: Instance) -> list[Receiver]:
    """Return the start events that the message leads to."""
    process, element = job.payload["to"] or (None, None)
    if process is None:
        found = starts(session, "message", job.name or "")
        return [Receiver(None, d.id, started, job.name or "") for d, started in found]
    definition = _beside(session, process, origin)
    if definition is None:
        return []
    triggers = engine.triggers(deployed.compiled(session, definition.id))
    messages = [trigger for trigger in triggers if trigger.kind == "message"]
    return [
        Receiver(None, definition.id, trigger.node_id, trigger.name)
        for trigger in messages
        if (trigger.node_id == element if element else trigger.name == job.name)
    ]


def _beside(session: Session, process: str, origin: Instance) -> ProcessDefinition | None:
    """Return the version of another pool that came with the thrower's own, else the latest."""
    home = session.get_one(ProcessDefinition, origin.definition_id).deployment_id
    versions = select(ProcessDefinition).where(ProcessDefinition.key == process)
    together = versions.where(ProcessDefinition.deployment_id == home).limit(1)
    latest = versions.order_by(ProcessDefinition.version.desc()).limit(1)
    return session.scalar(together) or session.scalar(latest)


def _may_come(session: Session, job: Job) -> bool:
    """Tell whether a running instance, or one that may be started, could come to wait for the message."""
    process, element = job.payload["to"] or (None, None)
    for definition_id in session.scalars(_alive()):
        definition = deployed.compiled(session, definition_id)
        if element is not None:
            node = definition.nodes.get(element)
            if node is not None and node.kind.endswith(_RECEIVING):
                return True
        elif process in (None, definition.id) and _catches(definition, job.name or ""):
            return True
    return False


def _catches(definition: engine.Definition, name: str) -> bool:
    known = {name for each in (definition, *definition.called.values()) for name in each.catches}
    return name in known or any("{" in other for other in known)


def _alive() -> Any:
    """Return the query for the definitions that run, or that may be started."""
    newest = select(ProcessDefinition.key, func.max(ProcessDefinition.version)).group_by(
        ProcessDefinition.key
    )
    running = select(Instance.definition_id).where(Instance.ended_at.is_(None))
    latest = tuple_(ProcessDefinition.key, ProcessDefinition.version).in_(newest)
    return select(ProcessDefinition.id).where(or_(latest, ProcessDefinition.id.in_(running)))
