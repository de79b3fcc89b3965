"""Finding and looking at instances."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.orm import Session, joinedload

from workflows import persistence
from workflows.actor import Actor
from workflows.instances.acts import guard, unknown
from workflows.keyset import cursor, place
from workflows.model import Instance
from workflows.visibility import policy

MAX_LIMIT = 1000


@dataclass(frozen=True)
class Page:
    """One page of instances, with their definitions loaded; `next` marks where the following begins."""

    rows: tuple[Instance, ...]
    next: str | None


@dataclass(frozen=True)
class InstanceFilter:
    """What a listing is narrowed to; None leaves a thing open."""

    definition_key: str | None = None
    definition_id: str | None = None
    business_key: str | None = None
    scope_id: str | None = None
    state: str | None = None
    ended: bool | None = None
    started_by: str | None = None
    started_before: datetime | None = None
    started_after: datetime | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """Yield what the filter says, over `Instance`."""
        for field in fields(self):
            if (value := getattr(self, field.name)) is not None:
                yield _CONDITIONS[field.name](value)


def get(session: Session, instance_id: str, actor: Actor) -> Instance:
    """Return an instance that the actor may see, its definition loaded; else NotFound."""
    wanted = select(Instance).where(Instance.id == instance_id, policy().instances(actor))
    found = session.scalar(wanted.options(joinedload(Instance.definition)))
    if found is None:
        raise unknown(instance_id)
    return found


def listing(
    session: Session,
    actor: Actor,
    *,
    limit: int = 50,
    after: str | None = None,
    offset: int = 0,
    **narrowed: Any,
) -> Page:
    """Return a page of the instances that the actor may see, latest started first; see `InstanceFilter`."""
    size = max(1, min(limit, MAX_LIMIT))
    wanted = _wanted(actor, InstanceFilter(**narrowed))
    if after:
        wanted = wanted.where(tuple_(Instance.started_at, Instance.id) < place(after))
    wanted = wanted.order_by(Instance.started_at.desc(), Instance.id.desc()).offset(offset or None)
    rows = session.scalars(wanted.limit(size + 1).options(joinedload(Instance.definition))).all()
    last = rows[size - 1] if len(rows) > size else None
    return Page(tuple(rows[:size]), cursor(last.started_at, last.id) if last else None)


def count(session: Session, actor: Actor, **narrowed: Any) -> int:
    """Return how many instances the actor may see that match."""
    wanted = _wanted(actor, InstanceFilter(**narrowed)).with_only_columns(Instance.id)
    return session.scalar(select(func.count()).select_from(wanted.subquery())) or 0


def variables(session: Session, instance_id: str, actor: Actor) -> dict[str, Any]:
    """Return the process variables of an instance that the actor may look into."""
    instance = get(session, instance_id, actor)
    guard(session, actor, "variables", instance)
    return persistence.variables(session, instance)


def _wanted(actor: Actor, narrowed: InstanceFilter) -> Select[Instance]:
    return select(Instance).where(policy().instances(actor), *narrowed.conditions())


_CONDITIONS = {
    "definition_key": lambda value: Instance.definition_key == value,
    "definition_id": lambda value: Instance.definition_id == value,
    "business_key": lambda value: Instance.business_key == value,
    "scope_id": lambda value: Instance.scope_id == value,
    "state": lambda value: Instance.state == value,
    "ended": lambda value: Instance.ended_at.is_not(None) if value else Instance.ended_at.is_(None),
    "started_by": lambda value: Instance.started_by == value,
    "started_before": lambda value: Instance.started_at < value,
    "started_after": lambda value: Instance.started_at > value,
}
