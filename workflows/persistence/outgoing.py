"""What a command leaves to be done in transactions of their own: going on, and what was thrown at others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, true, update
from sqlalchemy.orm import Session

from workflows import audit, clock, engine, writing
from workflows.model import PENDING, Instance, Job, ProcessDefinition, Subscription, new_id
from workflows.persistence.host import InstanceHost
from workflows.persistence.waits import Waits

#: How long an instance that goes on and on leaves to others between two transactions.
PAUSE = timedelta(seconds=1)


def write(session: Session, instance: Instance, run: engine.Run, host: InstanceHost, waited: Waits) -> None:
    """Write the jobs of what a run has left open, and end those of what is done."""
    if run.outcome != "running":
        _end(session, instance, true(), "cancelled")
    elif run.unfinished and not waited.unfinished:
        _add(session, [_going_on(instance, run)])
    elif waited.unfinished and not run.unfinished:
        _end(session, instance, Job.key.startswith(f"continue:{instance.id}:"), "done")
    _write_holds(session, instance, run, waited)
    if run.sent:
        _add(session, _thrown(session, instance, run, host))


def send(session: Session, instance_id: str, *, name: str, cause: str, variables: Mapping[str, Any]) -> None:
    """Leave a message of an instance to a job of its own; of the same cause there is never more than one."""
    if session.scalar(select(Job.id).where(Job.key == cause)) is None:
        payload = {"variables": dict(variables), "to": None}
        _add(
            session, [_row("message", cause, clock.now(), origin_id=instance_id, name=name, payload=payload)]
        )


def stop(session: Session, instance_id: str, *, origin_id: str, reason: str) -> None:
    """Leave it to a job to end an instance, which another one asks for; asked twice, there is one job."""
    cause = f"stop:{origin_id}:{instance_id}"
    if session.scalar(select(Job.id).where(Job.key == cause)) is None:
        row = _row(
            "stop",
            cause,
            clock.now(),
            instance_id=instance_id,
            origin_id=origin_id,
            payload={"reason": reason},
        )
        _add(session, [row])


def wake(session: Session, names: Iterable[str]) -> None:
    """Let messages of these names, for which nobody waited so far, look for their receivers at once."""
    # Whatever is being looked at in this moment looks again soon: nobody waits for a lock here.
    kept = select(Job.id).where(
        Job.kind == "message", Job.status == "waiting", Job.name.in_(names), Job.due_at > clock.now()
    )
    if found := session.scalars(kept.with_for_update(skip_locked=True)).all():
        session.execute(update(Job).where(Job.id.in_(found)).values(due_at=clock.now()))


# --- going on


def _going_on(instance: Instance, run: engine.Run) -> dict[str, Any]:
    return _row(
        "continue",
        f"continue:{instance.id}:{instance.revision}",
        clock.now() + PAUSE,
        instance_id=instance.id,
        origin_id=instance.id,
        payload={"steps": run.taken},
    )


def _write_holds(session: Session, instance: Instance, run: engine.Run, waited: Waits) -> None:
    holds = {hold.id: hold for hold in run.continuations}
    if gone := waited.holds - holds.keys():
        _end(session, instance, Job.key.in_([f"continue:{hold}" for hold in gone]), "done")
    new = [
        _row(
            "continue",
            f"continue:{hold.id}",
            clock.now(),
            instance_id=instance.id,
            origin_id=instance.id,
            element_id=hold.node_id,
            payload={"hold": hold.id},
        )
        for hold in holds.values()
        if hold.id not in waited.holds
    ]
    _add(session, new)


def _end(session: Session, instance: Instance, which: Any, status: str) -> None:
    ended = update(Job).where(Job.instance_id == instance.id, Job.status.in_(PENDING), which)
    session.execute(ended.values(status=status, done_at=clock.now(), leased_until=None, leased_by=None))


# --- messages and signals


def _thrown(
    session: Session, instance: Instance, run: engine.Run, host: InstanceHost
) -> Iterable[dict[str, Any]]:
    for number, sent in enumerate(run.sent):
        cause = f"{sent.kind}:{instance.id}:{instance.revision}:{number}"
        if sent.kind == "signal":
            yield from _signals(session, instance, sent, cause)
        else:
            yield from _messages(session, instance, run, host, sent, cause)


def _messages(
    session: Session,
    instance: Instance,
    run: engine.Run,
    host: InstanceHost,
    sent: engine.Sent,
    cause: str,
) -> Iterable[dict[str, Any]]:
    """Yield a job for each message flow, or one by name where none is drawn."""
    flows = run.definition.message_flows.get(sent.node_id, ())
    for number, flow in enumerate(flows):
        if flow.process is None or not _is_deployed(session, flow.process):
            _note_outside(session, instance, sent, host)
            continue
        payload = {"variables": dict(sent.payload), "to": [flow.process, flow.element]}
        yield _caused(instance, sent, f"{cause}:{number}", payload=payload)
    if not flows:
        yield _caused(instance, sent, cause, payload={"variables": dict(sent.payload), "to": None})


def _is_deployed(session: Session, process: str) -> bool:
    versions = select(ProcessDefinition.id).where(ProcessDefinition.key == process)
    return session.scalar(versions.limit(1)) is not None


def _note_outside(session: Session, instance: Instance, sent: engine.Sent, host: InstanceHost) -> None:
    """Record what was thrown at a pool in which nothing is run: somebody outside, whom no job reaches."""
    audit.record(
        session,
        actor=host.actor,
        act="message.outside",
        instance_id=instance.id,
        scope_id=instance.scope_id,
        detail={"name": sent.name, "element": sent.node_id},
    )


def _signals(session: Session, instance: Instance, sent: engine.Sent, cause: str) -> Iterable[dict[str, Any]]:
    """Yield a job for everybody who waits for the signal in this moment."""
    key = func.coalesce(Instance.definition_key, ProcessDefinition.key)
    heard = (
        select(Subscription.instance_id, Subscription.definition_id, Subscription.element_id, key)
        .outerjoin(Instance, Instance.id == Subscription.instance_id)
        .outerjoin(ProcessDefinition, ProcessDefinition.id == Subscription.definition_id)
        .where(Subscription.kind == "signal", Subscription.name == sent.name)
    )
    rows = session.execute(heard).all()
    # Who was begun by another event of a start that needs several takes the signal: nothing starts with it.
    begun = {(process, element_id) for instance_id, _, element_id, process in rows if instance_id}
    told: set[str] = set()
    for instance_id, definition_id, element_id, process in rows:
        receiver = instance_id or f"{definition_id}:{element_id}"
        taken = definition_id and (process, element_id) in begun
        if receiver in told or instance_id == instance.id or taken:
            continue
        told.add(receiver)
        yield _caused(
            instance,
            sent,
            # Two start events of one process are two receivers; the ids are long.
            f"{cause}:{len(told)}",
            instance_id=instance_id,
            definition_id=definition_id,
            element_id=element_id if definition_id else None,
            payload={"variables": dict(sent.payload)},
        )


def _caused(instance: Instance, sent: engine.Sent, cause: str, **rest: Any) -> dict[str, Any]:
    common = {"origin_id": instance.id, "name": sent.name, "element_id": sent.node_id}
    return _row(sent.kind, cause, clock.now(), **{**common, **rest})


# --- rows


def _row(kind: str, key: str, due_at: Any, *, payload: Mapping[str, Any], **rest: Any) -> dict[str, Any]:
    columns = {"name": None, "instance_id": None, "definition_id": None, "element_id": None}
    return {
        "id": new_id(),
        "kind": kind,
        "key": key,
        "created_at": clock.now(),
        "due_at": due_at,
        "payload": dict(payload),
        **columns,
        **rest,
    }


def _add(session: Session, rows: Iterable[dict[str, Any]]) -> None:
    writing.add(session, Job, list(rows))
