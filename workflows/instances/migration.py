"""Moving running instances to another version of their process: looking at each, moving each by itself.

Looking at an instance costs nothing and changes nothing; moving it is a command like any other: one instance, its
lock, one transaction, all of it or nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflows import persistence
from workflows.actor import Actor
from workflows.errors import Conflict
from workflows.instances import acts
from workflows.migrations import Plan, Verdict, guard, move, plan
from workflows.model import Instance
from workflows.visibility import policy

__all__ = ["Plan", "Verdict", "execute", "guard_all", "plan", "running", "validate"]


def running(session: Session, plan: Plan, *, actor: Actor | None = None) -> Sequence[str]:
    """Return the ids of the running instances of the version that is left, the oldest first; those the actor sees."""
    standing = select(Instance.id).where(
        Instance.definition_id == plan.source_id, Instance.ended_at.is_(None)
    )
    if actor is not None:
        standing = standing.where(policy().instances(actor))
    return session.scalars(standing.order_by(Instance.started_at, Instance.id)).all()


def guard_all(session: Session, instance_ids: Sequence[str], *, actor: Actor) -> None:
    """Raise `NotFound` or `NotAllowed` for the first of the instances that the actor may not move."""
    for each in instance_ids:
        instance = session.get(Instance, each)
        if instance is None or not acts.sees(session, each, actor):
            raise acts.unknown(each)
        acts.guard(session, actor, "migrate", instance)


def validate(session: Session, plan: Plan, instance_id: str, *, actor: Actor | None = None) -> Verdict:
    """Return what moving an instance now would come to; nothing is stored and nothing is locked.

    With an actor: `NotFound` or `NotAllowed` where he may not move it.
    """
    instance = session.get(Instance, instance_id)
    if instance is None or (actor is not None and not acts.sees(session, instance_id, actor)):
        raise acts.unknown(instance_id)
    if actor is not None:
        acts.guard(session, actor, "migrate", instance)
    guard(plan, instance)
    return Verdict(instance_id, tuple(persistence.judge(session, instance, plan.migration, plan.target_id)))


def execute(
    session: Session, plan: Plan, instance_id: str, *, actor: Actor, operator: str | None = None
) -> Verdict:
    """Move one instance, and return what came of it; `Conflict` with the reasons where there is no safe move.

    An `operator` at the server's own command line, named for the audit, is not asked what he may.
    """
    if operator is not None:
        instance = persistence.lock(session, instance_id)
    else:
        instance = acts.take(session, instance_id, actor, "migrate")
    verdict = move(session, plan, instance, actor=actor, operator=operator)
    if verdict.reasons:
        told = " ".join(finding.message for finding in verdict.reasons)
        raise Conflict(
            f"The process instance {instance_id} cannot be moved to {plan.target_id}: {told}",
            code="unsafe",
            findings=verdict.reasons,
        )
    return verdict
