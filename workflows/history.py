"""What happened: the passages of an instance through its diagram, and who did what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, insert, select, true
from sqlalchemy.orm import Session

from workflows import clock
from workflows.errors import DubanError
from workflows.model import PENDING, Activity, AuditEvent, Incident, Instance, Job, new_id


@dataclass(frozen=True)
class Tokens:
    """Where an instance stands and which way it came, by element and sequence flow ids, for the viewer."""

    active: tuple[str, ...]
    done: tuple[str, ...]
    cancelled: tuple[str, ...]
    flows: tuple[str, ...]


#: Every passage, whoever asks.
EVERY: ColumnElement[bool] = true()


def activities(session: Session, instance_id: str, seen: ColumnElement[bool] = EVERY) -> Sequence[Activity]:
    """Return the passages through nodes that a reader's condition lets him see, in the order in which they began."""
    found = select(Activity).join(Instance, Instance.id == Activity.instance_id)
    found = found.where(Activity.instance_id == instance_id, seen)
    return session.scalars(found.order_by(Activity.id)).all()


def tokens(session: Session, instance_id: str, seen: ColumnElement[bool] = EVERY) -> Tokens:
    """Return where tokens stand, the elements passed, and the sequence flows taken, of the passages that are seen."""
    passages = activities(session, instance_id, seen)
    # A token that a job has yet to let in, or out, stands there as well.
    held = select(Job.element_id).where(
        Job.instance_id == instance_id,
        Job.kind == "continue",
        Job.status.in_(PENDING),
        Job.element_id.is_not(None),
    )
    standing = [a.element_id for a in passages if a.left_at is None]
    active = dict.fromkeys([*standing, *session.scalars(held)])
    done = dict.fromkeys(a.element_id for a in passages if a.left_at is not None and not a.cancelled)
    cancelled = dict.fromkeys(a.element_id for a in passages if a.cancelled)
    flows = dict.fromkeys(a.flow for a in passages if a.flow)
    return Tokens(tuple(active), tuple(done), tuple(cancelled), tuple(flows))


def audit(session: Session, instance_id: str) -> Sequence[AuditEvent]:
    """Return who did what with an instance and its tasks, in order."""
    events = select(AuditEvent).where(AuditEvent.instance_id == instance_id)
    return session.scalars(events.order_by(AuditEvent.id)).all()


def _in_words(error: BaseException) -> str:
    """Return what an operator is told: what is ours says it in words, anything else needs its kind as well."""
    return error.message if isinstance(error, DubanError) else f"{type(error).__name__}: {error}"


def fault(
    session: Session,
    *,
    kind: str,
    error: BaseException,
    instance_id: str | None = None,
    timer_id: str | None = None,
    job_id: str | None = None,
    external_id: str | None = None,
    task_id: str | None = None,
    definition_id: str | None = None,
    element_id: str | None = None,
) -> str:
    """Write an incident for an operator, in a transaction after the failed one, and return its id."""
    incident_id = new_id()
    session.execute(
        insert(Incident),
        [
            {
                "id": incident_id,
                "kind": kind,
                "instance_id": instance_id,
                "definition_id": definition_id,
                "task_id": task_id,
                "timer_id": timer_id,
                "job_id": job_id,
                "external_id": external_id,
                "element_id": element_id or getattr(error, "element", None),
                "message": _in_words(error)[:2000],
                "created_at": clock.now(),
            }
        ],
    )
    return incident_id
