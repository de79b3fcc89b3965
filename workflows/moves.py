"""What somebody has done with an instance that its diagram does not draw, and why: for its history and its forms.

The reason is a narrative: it stands here, where it can be erased, and not in the audit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from workflows import audit, clock
from workflows.actor import Actor
from workflows.errors import InvalidInput
from workflows.model import Base, Instance, Task


class ProcessMove(Base):
    """One move; never changed."""

    __tablename__ = "process_move"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    instance_id: Mapped[str] = mapped_column(ForeignKey("process_instance.id"), index=True)
    scope_id: Mapped[str | None] = mapped_column(index=True)  #: the matter
    kind: Mapped[str] = mapped_column(
        String(16)
    )  #: send_back jump skip withdraw modify reopen cancel suspend resume
    task_id: Mapped[str | None] = mapped_column(ForeignKey("task.id"))  #: that was moved
    left: Mapped[str | None]  #: its element
    reached: Mapped[str | None]  #: the element on which the instance went on
    reason: Mapped[str] = mapped_column(Text)
    moved_by: Mapped[str]
    on_behalf_of: Mapped[str | None]
    moved_at: Mapped[datetime]


def because(reason: str) -> str:
    """Return the reason of a move without blanks around it; `InvalidInput` (`reason`) where there is none."""
    if not reason.strip():
        raise InvalidInput("A reason is required.", code="reason")
    return reason.strip()


def of_instance(session: Session, instance_id: str) -> Sequence[ProcessMove]:
    """Return the moves of an instance, the latest first: of those to an element, the first one says why it is open."""
    made = select(ProcessMove).where(ProcessMove.instance_id == instance_id)
    return session.scalars(made.order_by(ProcessMove.id.desc())).all()


def record(
    session: Session,
    kind: str,
    instance: Instance,
    *,
    actor: Actor,
    reason: str,
    task: Task | None = None,
    left: str | None = None,
    reached: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Keep a move and its reason, and audit it: as `task.<kind>` with a task, else as `instance.<kind>`."""
    session.add(
        ProcessMove(
            instance_id=instance.id,
            scope_id=instance.scope_id,
            kind=kind,
            task_id=task.id if task else None,
            left=left,
            reached=reached,
            reason=reason,
            moved_by=actor.id,
            on_behalf_of=actor.on_behalf_of,
            moved_at=clock.now(),
        )
    )
    audit.record(
        session,
        actor=actor,
        act=f"task.{kind}" if task else f"instance.{kind}",
        instance_id=instance.id,
        task_id=task.id if task else None,
        scope_id=instance.scope_id,
        detail={
            **({"element": left} if left else {}),
            **({"to": reached} if reached else {}),
            **(detail or {}),
        },
    )
