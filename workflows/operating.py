"""What an operator does with one waiting timer or job: says how often it may fail yet, when it is due, or does it now.

Of a matter, and of a limit anywhere, the rules count the days: nobody moves such a timer, nor does what it is for
before its time. Clocks are paused and extended by approval.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from workflows import audit, clock, incidents, jobs, leasing, persistence, timers
from workflows.actor import Actor
from workflows.errors import Conflict, DubanError, EngineFault, InvalidInput, NotFound
from workflows.model import PENDING, Incident, Instance, Job, Timer
from workflows.visibility import policy

Row = Timer | Job
#: Jobs that go about a run's business and have no day of their own.
_FREE = ("continue", "message", "signal", "migrate", "stop")


def instance_of(table: type[Row]) -> ColumnElement[Any]:
    """Return the column with the instance that a timer or job is of: of word to another, the one that sends it."""
    if table is Job:
        return func.coalesce(Job.instance_id, Job.origin_id)
    return Timer.instance_id.expression


def retries(row: Row) -> int:
    """Return how often a timer or job may fail yet."""
    return 0 if row.status == "failed" else leasing.MAX_ATTEMPTS - row.attempts


def set_retries(session: Session, row_id: str, count: int, *, actor: Actor) -> None:
    """Say how often a timer or job may fail yet, and let it be tried at once; its incident is closed.

    InvalidInput for fewer than one, with which it would never be done, and for more than there are.
    """
    if not 1 <= count <= leasing.MAX_ATTEMPTS:
        raise InvalidInput(f"retries: from 1 to {leasing.MAX_ATTEMPTS} are offered.", code="retries")
    row, instance = _taken(session, row_id, actor)
    _revive(session, row, instance, actor)
    row.attempts, row.retry_at = leasing.MAX_ATTEMPTS - count, None
    _record(session, actor, "job.retries", row, instance, retries=count)


def move(session: Session, row_id: str, due_at: datetime, *, actor: Actor) -> None:
    """Let a timer or job be due at another instant; one that is past is done at once or by the worker.

    Raises Conflict: `counted` where rules count the days, `failed`; InvalidInput where a timer repeats.
    """
    row, instance = _taken(session, row_id, actor)
    _guard_free(row, instance)
    _guard_active(row, instance)
    if row.status == "failed":
        raise Conflict("It has failed: give it retries first.", code="failed")
    _record(session, actor, "job.due", row, instance, old=row.due_at.isoformat(), new=due_at.isoformat())
    if isinstance(row, Timer):
        _turn(session, row, instance, due_at)
    else:
        row.due_at = due_at


def execute(session: Session, row_id: str, *, actor: Actor) -> None:
    """Do at once what a timer or job is for.

    Raises Conflict: `counted` where it is not due and rules count the days, `waits` where it is not its turn. What
    fails in it is stored nowhere but counts as one of its attempts.
    """
    row, instance = _found(session, row_id, actor)
    if row.due_at > clock.now():
        _guard_free(row, instance)
    _guard_active(row, instance)
    _record(session, actor, "job.execute", row, instance)
    if row.status == "failed":
        row, instance = _taken(session, row_id, actor)
        _revive(session, row, instance, actor)
        if row.kind == "message":
            return  # Its receiver's lock is not taken beside this one: the worker does it at once.
    with _counted(type(row), row.id):
        if not _do(session, row):
            raise Conflict("It waits on: something else is due before it, or nobody hears it.", code="waits")


# --- the row


def _found(session: Session, row_id: str, actor: Actor) -> tuple[Row, Instance]:
    """Return a pending timer or job and its instance, if the actor may deal with them."""
    for table in (Timer, Job):
        seen = select(table, Instance).join(Instance, Instance.id == instance_of(table))
        seen = seen.where(table.id == row_id, table.status.in_(PENDING), policy().whole(actor))
        found: Any = session.execute(seen).one_or_none()
        if found is None:
            continue
        decision = policy().may(session, actor, "retry", found.Instance)
        if not decision.allowed:
            raise decision.refusal("retry")
        return found[0], found.Instance
    raise NotFound(f"No job found with id {row_id}", code="job")


def _taken(session: Session, row_id: str, actor: Actor) -> tuple[Row, Instance]:
    """Return them locked and fresh, the instance first."""
    row, instance = _found(session, row_id, actor)
    persistence.lock(session, instance.id)
    session.refresh(row, with_for_update=True)
    if row.status not in PENDING:
        raise NotFound(f"No job found with id {row_id}", code="job")
    return row, instance


def _guard_free(row: Row, instance: Instance) -> None:
    engine_timer = isinstance(row, Timer) and row.kind == "engine" and row.counted is None
    if instance.scope_id or not (engine_timer or row.kind in _FREE):
        raise Conflict("The rules count when this is due: nobody moves it.", code="counted")


def _guard_active(row: Row, instance: Instance) -> None:
    # Word to another is delivered whatever has become of the sender.
    if row.instance_id:
        persistence.guard_active(instance)


def _revive(session: Session, row: Row, instance: Instance, actor: Actor) -> None:
    of_row = or_(Incident.timer_id == row.id, Incident.job_id == row.id)
    for incident_id in session.scalars(select(Incident.id).where(of_row, Incident.resolved_at.is_(None))):
        incidents.retry(session, incident_id, actor=actor)
    if row.status == "failed":
        leasing.revive(row, instance)


# --- doing it


def _do(session: Session, row: Row) -> bool:
    now = clock.now()
    if isinstance(row, Timer):
        if row.due_at <= now:
            return timers.fire(session, row.id)
        instance = persistence.lock(session, row.instance_id or "")
        session.refresh(row, with_for_update=True)
        if row.status != "waiting":
            return False
        _turn(session, row, instance, now)
        return row.status == "fired"
    row.due_at = min(row.due_at, now)
    session.flush()
    return jobs.run(session, row.id)


def _turn(session: Session, timer: Timer, instance: Instance, due_at: datetime) -> None:
    # Leaving drains: a timer that is due by then fires.
    with persistence.advance(session, instance, actor=None) as (run, _):
        run.move_timer(timer.engine_id or "", due_at)


@contextmanager
def _counted(table: type[Row], row_id: str) -> Iterator[None]:
    """Let a failure be a fault that counts as an attempt, as the worker's does."""
    try:
        yield
    except EngineFault as fault:
        fault.afterwards.append(partial(_count, table, row_id, error=fault))
        raise
    except (DubanError, SQLAlchemyError):
        raise
    except Exception as error:
        failed = EngineFault(
            f"The step failed: {type(error).__name__}. Nothing of it is stored.", code="step"
        )
        failed.afterwards.append(partial(_count, table, row_id, error=error))
        raise failed from error


def _count(table: type[Row], row_id: str, session: Session, *, error: BaseException) -> None:
    (timers.failed if table is Timer else jobs.failed)(session, row_id, error)


def _record(session: Session, actor: Actor, act: str, row: Row, instance: Instance, **detail: Any) -> None:
    audit.record(
        session,
        actor=actor,
        act=act,
        instance_id=instance.id,
        scope_id=instance.scope_id,
        detail={"element": row.element_id, "kind": row.kind, **detail},
    )
