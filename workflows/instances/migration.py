"""Moving running instances to another version of their process: plan, look at each, move each by itself.

A plan says which element becomes which. Looking at an instance costs nothing and changes nothing; moving it is a
command like any other: one instance, its lock, one transaction, all of it or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflows import deployed, engine, persistence
from workflows.actor import Actor
from workflows.errors import Conflict, InvalidInput, NotFound
from workflows.findings import Finding
from workflows.instances import acts
from workflows.model import Instance, ProcessDefinition


@dataclass(frozen=True)
class Plan:
    """Which element of one version becomes which of another; for any number of instances."""

    source_id: str
    target_id: str
    migration: engine.Migration = field(repr=False)

    @property
    def names(self) -> Mapping[str, str]:
        """Return source element id → target element id, of the elements at which an instance can stand."""
        known = engine.elements(self.migration.source)
        return {old: new for old, new in self.migration.names.items() if engine.stands(known[old])}


@dataclass(frozen=True)
class Verdict:
    """What there is to say of moving one instance: errors are why it cannot be, warnings what comes of it."""

    instance_id: str
    findings: tuple[Finding, ...]

    @property
    def reasons(self) -> tuple[Finding, ...]:
        """Return why there is no safe move; nothing where there is one."""
        return tuple(finding for finding in self.findings if finding.severity == "error")


def plan(session: Session, source_id: str, target_id: str, renamed: Mapping[str, str] | None = None) -> Plan:
    """Return the plan from one version to another: every element becomes that of its id and kind, or what is said.

    `NotFound` for a version; `InvalidInput` with a finding for each element that cannot become what is said.
    """
    if source_id == target_id:
        raise InvalidInput(f"{source_id} is both the version that is left and the new one.", code="migration")
    source, target = (deployed.compiled(session, _known(session, each)) for each in (source_id, target_id))
    migration = engine.Migration(source, target, renamed or {})
    if findings := tuple(migration.check()):
        told = " ".join(finding.message for finding in findings)
        raise InvalidInput(f"There is no such migration: {told}", findings=findings, code="migration")
    return Plan(source_id, target_id, migration)


def running(session: Session, plan: Plan) -> Sequence[str]:
    """Return the ids of the running instances of the version that is left, the oldest first."""
    standing = select(Instance.id).where(
        Instance.definition_id == plan.source_id, Instance.ended_at.is_(None)
    )
    return session.scalars(standing.order_by(Instance.started_at, Instance.id)).all()


def validate(session: Session, plan: Plan, instance_id: str, *, actor: Actor | None = None) -> Verdict:
    """Return what moving an instance now would come to; nothing is stored and nothing is locked.

    With an actor: `NotFound` or `NotAllowed` where he may not move it.
    """
    instance = session.get(Instance, instance_id)
    if instance is None or (actor is not None and not acts.sees(session, instance_id, actor)):
        raise acts.unknown(instance_id)
    if actor is not None:
        acts.guard(session, actor, "migrate", instance)
    _guard(plan, instance)
    persistence.guard_running(instance)
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
    _guard(plan, instance)
    suspended = instance.state == "suspended"
    found = persistence.migrate(session, instance, plan.migration, plan.target_id, actor=actor)
    verdict = Verdict(instance_id, tuple(found))
    if verdict.reasons:
        told = " ".join(finding.message for finding in verdict.reasons)
        raise Conflict(
            f"The process instance {instance_id} cannot be moved to {plan.target_id}: {told}",
            code="unsafe",
            findings=verdict.reasons,
        )
    if suspended:
        acts.hold(session, instance, "suspended")  # what the new version has armed waits as well
    detail = {
        "from": plan.source_id,
        "to": plan.target_id,
        "renamed": {old: new for old, new in plan.names.items() if old != new},
        "remarks": [[finding.rule, finding.element] for finding in verdict.findings],
        **({"by": operator} if operator else {}),
    }
    acts.record(session, actor, "instance.migrate", instance, detail)
    return verdict


def _guard(plan: Plan, instance: Instance) -> None:
    if instance.definition_id != plan.source_id:
        other = (
            f"The process instance {instance.id} runs by {instance.definition_id}, not by {plan.source_id}."
        )
        raise Conflict(other, code="other_version")


def _known(session: Session, definition_id: str) -> str:
    if session.get(ProcessDefinition, definition_id) is None:
        raise NotFound(f"There is no process definition {definition_id}.", code="definition")
    return definition_id
