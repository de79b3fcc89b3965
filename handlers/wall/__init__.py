"""The wall: who may see or do what in a matter.

Everything that lists, counts, searches or opens matters asks here; what one may not see does not exist.
Each right is written twice, as an SQL condition for lists and as a check with its reason for single acts;
a test proves that both agree on every row. The server installs `Wall()` behind `workflows.visibility`.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from handlers.wall import conditions
from handlers.wall.checks import may_instance, may_task, view
from handlers.wall.conditions import clues, items, returns
from handlers.wall.rules import VIEWS
from workflows.actor import Actor
from workflows.model import Instance, Task
from workflows.visibility import Decision

__all__ = ["VIEWS", "Wall", "clues", "items", "returns", "view"]


class Wall:
    """The office's policy behind `workflows.visibility`."""

    def instances(self, actor: Actor) -> ColumnElement[bool]:
        """Return the SQL condition over `Instance` of what the actor may see."""
        return conditions.instances(actor)

    def tasks(self, actor: Actor) -> ColumnElement[bool]:
        """Return the SQL condition over `Task` of what the actor may see."""
        return conditions.tasks(actor)

    def for_others(self, actor: Actor) -> ColumnElement[bool]:
        """Return the SQL condition over `Task` of what the actor may do in the place of those who are away."""
        return conditions.of_others(actor)

    def may(self, session: Session, actor: Actor, act: str, subject: Instance | Task) -> Decision:
        """Decide one act on a task (see claim release complete assign) or instance (see start cancel …)."""
        if isinstance(subject, Task):
            return may_task(session, actor, act, subject)
        return may_instance(session, actor, act, subject)
