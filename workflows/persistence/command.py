"""Beginning and advancing an instance: everything between its lock and its rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from workflows import clock, deployed, engine, faults, writing
from workflows.actor import Actor
from workflows.audit import SYSTEM
from workflows.errors import Conflict, EngineFault, NotFound
from workflows.model import Instance, InstanceState, ProcessDefinition, new_id
from workflows.persistence import rows, staging
from workflows.persistence.host import InstanceHost
from workflows.persistence.locking import guard_active, guard_running, lock
from workflows.persistence.waits import NOTHING, Waits, waits

_BUSY = "duban.advancing"
_HELD = "duban.held"


@contextmanager
def advancing(
    session: Session, instance_id: str, *, actor: Actor | None, revision: int | None = None
) -> Iterator[engine.Run]:
    """Give the run of an instance, locked; what is done to it inside is drained and written on leaving.

    Raises NotFound, Conflict if the instance is suspended, has ended or is not at `revision`. After an
    exception nothing may be committed: the edge rolls back.
    """
    instance = lock(session, instance_id)
    guard_active(instance)
    if revision is not None and instance.revision != revision:
        raise Conflict("Somebody else has moved the process instance meanwhile.", code="stale")
    with advance(session, instance, actor=actor) as (run, _):
        yield run


@contextmanager
def advance(
    session: Session,
    instance: Instance,
    *,
    actor: Actor | None,
    act: str = "failedStep",
    task_id: str | None = None,
    external_id: str | None = None,
    suspended_too: bool = False,
    state: bytes | None = None,
) -> Iterator[tuple[engine.Run, InstanceHost]]:
    """Give the run and host of an instance that this transaction has locked already; else as `advancing`.

    A fault inside leaves an incident of the kind `act`, if somebody acts. `state` is the instance's, where it was
    read already, after the lock.
    """
    (guard_running if suspended_too else guard_active)(instance)
    with (
        alone(session, instance.id),
        faults.noted(act, actor=actor, instance_id=instance.id, task_id=task_id, external_id=external_id),
    ):
        host = InstanceHost(
            session,
            instance,
            deployed.process(session, instance.definition_id),
            actor=actor,
            at=clock.now(),
        )
        content = _state(session, instance.id) if state is None else state
        run = engine.Run.restore(host.definition.definition, content, host, library=host.library, pauses=True)
        waited = waits(run)
        yield run, host
        run.drain()
        _write(session, instance, run, host, waited)


def reopen(session: Session, instance: Instance, element_id: str, *, actor: Actor) -> None:
    """Let an instance that has ended, and is locked, go on at a step; its history stays."""
    if instance.ended_at is None:
        raise Conflict("The process instance has not ended.", code="running")
    with alone(session, instance.id), faults.noted("failedReopening", actor=actor, instance_id=instance.id):
        found = deployed.process(session, instance.definition_id)
        host = InstanceHost(session, instance, found, actor=actor, at=clock.now())
        content = _state(session, instance.id)
        run = engine.Run.restore(found.definition, content, host, library=host.library, pauses=True)
        run.reopen(element_id)
        instance.state, instance.ended_at = "active", None
        instance.end_element = instance.end_reason = None
        _write(session, instance, run, host, NOTHING)


def begin(
    session: Session,
    definition: ProcessDefinition,
    *,
    variables: Mapping[str, Any] | None = None,
    record: Callable[[InstanceHost], Mapping[str, Any]] | None = None,
    actor: Actor | None,
    business_key: str | None = None,
    scope_id: str | None = None,
    instance_id: str | None = None,
    message: str | None = None,
    start_node: str | None = None,
    trigger: engine.Trigger | None = None,
) -> Instance:
    """Return a new instance that has run to its first rest, with all its rows written.

    `record` makes the first variables where they come from an operation, which may point at the instance's
    row.
    """
    instance = Instance(
        id=instance_id or new_id(),
        definition_id=definition.id,
        definition_key=definition.key,
        business_key=business_key,
        scope_id=scope_id,
        stage=staging.of_process(deployed.compiled(session, definition.id)),
        state="active",
        revision=0,
        started_at=clock.now(),
        started_by=actor.id if actor else SYSTEM,
    )
    with (
        alone(session, instance.id),
        faults.noted("failedStart", actor=actor, definition_id=definition.id),
    ):
        _insert(session, instance)  # what operations write may point at it
        found = deployed.process(session, definition.id)
        host = InstanceHost(session, instance, found, actor=actor, at=instance.started_at)
        first = record(host) if record else variables or {}
        run = engine.Run.start(
            found.definition,
            first,
            host,
            message=message,
            start_node=start_node,
            trigger=trigger,
            library=host.library,
            pauses=True,
        )
        writing.add(session, InstanceState, [{"instance_id": instance.id, "content": b""}])
        _write(session, instance, run, host, NOTHING)
    return instance


def _insert(session: Session, instance: Instance) -> None:
    session.add(instance)
    try:
        session.flush()
    except IntegrityError:
        raise Conflict("The process definition has been removed meanwhile.", code="removed") from None


def _write(session: Session, instance: Instance, run: engine.Run, host: InstanceHost, waited: Waits) -> None:
    _count(session, instance)
    rows.write(session, instance, run, host, waited)


_INSTANCE = writing.table(Instance).c
_COUNT = (
    update(writing.table(Instance))
    .where(_INSTANCE.id == bindparam("of_instance"), _INSTANCE.revision == bindparam("before"))
    .values(revision=_INSTANCE.revision + 1)
)


def _count(session: Session, instance: Instance) -> None:
    """Raise the revision past the session, which takes twice as long; what else has changed it writes itself."""
    counted = session.connection().execute(_COUNT, {"of_instance": instance.id, "before": instance.revision})
    if counted.rowcount != 1:
        raise Conflict("Somebody else has moved the process instance meanwhile.", code="stale")
    set_committed_value(instance, "revision", instance.revision + 1)


def states(session: Session, instance_ids: Collection[str]) -> dict[str, bytes]:
    """Return instance → its state, of instances that are locked."""
    return {
        row.instance_id: row.content for row in session.connection().execute(_STATES, {"ids": instance_ids})
    }


_STATES = select(InstanceState.instance_id, InstanceState.content).where(
    InstanceState.instance_id.in_(bindparam("ids", expanding=True))
)
_STATE = select(InstanceState.content).where(InstanceState.instance_id == bindparam("id"))


def _state(session: Session, instance_id: str) -> bytes:
    # Read after the lock, in a statement of its own: a joined read would see the state of before the wait.
    content: bytes | None = session.connection().execute(_STATE, {"id": instance_id}).scalar()
    if content is None:
        raise NotFound(f"The process instance {instance_id} has no state.")
    return content


@contextmanager
def alone(session: Session, instance_id: str) -> Iterator[None]:
    """Refuse a command inside this one: two locks in one transaction are how deadlocks begin."""
    held = session.info.get(_HELD, instance_id)
    if busy := session.info.get(_BUSY) or (held if held != instance_id else None):
        raise EngineFault(
            f"An operation of instance {busy} tried to move instance {instance_id}; "
            "an effect on an instance has to be a job of its own.",
            code="nested",
        )
    session.info[_BUSY] = instance_id
    try:
        yield
    finally:
        del session.info[_BUSY]


@contextmanager
def held(session: Session, instance_id: str) -> Iterator[None]:
    """Let this instance, which is locked, be moved inside, and no other."""
    session.info[_HELD] = instance_id
    try:
        yield
    finally:
        del session.info[_HELD]
