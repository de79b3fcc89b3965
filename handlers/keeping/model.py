"""The registers of keeping: holds, the archive, who opened it, and what was destroyed by whose decision."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Index, String, Text, and_, bindparam, exists, not_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from workflows import clock
from workflows.errors import Conflict
from workflows.model import Base, UtcDateTime, new_id


class Hold(Base):
    """That nothing of a matter is destroyed (暂停销毁) until somebody lifts it; several may stand."""

    __tablename__ = "legal_hold"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    scope_id: Mapped[str] = mapped_column(index=True)
    authority: Mapped[str]  #: who ordered it, and the number of the paper
    reason: Mapped[str] = mapped_column(Text)
    placed_by: Mapped[str]
    placed_at: Mapped[datetime]
    lifted_by: Mapped[str | None]
    lifted_at: Mapped[datetime | None]
    lift_reason: Mapped[str] = mapped_column(Text, default="")


class Archived(Base):
    """That a closed matter lies in the archive: read-only and out of every list until it is taken out."""

    __tablename__ = "archived_matter"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    scope_id: Mapped[str] = mapped_column(index=True)
    archived_by: Mapped[str]
    archived_at: Mapped[datetime]
    taken_out_by: Mapped[str | None]
    taken_out_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")  #: why it was taken out


class Opening(Base):
    """That one person reads one archived matter for some hours: for a purpose, with a reason."""

    __tablename__ = "archive_opening"
    __table_args__ = (Index("ix_archive_opening_scope_id_login", "scope_id", "login"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    scope_id: Mapped[str]
    login: Mapped[str]
    purpose: Mapped[str] = mapped_column(String(32))  #: code of `codes/archive_purposes.csv`
    reason: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    until: Mapped[datetime]


class Destruction(Base):
    """One line of the register of destruction (销毁清册): proposed at the end of the period, decided by another."""

    __tablename__ = "destruction"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    scope_id: Mapped[str] = mapped_column(index=True)
    instance_id: Mapped[str] = mapped_column(String(64), index=True)  #: of the process that decides
    what: Mapped[str] = mapped_column(String(16))  #: matter reporter
    kind: Mapped[str] = mapped_column(String(32))  #: of `retention.csv`, with its version
    version: Mapped[int]
    kept_until: Mapped[date]  #: by that period
    reason: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16), default="proposed")  #: proposed agreed refused done
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    opinion: Mapped[str] = mapped_column(Text, default="")
    again_on: Mapped[date | None]  #: of a refusal: when it is to be appraised again
    done_at: Mapped[datetime | None]
    erased: Mapped[dict[str, Any] | None]  #: how many rows of which register


def held(session: Session, scope_id: str) -> list[Hold]:
    """Return the holds that stand on a matter."""
    standing = select(Hold).where(Hold.scope_id == scope_id, Hold.lifted_at.is_(None))
    return list(session.scalars(standing.order_by(Hold.placed_at)))


def guard_held(session: Session, scope_id: str) -> None:
    """Raise Conflict where a hold stands: whoever destroys something of a matter asks here, in his transaction."""
    if held(session, scope_id):
        raise Conflict("A hold stands on the matter: nothing of it is destroyed.", code="held")


def archived(session: Session, scope_id: str) -> Archived | None:
    """Return the row by which a matter lies in the archive now."""
    lies = select(Archived).where(Archived.scope_id == scope_id, Archived.taken_out_at.is_(None))
    return session.scalars(lies.limit(1)).first()


def hidden(login: str, scope_id: Any) -> ColumnElement[bool]:
    """Return the condition that a matter lies in the archive and this person has not opened it."""
    # Built once and kept: the present instant is asked for at each execution.
    now = bindparam(None, callable_=clock.now, type_=UtcDateTime(), unique=True)
    lies = exists().where(Archived.scope_id == scope_id, Archived.taken_out_at.is_(None))
    opened = exists().where(Opening.scope_id == scope_id, Opening.login == login, Opening.until > now)
    return and_(lies, not_(opened))


def sealed(session: Session, login: str, scope_id: str | None) -> bool:
    """Return whether the archive hides a matter from somebody now: `hidden`, for one row."""
    if scope_id is None or archived(session, scope_id) is None:
        return False
    mine = select(Opening.id).where(
        Opening.scope_id == scope_id, Opening.login == login, Opening.until > clock.now()
    )
    return session.scalar(mine.limit(1)) is None
