"""Plans between versions of a process, and the move of one instance that is locked.

A plan says which element becomes which. Who may move an instance is asked by who comes here: a command asks for each,
a batch when it is ordered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from workflows import audit, deployed, engine, persistence
from workflows.actor import Actor
from workflows.errors import Conflict, InvalidInput, NotFound
from workflows.findings import Finding
from workflows.model import Instance, ProcessDefinition


@dataclass(frozen=True)
class Plan:
    """Which element of one version becomes which of another; for any number of instances."""

    source_id: str
    target_id: str
    migration: engine.Migration = field(repr=False)
    renamed: Mapping[str, str] = field(default_factory=dict)  #: what was said beyond the elements of one id

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
    return Plan(source_id, target_id, migration, dict(renamed or {}))


def guard(plan: Plan, instance: Instance) -> None:
    """Raise `Conflict` where an instance has ended, or runs by another version than the plan leaves."""
    persistence.guard_running(instance)
    if instance.definition_id != plan.source_id:
        other = (
            f"The process instance {instance.id} runs by {instance.definition_id}, not by {plan.source_id}."
        )
        raise Conflict(other, code="other_version")


def move(
    session: Session, plan: Plan, instance: Instance, *, actor: Actor, operator: str | None = None
) -> Verdict:
    """Move an instance that is locked, and return what came of it; with reasons in it, nothing was done."""
    guard(plan, instance)
    suspended = instance.state == "suspended"
    found = persistence.migrate(session, instance, plan.migration, plan.target_id, actor=actor)
    verdict = Verdict(instance.id, tuple(found))
    if verdict.reasons:
        return verdict
    if suspended:
        persistence.hold(session, instance, "suspended")  # what the new version has armed waits as well
    detail = {
        "from": plan.source_id,
        "to": plan.target_id,
        "renamed": {old: new for old, new in plan.names.items() if old != new},
        "remarks": [[finding.rule, finding.element] for finding in verdict.findings],
        **({"by": operator} if operator else {}),
    }
    audit.record(
        session,
        actor=actor,
        act="instance.migrate",
        instance_id=instance.id,
        scope_id=instance.scope_id,
        detail=detail,
    )
    return verdict


def _known(session: Session, definition_id: str) -> str:
    if session.get(ProcessDefinition, definition_id) is None:
        raise NotFound(f"There is no process definition {definition_id}.", code="definition")
    return definition_id
