"""Starting an instance, and what is done with it as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflows import audit, engine, moves, opening, persistence
from workflows.actor import Actor
from workflows.errors import InvalidInput, NotFound
from workflows.model import Instance, ProcessDefinition
from workflows.visibility import policy

MAX_BUSINESS_KEY = 255


def start(
    session: Session,
    *,
    key: str | None = None,
    definition_id: str | None = None,
    actor: Actor,
    variables: Mapping[str, Any] | None = None,
    answers: Mapping[str, Any] | None = None,
    business_key: str | None = None,
    skip_policy: bool = False,
) -> Instance:
    """Start the latest version of `key`, or one version, and return the instance at its first rest.

    Answers and variables pass the start form if there is one, then the start event's recording operation,
    which may name the matter. Raises NotFound, Conflict (the definition is suspended), NotAllowed,
    InvalidInput.
    """
    definition = _definition(session, key, definition_id)
    return start_definition(
        session,
        definition,
        actor=actor,
        given={**(variables or {}), **(answers or {})},
        business_key=business_key,
        skip_policy=skip_policy,
    )


def start_definition(
    session: Session,
    definition: ProcessDefinition,
    *,
    actor: Actor,
    given: Mapping[str, Any],
    business_key: str | None = None,
    message: str | None = None,
    start_node: str | None = None,
    trigger: engine.Trigger | None = None,
    skip_policy: bool = False,
) -> Instance:
    """Start one version by its plain start event, or by the message, start event or trigger named."""
    if not skip_policy:
        guard(session, actor, "start", _planned(definition, actor))
    if business_key is not None and len(business_key) > MAX_BUSINESS_KEY:
        raise InvalidInput(f"A business key has at most {MAX_BUSINESS_KEY} characters.", code="business_key")
    return opening.begin(
        session,
        definition,
        actor=actor,
        given=given,
        business_key=business_key,
        message=message,
        start_node=start_node,
        trigger=trigger,
    )


def cancel(session: Session, instance_id: str, *, actor: Actor, reason: str) -> Instance:
    """End an instance before its time, active or suspended; its history stays. The reason is required."""
    instance = take(session, instance_id, actor, "cancel")
    if not reason.strip():
        raise InvalidInput("A reason is required to cancel a process instance.", code="reason")
    with persistence.advance(session, instance, actor=actor, act="failedCancel", suspended_too=True) as (
        run,
        _,
    ):
        run.cancel()
    instance.end_reason = reason.strip()
    moves.record(session, "cancel", instance, actor=actor, reason=instance.end_reason)
    return instance


def suspend(session: Session, instance_id: str, *, actor: Actor, reason: str = "") -> Instance:
    """Hold an instance: its tasks cannot be done and its timers wait until it is resumed. A reason is kept."""
    instance = take(session, instance_id, actor, "suspend")
    if instance.state != "suspended":
        persistence.hold(session, instance, "suspended")
        _held(session, "suspend", instance, actor, reason)
    return instance


def resume(session: Session, instance_id: str, *, actor: Actor, reason: str = "") -> Instance:
    """Let a suspended instance go on; what fell due meanwhile fires once, in order. A reason is kept."""
    instance = take(session, instance_id, actor, "suspend")
    if instance.state == "suspended":
        persistence.hold(session, instance, "active")
        _held(session, "resume", instance, actor, reason)
    return instance


def _held(session: Session, kind: str, instance: Instance, actor: Actor, reason: str) -> None:
    """Audit that an instance was held, or let go on; a reason is kept beside it."""
    if why := reason.strip():
        moves.record(session, kind, instance, actor=actor, reason=why)
    else:
        record(session, actor, f"instance.{kind}", instance)


def set_variables(
    session: Session, instance_id: str, variables: Mapping[str, Any], *, actor: Actor
) -> Instance:
    """Set process variables of an active instance; conditions that wait for them are looked at again."""
    instance = take(session, instance_id, actor, "set_variables")
    with persistence.advance(session, instance, actor=actor, act="failedVariables") as (run, _):
        run.set_variables(variables)
    record(session, actor, "instance.variables", instance, {"names": sorted(variables)})
    return instance


def take(session: Session, instance_id: str, actor: Actor, act: str) -> Instance:
    """Return a running instance, locked, that the actor may do this with; NotFound if it may not be seen."""
    instance = take_any(session, instance_id, actor)
    persistence.guard_running(instance)
    guard(session, actor, act, instance)
    return instance


def take_any(session: Session, instance_id: str, actor: Actor) -> Instance:
    """Return an instance, running or ended, locked, that the actor may see; NotFound if he may not."""
    try:
        instance = persistence.lock(session, instance_id)
    except NotFound:
        raise unknown(instance_id) from None
    if not sees(session, instance_id, actor):
        raise unknown(instance_id)
    return instance


def sees(session: Session, instance_id: str, actor: Actor) -> bool:
    """Tell whether there is such an instance as far as the actor may know."""
    seen = select(Instance.id).where(Instance.id == instance_id, policy().instances(actor))
    return session.scalar(seen) is not None


def guard(session: Session, actor: Actor, act: str, instance: Instance) -> None:
    """Raise NotAllowed with the policy's reason if the actor may not do this with the instance."""
    decision = policy().may(session, actor, act, instance)
    if not decision.allowed:
        raise decision.refusal(act)


def unknown(instance_id: str) -> NotFound:
    """Return the one answer for what is not there and for what the actor may not know of."""
    return NotFound(f"There is no process instance {instance_id}.", code="instance")


def _definition(session: Session, key: str | None, definition_id: str | None) -> ProcessDefinition:
    if (key is None) == (definition_id is None):
        raise InvalidInput(
            "Name the process by its key or by a definition's id, one of them.", code="definition"
        )
    if definition_id is not None:
        found = session.get(ProcessDefinition, definition_id)
    else:
        versions = select(ProcessDefinition).where(ProcessDefinition.key == key)
        found = session.scalar(versions.order_by(ProcessDefinition.version.desc()).limit(1))
    if found is None:
        raise NotFound(f"There is no process {key or definition_id}.", code="definition")
    return found


def may_start(session: Session, definition: ProcessDefinition, actor: Actor) -> bool:
    """Tell whether the actor may start this version."""
    return policy().may(session, actor, "start", _planned(definition, actor)).allowed


def _planned(definition: ProcessDefinition, actor: Actor) -> Instance:
    """Return the instance that would be: the policy decides over it as over any other."""
    return Instance(
        id="", definition_id=definition.id, definition_key=definition.key, state="active", started_by=actor.id
    )


def record(
    session: Session, actor: Actor, act: str, instance: Instance, detail: Mapping[str, Any] | None = None
) -> None:
    """Record what somebody has done with an instance."""
    audit.record(
        session, actor=actor, act=act, instance_id=instance.id, scope_id=instance.scope_id, detail=detail
    )
