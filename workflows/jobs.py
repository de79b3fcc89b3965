"""What instances leave to transactions of their own: going on, telling others, counting deadlines again,
following a clock, moving to another version.

A job is written in the transaction that causes it, leased and run as timers are, and done at least once; what
it does and its being done are one transaction, so that its effect comes once. An effect on another instance is
always a job: it takes that instance's lock alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from workflows import (
    audit,
    batches,
    clock,
    clocks,
    correlation,
    engine,
    following,
    history,
    leasing,
    opening,
    persistence,
    recounting,
)
from workflows.correlation import Receiver, Undelivered
from workflows.errors import EngineFault
from workflows.model import Incident, Instance, Job, ProcessDefinition

#: Steps of one instance that neither waits nor ends: beyond these an operator has to say that it may go on.
MAX_STEPS_WITHOUT_REST = 1_000_000
#: How long a message is kept for a receiver that does not wait yet, and how often it is offered meanwhile.
KEPT = timedelta(days=7)
#: What is done with an instance that is suspended, too.
_HELD_TOO = frozenset({"stop", batches.KIND})
OFFERED_EVERY = timedelta(minutes=5)


def due(session: Session, limit: int = 100) -> Sequence[str]:
    """Return the ids of due jobs that nobody has leased, in order of due time."""
    return leasing.due(session, Job, limit)


def next_due_at(session: Session) -> datetime | None:
    """Return when the next waiting job is due, None if none waits."""
    return session.scalar(select(func.min(Job.due_at)).where(Job.status == "waiting"))


def lease(
    session: Session, worker: str, limit: int = 5, length: timedelta = timedelta(minutes=2)
) -> list[str]:
    """Return the ids of due jobs that are this worker's for a while, soonest first; commit at once."""
    return leasing.lease(session, Job, worker, limit, length)


def run(session: Session, job_id: str) -> bool:
    """Do a job that is due; return False if it is not due any more (done, cancelled, suspended) or waits on.

    Raises whatever the step raises: nothing of it may be committed, and the caller reports it to `failed`.
    """
    planned = session.get(Job, job_id)
    if planned is None or planned.status != "waiting":
        return False
    found = correlation.receiver(session, planned) if planned.kind == "message" else None
    instance_id = found.instance_id if found else planned.instance_id
    instance = persistence.lock(session, instance_id) if instance_id else None
    job = leasing.locked(session, Job, job_id)
    if job is None:
        return False
    if instance is not None and instance.state == "suspended" and job.kind not in _HELD_TOO:
        return _suspend(job)
    if job.kind == "message":
        return _message(session, job, instance, found)
    if job.kind == "signal":
        return _signal(session, job, instance)
    if job.kind == recounting.KIND:
        return _recount(session, job, instance)
    if job.kind == "stop":
        return _stop(session, job, instance)
    if job.kind == batches.KIND:
        assert instance is not None
        batches.run(session, job, instance)
        return _done(job, instance)
    if job.kind == clocks.KIND:
        assert instance is not None
        return _clock(session, job, instance)
    assert instance is not None
    return _go_on(session, job, instance)


def failed(session: Session, job_id: str, error: BaseException) -> str | None:
    """Note that a job failed: try again after 10 s, 40 s, 160 s …; after the fifth time raise an incident.

    What can never be delivered is one at once. Called in a transaction after the failed one. Returns the
    incident's id, if it came to that.
    """
    lost = isinstance(error, Undelivered)
    job = leasing.put_off(session, Job, job_id, for_good=lost)
    return None if job is None else _incident(session, job, "undelivered" if lost else "failedJob", error)


def _incident(session: Session, job: Job, kind: str, error: BaseException) -> str:
    return history.fault(
        session,
        kind=kind,
        error=error,
        instance_id=job.instance_id or job.origin_id,
        definition_id=job.definition_id,
        job_id=job.id,
        element_id=job.element_id,
    )


def forget(session: Session, before: datetime) -> None:
    """Delete the jobs of ended instances that were done before an instant; who spoke with whom is of no use then."""
    running = select(Instance.id).where(Instance.ended_at.is_(None))
    told = select(Incident.job_id).where(Incident.job_id.is_not(None))
    done = delete(Job).where(
        Job.status.in_(("done", "cancelled")),
        Job.done_at < before,
        Job.origin_id.not_in(running),
        Job.id.not_in(told),
    )
    session.execute(done.execution_options(synchronize_session=False))


# --- the kinds


