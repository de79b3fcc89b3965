"""The register of leaks (失泄密), and the condition by which one closes a matter to all but those who work on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, Text, and_, exists, false, func, not_, or_, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from handlers.registers import Clue, ClueHandler
from workflows.actor import Actor
from workflows.model import Base, Task, TaskCandidate, new_id

#: Who sees a frozen matter beside those who handle it: those who answer for it.
LEADING = frozenset({"leader", "principal"})
PREFIX = "clue:"


class Leak(Base):
    """One leak from a matter (x7): while it is not lifted, handlers and leaders alone see the matter."""

    __tablename__ = "leak"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    scope_id: Mapped[str] = mapped_column(index=True)
    instance_id: Mapped[str] = mapped_column(String(64), index=True)  #: of the process that looks into it
    found_at: Mapped[datetime]  #: when it was found
    what: Mapped[str] = mapped_column(Text)  #: what has come out, and where
    reported_by: Mapped[str]
    frozen_at: Mapped[datetime]
    finding: Mapped[str] = mapped_column(Text, default="")  #: how it came out, who answers
    looked_into_by: Mapped[str | None]
    lifted_by: Mapped[str | None]
    lifted_at: Mapped[datetime | None]
    lift_reason: Mapped[str] = mapped_column(Text, default="")


def standing(session: Session, scope_id: str | None) -> Leak | None:
    """Return the leak for which a matter is frozen now."""
    if scope_id is None:
        return None
    rows = select(Leak).where(Leak.scope_id == scope_id, Leak.lifted_at.is_(None))
    return session.scalars(rows.order_by(Leak.frozen_at).limit(1)).first()


def closed(actor: Actor, scope_id: Any) -> ColumnElement[bool]:
    """Return the condition that a matter (a text or a column) is frozen and the actor is none of those who see it."""
    if actor.groups & LEADING:
        return false()
    leak, handler, task = aliased(Leak), aliased(ClueHandler), aliased(Task)
    frozen = exists(
        select(leak.id).where(leak.scope_id == scope_id, leak.lifted_at.is_(None)).correlate_except(leak)
    )
    handles = select(handler.id).where(
        handler.clue_id == func.substr(scope_id, len(PREFIX) + 1),
        handler.login == actor.id,
        handler.ended_at.is_(None),
        handler.recused.is_(False),
    )
    named = select(TaskCandidate.task_id).where(
        TaskCandidate.task_id == task.id, TaskCandidate.kind == "user", TaskCandidate.name == actor.id
    )
    by_name = or_(task.assignee == actor.id, exists(named.correlate_except(TaskCandidate)))
    holds = select(task.id).where(task.scope_id == scope_id, task.closed_at.is_(None), by_name)
    works = or_(exists(handles.correlate_except(handler)), exists(holds.correlate_except(task)))
    return and_(frozen, not_(works))


def is_closed(session: Session, actor: Actor, scope_id: str | None) -> bool:
    """Return whether a matter is frozen for the actor: `closed`, for one."""
    if scope_id is None or actor.groups & LEADING or standing(session, scope_id) is None:
        return False
    clue = select(Clue.id).where(PREFIX + Clue.id == scope_id, closed(actor, PREFIX + Clue.id))
    return session.scalar(clue) is not None
