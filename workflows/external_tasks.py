"""Tasks for outside workers: fetched under a lock that ends by itself, then completed, failed, or given back.

A lock is a row's, committed at once, and taken without the instance's: two workers never get the same task. What moves
the instance is a command like any other. A worker is an account and the name that it gives itself: both must be those of
the lock, so that nobody ends what another one does. Of a matter it is told what the diagram hands to the step by its
input parameters, and the process learns of it what the output parameters carry on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, or_, select, update
from sqlalchemy.orm import Session

from workflows import audit, clock, engine, history, persistence
from workflows.actor import Actor
from workflows.errors import Conflict, EngineFault, InvalidInput, NotFound
from workflows.model import ExternalTask, Incident, Instance
from workflows.visibility import policy

#: The kind of the incident of a task that has no retries left.
INCIDENT = "failedExternalTask"
MAX_MESSAGE = 666


@dataclass(frozen=True)
class Wanted:
    """One topic that a worker asks for: how long it needs, and which of its tasks, over task and instance."""

    topic: str
    lock: timedelta
    condition: ColumnElement[bool]


@dataclass(frozen=True)
class Locked:
    """A task in a worker's hand, with its instance, the variables that it may know, and which wish it meets."""

    task: ExternalTask
    instance: Instance
    variables: Mapping[str, Any]
    local: Mapping[str, Any]
    wish: int


def visible(actor: Actor) -> Select[ExternalTask, Instance]:
    """Return the query for the tasks that the actor may do, or whose whole run he may see, each with its instance."""
    return _JOINED.where(or_(policy().external(actor), policy().whole(actor)))


def waiting(session: Session, wanted: Sequence[Wanted], *, actor: Actor) -> bool:
    """Tell whether there is something to fetch; costs no lock."""
    ready = _offered(actor).where(_ready(wanted)).with_only_columns(ExternalTask.id)
    return session.scalar(ready.limit(1)) is not None