def _go_on(session: Session, job: Job, instance: Instance) -> bool:
    hold = job.payload.get("hold")
    with persistence.advance(session, instance, actor=None) as (run, _):
        if hold:
            run.proceed(hold)
    if hold or not run.unfinished:
        return _done(job, instance)
    steps = job.payload["steps"] + run.taken
    job.payload = {**job.payload, "steps": steps}
    _release(job)
    # Behind whatever else is due: an endless run keeps nobody waiting.
    job.due_at = clock.now() + persistence.PAUSE
    if steps > MAX_STEPS_WITHOUT_REST:
        job.status = "failed"
        _incident(session, job, "endless", EngineFault(f"More than {steps:,} steps without waiting."))
    return True


def _message(session: Session, job: Job, instance: Instance | None, found: Receiver | None) -> bool:
    if found is None:
        return _keep(job)
    if instance is None:
        return _done(job, _begin(session, job, found.definition_id, found.element_id))
    with persistence.advance(session, instance, actor=None) as (run, _):
        taken = run.deliver(found.name, job.payload["variables"], found.element_id)
    if not taken:
        raise EngineFault(f"The instance {instance.id} does not wait for {found.name!r} any more.")
    _audit(session, job, instance)
    return _done(job, instance)


def _keep(job: Job) -> bool:
    """Let a message wait for somebody to wait for it."""
    if clock.now() >= job.created_at + KEPT:
        raise Undelivered(f"Nobody waited for the message {job.name!r} within {KEPT.days} days.")
    _release(job)
    job.due_at = clock.now() + OFFERED_EVERY
    return False


def _signal(session: Session, job: Job, instance: Instance | None) -> bool:
    if instance is None:
        return _done(job, _begin(session, job, job.definition_id, job.element_id))
    if instance.ended_at is None:
        with persistence.advance(session, instance, actor=None) as (run, _):
            taken = run.signal(job.name or "", job.payload["variables"])
        if taken:
            _audit(session, job, instance)
    return _done(job, instance)


def _stop(session: Session, job: Job, instance: Instance | None) -> bool:
    """End an instance for another one; it may have ended by itself."""
    if instance is not None and instance.ended_at is None:
        with persistence.advance(session, instance, actor=None, suspended_too=True) as (run, _):
            run.cancel()
        instance.end_reason = job.payload["reason"]
        detail = {"from": job.origin_id}
        audit.record(
            session,
            actor=None,
            act="instance.cancel",
            instance_id=instance.id,
            scope_id=instance.scope_id,
            detail=detail,
        )
    return _done(job, instance)


def _recount(session: Session, job: Job, instance: Instance | None) -> bool:
    """Count an instance's deadlines again; without one, look for the instances that need it."""
    if instance is not None:
        recounting.recount(session, instance, job.payload["plan"])
    elif more := recounting.spread(session, job.payload):
        _release(job)
        job.payload, job.due_at = more[0], clock.now() + more[1]
        return True
    return _done(job, instance)


def _clock(session: Session, job: Job, instance: Instance) -> bool:
    """Let what hangs on a clock follow it; a pause that may last longer than it seemed is looked at again then."""
    if job.payload["act"] != clocks.CAP:
        following.follow(session, instance, job.payload["change"], job.payload["act"])
    elif later := following.run_at_cap(session, instance, job.payload["change"]):
        _release(job)
        job.due_at = later
        return False
    return _done(job, instance)


def _begin(session: Session, job: Job, definition_id: str | None, element_id: str | None) -> Instance:
    """Return the instance that a message or signal starts; a message takes its matter with it."""
    origin = session.get_one(Instance, job.origin_id) if job.kind == "message" else None
    return opening.begin(
        session,
        session.get_one(ProcessDefinition, definition_id),
        actor=None,
        given=job.payload["variables"],
        business_key=origin.business_key if origin else None,
        scope_id=origin.scope_id if origin else None,
        message=job.name if origin else None,
        start_node=element_id if origin else None,
        trigger=None if origin else engine.Trigger(element_id or "", "signal", job.name or ""),
    )


# --- what becomes of the row


def _done(job: Job, instance: Instance | None) -> bool:
    _release(job)
    job.status = "done"
    job.done_at = clock.now()
    job.instance_id = instance.id if instance else None
    return True


def _suspend(job: Job) -> bool:
    _release(job)
    job.status = "suspended"
    return False


def _release(job: Job) -> None:
    job.leased_until = job.leased_by = job.retry_at = None
    job.attempts = 0


def _audit(session: Session, job: Job, instance: Instance) -> None:
    audit.record(
        session,
        actor=None,
        act=f"instance.{job.kind}",
        instance_id=instance.id,
        scope_id=instance.scope_id,
        detail={"name": job.name, "from": job.origin_id},
    )
