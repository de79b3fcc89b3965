"""What a run may ask of the outside in one command: the clock, limits, operations and decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import Session

from workflows import changes, clock, deployed, engine, operations, plans
from workflows.actor import Actor
from workflows.calendar import Change, WorkDays
from workflows.deployed import Deployed
from workflows.errors import EngineFault
from workflows.model import Instance, Task
from workflows.operations import Context, Recorded
from workflows.persistence import deciding, staging
from workflows.persistence.deadlines import Deadline, by_limit, by_working_days
from workflows.persistence.library import InstanceLibrary


class InstanceHost:
    """The engine's `Host` for one command on one instance: all of it happens at one instant."""

    def __init__(
        self, session: Session, instance: Instance, definition: Deployed, *, actor: Actor | None, at: datetime
    ) -> None:
        self.session = session
        self.instance = instance
        self.definition = definition
        self.library = InstanceLibrary(session, definition)
        self.actor = actor
        self.at = at
        self.run: engine.Run | None = None  #: known once the run stands
        self.counted: dict[datetime, Deadline] = {}  #: how the instants that expressions got were counted
        self.decided: list[dict[str, Any]] = []  #: rows of `decision_run`
        self.known_at: datetime | None = None  #: set while something is reckoned anew
        self._changed: Mapping[changes.Clock, Sequence[Change]] | None = None
        functions: dict[str, Callable[..., Any]] = {
            "now": self.now,
            "limit": self.limit,
            "workdays": self.workdays,
        }
        self._functions = MappingProxyType(functions)

    @property
    def functions(self) -> Mapping[str, Callable[..., Any]]:
        """Return the expression functions that need time or tables."""
        return self._functions

    @property
    def business_key(self) -> str | None:
        """Return the business key of the instance."""
        return self.instance.business_key

    def now(self) -> datetime:
        """Return the instant of the command, aware UTC."""
        return self.at

    @contextmanager
    def held_at(self, instant: datetime) -> Iterator[None]:
        """Let it be another instant for what is reckoned anew: that at which it was reckoned first."""
        now, self.at = self.at, instant
        self.known_at = instant
        try:
            yield
        finally:
            self.at, self.known_at = now, None

    def limit(
        self,
        rule_id: str,
        start: str | date | datetime | None = None,
        until: str | date | datetime | None = None,
    ) -> datetime:
        """Return when the limit `T11` ends that began at `start` (None: now), on the day `until` at the latest."""
        found = by_limit(
            self.session, rule_id, start, self.at, self.changed(), known_at=self.known_at, until=until
        )
        return self._count(found)

    def changed(self) -> Mapping[changes.Clock, Sequence[Change]]:
        """Return the pauses and extensions of the instance's clocks, read once in a command."""
        if self._changed is None:
            # What has only begun can have no changes yet.
            begun = self.instance.revision > 0
            self._changed = changes.of_instance(self.session, self.instance.id) if begun else {}
        return self._changed

    def workdays(self, days: int, start: str | date | datetime | None = None) -> datetime:
        """Return the end of the `days`-th working day after `start` (now, if not given)."""
        return self._count(by_working_days(days, start, self.at, self.work_days()))

    def work_days(self) -> WorkDays:
        """Return the calendar that the office counts by."""
        return plans.work_days(self.session)

    def call(
        self, node: engine.Node, operation: str, arguments: dict[str, Any], variables: dict[str, Any]
    ) -> Mapping[str, Any] | None:
        """Perform a service task's operation; what it returns become variables."""
        required, accepted = operations.arguments(operation)
        if missing := required - arguments.keys():
            raise EngineFault(f"{operation} needs {', '.join(sorted(missing))}.", element=node.id)
        if unknown := arguments.keys() - accepted:
            raise EngineFault(f"{operation} knows no {', '.join(sorted(unknown))}.", element=node.id)
        context = self.context(
            element_id=node.id, variables=variables, stage=staging.of_node(node, self.library)
        )
        return self.absorb(operations.find(operation)(context, **arguments))

    def decide(self, node: engine.Node, decision: str, variables: dict[str, Any], activity_id: str) -> Any:
        """Return what a decision says of the variables; how it was taken is kept in `decided`."""
        found = deployed.decision(
            self.session,
            self.library.owner(node),
            decision,
            binding=node.attributes.get("decisionRefBinding", "latest"),
            version=node.attributes.get("decisionRefVersion"),
        )
        taken = found.table.take(variables, self._functions)
        self.decided += deciding.rows(taken, found.ids, self.instance, node, activity_id, self.at)
        return taken[0].results

    def context(
        self,
        *,
        element_id: str | None,
        variables: Mapping[str, Any],
        task_id: str | None = None,
        stage: str | None = None,
    ) -> Context:
        """Return what an operation is told."""
        return Context(
            session=self.session,
            actor=self.actor,
            now=self.at,
            instance_id=self.instance.id,
            definition_key=self.instance.definition_key,
            business_key=self.instance.business_key,
            scope_id=self.instance.scope_id,
            element_id=element_id,
            task_id=task_id,
            variables=MappingProxyType(dict(variables)),
            stage=stage,
        )

    def absorb(self, returned: Mapping[str, Any] | Recorded | None) -> Mapping[str, Any]:
        """Return the variables that an operation gave, having taken over its matter and business key."""
        if not isinstance(returned, Recorded):
            return returned or {}
        if returned.scope_id and self.instance.revision:
            # Else a later step could carry an instance, and who may see it, over to another matter.
            raise EngineFault("Only the beginning of a process opens a matter.", code="late_matter")
        self.instance.scope_id = returned.scope_id or self.instance.scope_id
        self.instance.business_key = returned.business_key or self.instance.business_key
        return returned.variables

    def _count(self, deadline: Deadline) -> datetime:
        self.counted[deadline.due_at] = deadline
        return deadline.due_at


def context_of(session: Session, instance: Instance, task: Task, *, actor: Actor | None = None) -> Context:
    """Return the context of what befalls a task of this instance now: a rung, a new due date, a look at registers."""
    return Context(
        session=session,
        actor=actor,
        now=clock.now(),
        instance_id=instance.id,
        definition_key=instance.definition_key,
        business_key=instance.business_key,
        scope_id=task.scope_id,
        element_id=task.element_id,
        task_id=task.id,
    )
