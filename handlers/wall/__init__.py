"""The wall: who may see or do what in a matter.

Everything that lists, counts, searches or opens matters asks here; what one may not see does not exist. Who has which
right is data, the visibility matrix (`matrix`); under which circumstance it holds is a scope, written once as an SQL
condition and once as a check side by side (`scopes`). What no matrix may grant: `invariants`. The server installs
`Wall()` behind `workflows.visibility`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from handlers import duties
from handlers.wall import acts, tasks
from handlers.wall.acts import may
from handlers.wall.explaining import Explanation, explain
from handlers.wall.grants import Grant
from handlers.wall.interviews import interviews
from handlers.wall.matrix import areas_of_stages, current, every, load, roles
from handlers.wall.rules import VIEWS
from handlers.wall.sight import (
    area_view,
    closed_areas,
    clues,
    in_area,
    items,
    reads_log,
    reads_log_of,
    returns,
    view,
)
from handlers.wall.tasks import steps
from workflows.actor import Actor
from workflows.model import Instance, Task
from workflows.visibility import Decision

__all__ = [
    "VIEWS",
    "Explanation",
    "Grant",
    "Wall",
    "area_view",
    "areas_of_stages",
    "closed_areas",
    "clues",
    "current",
    "every",
    "explain",
    "in_area",
    "interviews",
    "items",
    "load",
    "may",
    "reads_log",
    "reads_log_of",
    "returns",
    "roles",
    "steps",
    "view",
]


class Wall:
    """The office's policy behind `workflows.visibility`."""

    def instances(self, actor: Actor) -> ColumnElement[bool]:
        """Return the SQL condition over `Instance` of what the actor may see."""
        return tasks.instances(actor)

    def tasks(self, actor: Actor) -> ColumnElement[bool]:
        """Return the SQL condition over `Task` of what the actor may see."""
        return tasks.tasks(actor)

    def passages(self, actor: Actor) -> ColumnElement[bool]:
        """Return the SQL condition over `Activity`, joined to its `Instance`, of what the actor may see."""
        return tasks.passages(actor)

    def whole(self, actor: Actor) -> ColumnElement[bool]:
        """Return the SQL condition over `Instance` of those whose every passage is of a stage that the actor reads."""
        return tasks.whole(actor)

    def for_others(self, actor: Actor) -> ColumnElement[bool]:
        """Return the SQL condition over `Task` of what the actor may do in the place of those who are away."""
        return tasks.of_others(actor)

    def external(self, actor: Actor) -> ColumnElement[bool]:
        """Return the SQL condition over `ExternalTask`, joined to its `Instance`, of what the actor may fetch and do."""
        return tasks.external(actor)

    def withheld(self, session: Session, actor: Actor, tasks: Iterable[Any]) -> Collection[str]:
        """Return the keys of those of these tasks, or rows of them, that another duty of the actor keeps him from."""
        return duties.withheld(session, actor.id, tasks)

    def may(self, session: Session, actor: Actor, act: str, subject: Instance | Task) -> Decision:
        """Decide one act on a task (see claim release complete assign) or instance (see start cancel …)."""
        return acts.may(session, actor, act, subject)
