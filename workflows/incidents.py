"""Incidents: what failed for good, until an operator lets it try again or closes it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflows import audit, clock, leasing, persistence
from workflows.actor import Actor
from workflows.errors import Conflict, NotFound
from workflows.model import ExternalTask, Incident, Instance, Job, ProcessDefinition, Timer
from workflows.visibility import policy


def retry(session: Session, incident_id: str, *, actor: Actor) -> None:
    """Let the timer, job or external task of an open incident be tried again at once, and close the incident."""
    incident, instance = _take(session, incident_id, actor)
    if task := _external(session, incident):
        task.retries, task.locked_until = 1, None
    row = _failed_row(session, incident)
    if row is not None and row.status == "failed":
        held_up = session.get(Instance, row.instance_id) if row.instance_id else instance
        leasing.revive(row, held_up)
        if isinstance(row, Job):
            row.due_at = clock.now()
            row.payload = {**row.payload, "steps": 0}
    _close(session, incident, actor, "incident.retry")


def resolve(session: Session, incident_id: str, *, actor: Actor) -> None:
    """Close an incident that needs no more than to be seen; a message that nobody took is given up.

    Raises Conflict where a timer or job waits behind it: that is tried again, or its instance is cancelled.
    """
    incident, _ = _take(session, incident_id, actor)
    row = _failed_row(session, incident)
    if _external(session, incident) is not None:
        raise Conflict("What failed has to be tried again, or its instance cancelled.", code="failed")
    if row is not None and row.status == "failed":
        if not isinstance(row, Job) or row.kind == "continue":
            raise Conflict("What failed has to be tried again, or its instance cancelled.", code="failed")
        row.status, row.done_at = "cancelled", clock.now()
    _close(session, incident, actor, "incident.resolve")


def _take(session: Session, incident_id: str, actor: Actor) -> tuple[Incident, Instance | None]:
    """Return an open incident and its instance, locked, that the actor may deal with."""
    incident = session.get(Incident, incident_id)
    if incident is None:
        raise _unknown(incident_id)
    instance = persistence.lock(session, incident.instance_id) if incident.instance_id else None
    session.refresh(incident)
    _guard(session, incident, instance, actor)
    if incident.resolved_at is not None:
        raise Conflict("The incident is already resolved.", code="resolved", by=incident.resolved_by)
    return incident, instance


def _guard(session: Session, incident: Incident, instance: Instance | None, actor: Actor) -> None:
    """Raise NotFound where the actor may not know of the instance, NotAllowed where he may do no more."""
    if instance is None:
        # Nothing was started: who may start it may see to it.
        subject, act = planned(session, incident, actor), "start"
    else:
        subject, act = instance, "retry"
        seen = select(Instance.id).where(Instance.id == instance.id, policy().instances(actor))
        if session.scalar(seen) is None:
            raise _unknown(incident.id)
    decision = policy().may(session, actor, act, subject)
    if not decision.allowed:
        raise decision.refusal(act)


def planned(session: Session, incident: Incident, actor: Actor) -> Instance:
    """Return the instance that an incident kept from being started, for the policy to judge."""
    if incident.definition_id is None:
        raise _unknown(incident.id)
    definition = session.get_one(ProcessDefinition, incident.definition_id)
    return Instance(
        id="", definition_id=definition.id, definition_key=definition.key, state="active", started_by=actor.id
    )


def _unknown(incident_id: str) -> NotFound:
    return NotFound(f"There is no incident {incident_id}.", code="incident")


def _failed_row(session: Session, incident: Incident) -> Timer | Job | None:
    if incident.timer_id:
        return session.get(Timer, incident.timer_id, with_for_update=True)
    return session.get(Job, incident.job_id, with_for_update=True) if incident.job_id else None


def _external(session: Session, incident: Incident) -> ExternalTask | None:
    """Return the external task that waits behind an incident, locked."""
    return session.get(ExternalTask, incident.external_id or "", with_for_update=True)


def _close(session: Session, incident: Incident, actor: Actor, act: str) -> None:
    incident.resolved_at = clock.now()
    incident.resolved_by = actor.id
    audit.record(
        session, actor=actor, act=act, instance_id=incident.instance_id, detail={"incident": incident.id}
    )