def fetch(
    session: Session,
    worker: str,
    wanted: Sequence[Wanted],
    *,
    actor: Actor,
    limit: int,
    by_priority: bool = True,
) -> list[Locked]:
    """Return at most `limit` tasks, locked for this worker, the most urgent or else the oldest first; commit at once."""
    wish = case(*((_meets(one), number) for number, one in enumerate(wanted)))
    order = [ExternalTask.created_at, ExternalTask.id]
    ready = (
        _offered(actor)
        .add_columns(wish)
        .where(_ready(wanted))
        .order_by(*([ExternalTask.priority.desc(), *order] if by_priority else order))
        .limit(limit)
        .with_for_update(of=ExternalTask, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    found = []
    runs: dict[str, tuple[Any, Mapping[str, Any]]] = {}
    for task, instance, number in session.execute(ready).all():
        if instance.id not in runs:
            run, _ = persistence.peek(session, instance)
            runs[instance.id] = (run, {one.id: one for one in run.external_tasks})
        run, standing = runs[instance.id]
        if task.id not in standing:
            continue  # it has gone on between the question and the look
        task.worker, task.locked_by = worker, actor.id
        task.locked_until = clock.now() + wanted[number].lock
        handed, seen = _handed(run, standing[task.id]), run.seen_by(task.id)
        told = handed if instance.scope_id else seen
        found.append(Locked(task, instance, told, handed, number))
        _record(session, actor, "external.fetch", instance, task)
    return found


def complete(
    session: Session,
    task_id: str,
    *,
    actor: Actor,
    worker: str,
    variables: Mapping[str, Any],
    local: Mapping[str, Any],
) -> None:
    """Let the instance go on. `local` is for the step's output parameters; in a matter all variables are.

    Raises NotFound, Conflict (`locked` by another worker, `suspended`), InvalidInput.
    """
    task, instance = _in_hand(session, task_id, actor, worker)
    if instance.scope_id:
        variables, local = {}, {**variables, **local}
    with _moving(session, instance, actor, task) as run:
        run.complete(task_id, variables, local)
    _record(session, actor, "external.complete", instance, task)


def throw(
    session: Session,
    task_id: str,
    *,
    actor: Actor,
    worker: str,
    code: str,
    message: str,
    variables: Mapping[str, Any],
) -> None:
    """Report a business error (BPMN 2.0 §10.5.6), for the nearest error event around the task.

    Raises EngineFault (`uncaught_error`) where nothing catches it: the task then has no retries left, and an incident.
    """
    task, instance = _in_hand(session, task_id, actor, worker)
    if instance.scope_id and variables:
        raise InvalidInput("Of a matter's step an error carries no variables.", code="variables")
    with _moving(session, instance, actor, task) as run:
        run.throw(task_id, code, message, variables)
    _record(session, actor, "external.error", instance, task, error=code)


def fail(
    session: Session,
    task_id: str,
    *,
    actor: Actor,
    worker: str,
    message: str,
    details: str,
    retries: int,
    pause: timedelta,
) -> None:
    """Report a failure: the task may be fetched again after a pause, or, with no retries left, is an operator's."""
    task, instance = _in_hand(session, task_id, actor, worker)
    task.error_message, task.error_details = message[:MAX_MESSAGE], details
    task.locked_until = clock.now() + pause
    _set_retries(session, task, retries)
    _record(session, actor, "external.fail", instance, task, retries=retries)


def extend(session: Session, task_id: str, *, actor: Actor, worker: str, lock: timedelta) -> None:
    """Let a lock that has not ended last so long from now; Conflict where it has ended."""
    task, _ = _in_hand(session, task_id, actor, worker)
    if task.locked_until is None or task.locked_until <= clock.now():
        raise Conflict(f"The lock of the external task {task_id} has ended.", code="unlocked")
    task.locked_until = clock.now() + lock


def lock(session: Session, task_id: str, *, actor: Actor, worker: str, length: timedelta) -> None:
    """Take one task in hand, by its id; Conflict (`locked`) while another worker holds it."""
    task, instance = _taken(session, task_id, actor)
    persistence.guard_active(instance)
    held = task.locked_until is not None and task.locked_until > clock.now()
    if held and (task.worker, task.locked_by) != (worker, actor.id):
        raise Conflict(f"The external task {task_id} is locked by worker '{task.worker}'.", code="locked")
    if not session.scalar(select(_offered(actor).where(ExternalTask.id == task_id).exists())):
        raise _unknown(task_id)
    task.worker, task.locked_by, task.locked_until = worker, actor.id, clock.now() + length
    _record(session, actor, "external.lock", instance, task)


def unlock(session: Session, task_id: str, *, actor: Actor) -> None:
    """Give a task back at once, whoever has it in hand: for its worker and for operators."""
    task, instance = _taken(session, task_id, actor)
    if task.locked_by != actor.id:
        _guard(session, instance, actor)
    task.worker = task.locked_by = task.locked_until = None
    _record(session, actor, "external.unlock", instance, task)


def set_retries(session: Session, task_id: str, retries: int, *, actor: Actor) -> None:
    """Let an operator say how often a task may fail yet; more than none closes its incident."""
    task, instance = _taken(session, task_id, actor)
    _guard(session, instance, actor)
    _set_retries(session, task, retries)
    _record(session, actor, "external.retries", instance, task, retries=retries)


def set_priority(session: Session, task_id: str, priority: int, *, actor: Actor) -> None:
    """Let an operator say how urgent a task is."""
    task, instance = _taken(session, task_id, actor)
    _guard(session, instance, actor)
    task.priority = priority
    _record(session, actor, "external.priority", instance, task, priority=priority)


# --- what may be fetched

_JOINED = select(ExternalTask, Instance).join(Instance, Instance.id == ExternalTask.instance_id)


def _offered(actor: Actor) -> Select[ExternalTask, Instance]:
    return _JOINED.where(policy().external(actor))


def _ready(wanted: Sequence[Wanted]) -> ColumnElement[bool]:
    return and_(
        or_(*map(_meets, wanted)),
        Instance.state == "active",
        or_(ExternalTask.locked_until.is_(None), ExternalTask.locked_until <= clock.now()),
        or_(ExternalTask.retries.is_(None), ExternalTask.retries > 0),
    )


def _meets(one: Wanted) -> ColumnElement[bool]:
    return and_(ExternalTask.topic == one.topic, one.condition)


def _handed(run: Any, task: Any) -> dict[str, Any]:
    """Return what the diagram hands to a step: its input parameters."""
    seen = run.seen_by(task.id)
    return {name: seen[name] for name in task.node.attributes.get("inputs", {}) if name in seen}


# --- one task


def _in_hand(session: Session, task_id: str, actor: Actor, worker: str) -> tuple[ExternalTask, Instance]:
    """Return a task and its instance, locked, if this worker was the last to take it, else Conflict."""
    task, instance = _taken(session, task_id, actor)
    persistence.guard_active(instance)
    if (task.worker, task.locked_by) != (worker, actor.id):
        held = f"locked by worker '{task.worker}'" if task.worker else "not locked"
        raise Conflict(
            f"The external task {task_id} is not in the hand of worker '{worker}' of {actor.id}: it is {held}.",
            code="locked",
        )
    return task, instance


def _taken(session: Session, task_id: str, actor: Actor) -> tuple[ExternalTask, Instance]:
    """Return a task and its instance, locked and fresh; NotFound if the actor may not know of it."""
    instance_id = session.scalar(select(ExternalTask.instance_id).where(ExternalTask.id == task_id))
    if instance_id is None:
        raise _unknown(task_id)
    persistence.lock(session, instance_id)
    seen = visible(actor).where(ExternalTask.id == task_id)
    locking = seen.with_for_update(of=ExternalTask).execution_options(populate_existing=True)
    found = session.execute(locking).one_or_none()
    if found is None:
        raise _unknown(task_id)
    return found.ExternalTask, found.Instance


def _unknown(task_id: str) -> NotFound:
    return NotFound(f"There is no external task {task_id}.", code="external_task")


def _guard(session: Session, instance: Instance, actor: Actor) -> None:
    decision = policy().may(session, actor, "retry", instance)
    if not decision.allowed:
        raise decision.refusal("retry")


def _set_retries(session: Session, task: ExternalTask, retries: int) -> None:
    task.retries = retries
    open_one = and_(Incident.external_id == task.id, Incident.resolved_at.is_(None))
    if retries > 0:
        session.execute(update(Incident).where(open_one).values(resolved_at=clock.now()))
    elif session.scalar(select(Incident.id).where(open_one).limit(1)) is None:
        failed = EngineFault(task.error_message or "The task has no retries left.", element=task.element_id)
        history.fault(session, kind=INCIDENT, error=failed, instance_id=task.instance_id, external_id=task.id)


@contextmanager
def _moving(session: Session, instance: Instance, actor: Actor, task: ExternalTask) -> Iterator[engine.Run]:
    """Give the instance's run; where it cannot go on as the worker says, the task is left to an operator."""
    acting = persistence.advance(session, instance, actor=actor, act=INCIDENT, external_id=task.id)
    try:
        with acting as (run, _):
            yield run
    except EngineFault as fault:
        fault.afterwards.append(partial(_give_up, task_id=task.id, why=fault.message))
        raise


def _give_up(session: Session, *, task_id: str, why: str) -> None:
    task = session.get(ExternalTask, task_id, with_for_update=True)
    if task is not None:
        task.error_message = why[:MAX_MESSAGE]
        _set_retries(session, task, 0)


def _record(
    session: Session, actor: Actor, act: str, instance: Instance, task: ExternalTask, **detail: Any
) -> None:
    audit.record(
        session,
        actor=actor,
        act=act,
        instance_id=instance.id,
        scope_id=instance.scope_id,
        detail={"element": task.element_id, "topic": task.topic, **detail},
    )
