"""What a person is told on his own page: one row a person, never a name or a narrative in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    ForeignKey,
    Index,
    String,
    and_,
    func,
    not_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from handlers.recusals import blocking
from workflows import clock
from workflows.errors import NotFound
from workflows.model import Base

PAGE = 50


class Notification(Base):
    """One line on the page of `login`; pages put `code` and `params` into words."""

    __tablename__ = "notification"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    login: Mapped[str]
    at: Mapped[datetime]
    code: Mapped[str] = mapped_column(String(64))
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)  #: numbers, steps and dates only
    scope_id: Mapped[str | None] = mapped_column(index=True)
    task_id: Mapped[str | None] = mapped_column(ForeignKey("task.id"), index=True)
    level: Mapped[str] = mapped_column(String(16), default="normal")  #: normal remind warn alarm overdue
    read_at: Mapped[datetime | None]
    spread: Mapped[bool] = mapped_column(default=False)  #: whether its messages have been written: see outbox

    __table_args__ = (
        Index("ix_notification_login_id", "login", "id"),
        Index(
            "ix_notification_unspread",
            "id",
            postgresql_where=text("NOT spread"),
            sqlite_where=text("spread = 0"),
        ),
        Index("ix_notification_login_read_at", "login", "read_at"),
    )


@dataclass(frozen=True)
class Page:
    """Some notifications, newest first, and where to go on: None when there are no more."""

    rows: list[Notification]
    next: int | None


def notify(
    session: Session,
    logins: Iterable[str],
    *,
    code: str,
    params: Mapping[str, Any] | None = None,
    scope_id: str | None = None,
    task_id: str | None = None,
    level: str = "normal",
) -> list[str]:
    """Return whom a notification was written for: each login once, in the order given."""
    told = list(dict.fromkeys(logins))
    for login in told:
        session.add(
            Notification(
                login=login,
                at=clock.now(),
                code=code,
                params=dict(params or {}),
                scope_id=scope_id,
                task_id=task_id,
                level=level,
            )
        )
    session.flush()
    return told


def unread_count(session: Session, login: str, *, at_most: int | None = None) -> int:
    """Return how many notifications of the login wait to be read, or `at_most` if there are at least so many."""
    unread = select(Notification.id).where(_of(login), Notification.read_at.is_(None))
    return session.scalar(select(func.count()).select_from(unread.limit(at_most).subquery())) or 0


def opened(session: Session, login: str, notification_id: int) -> Notification:
    """Return a notification of the login, which has read it now; NotFound where it is nobody's or another's."""
    found = session.scalar(select(Notification).where(Notification.id == notification_id, _of(login)))
    if found is None:
        raise NotFound("There is no such notification.", code="notification")
    if found.read_at is None:
        found.read_at = clock.now()
    return found


def listing(
    session: Session, login: str, *, unread: bool = False, before: int | None = None, limit: int = PAGE
) -> Page:
    """Return one page of the login's notifications, newest first; `before` is the last page's `next`."""
    query = select(Notification).where(_of(login)).order_by(Notification.id.desc())
    if unread:
        query = query.where(Notification.read_at.is_(None))
    if before is not None:
        query = query.where(Notification.id < before)
    rows = list(session.scalars(query.limit(limit + 1)))
    return Page(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


def mark_read(session: Session, login: str, ids: Iterable[int] | None = None) -> int:
    """Return how many notifications of the login are newly read: those named, or all."""
    mine = update(Notification).where(Notification.login == login, Notification.read_at.is_(None))
    if ids is not None:
        mine = mine.where(Notification.id.in_(list(ids)))
    return cast("CursorResult[Any]", session.execute(mine.values(read_at=clock.now()))).rowcount


def _of(login: str) -> ColumnElement[bool]:
    # Who is recused from a matter finds nothing of it, not even what he was told before.
    return and_(Notification.login == login, not_(blocking(login, Notification.scope_id)))
