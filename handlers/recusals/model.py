"""The register of recusals, and the condition by which it hides a matter."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Index, String, Text, exists, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from workflows.model import Base, new_id

#: Waits for its decision: until then the person acts in the matter no more, and still sees it.
ASKED = "asked"
#: Decided: the matter does not exist for the person.
RECUSED = "recused"


class Recusal(Base):
    """That one person has to keep out of one matter (监察法 67); it ends by being lifted, never by deletion."""

    __tablename__ = "recusal"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    scope_id: Mapped[str]  #: the matter, as the engine and the wall name it
    login: Mapped[str]  #: who is to keep out
    state: Mapped[str] = mapped_column(String(16))  #: asked recused refused lifted
    ground: Mapped[str] = mapped_column(String(32))  #: code of `codes/recusal_grounds.csv`
    reason: Mapped[str] = mapped_column(Text, default="")
    asked_by: Mapped[str]  #: himself, where he recuses himself
    asked_at: Mapped[datetime]
    instance_id: Mapped[str | None] = mapped_column(String(64), index=True)  #: of the process that decides
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    opinion: Mapped[str] = mapped_column(Text, default="")
    document_no: Mapped[str] = mapped_column(
        String(100), default=""
    )  #: of the commission above, where it decided
    decided_on: Mapped[date | None]  #: by the commission above
    earlier_steps: Mapped[list[Any]] = mapped_column(
        default=list
    )  #: steps that the person had finished before
    review: Mapped[str | None] = mapped_column(String(16))  #: of that work: stands, redone
    review_opinion: Mapped[str] = mapped_column(Text, default="")
    reviewed_by: Mapped[str | None]
    reviewed_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None]
    lifted_at: Mapped[datetime | None]
    lift_reason: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (Index("ix_recusal_login_scope_id", "login", "scope_id"),)


def blocking(login: Any, scope_id: Any) -> ColumnElement[bool]:
    """Return the condition that somebody is recused from a matter; either is a text or a column."""
    row = select(Recusal.id).where(
        Recusal.login == login, Recusal.scope_id == scope_id, Recusal.state == RECUSED
    )
    return exists(row.correlate_except(Recusal))


def state_of(session: Session, login: str, scope_id: str | None) -> str | None:
    """Return whether somebody is kept from a matter (`recused`), may be (`asked`), or not (None)."""
    if scope_id is None:
        return None
    rows = select(Recusal.state).where(
        Recusal.login == login, Recusal.scope_id == scope_id, Recusal.state.in_((ASKED, RECUSED))
    )
    found = session.scalars(rows).all()
    return RECUSED if RECUSED in found else ASKED if found else None
