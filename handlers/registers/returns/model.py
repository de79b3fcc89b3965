"""The tables of returns: who owes them, the periods, what each agency returned, what has to be put right."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from workflows.model import Base, new_id

#: How the scope of an instance or task names a return period.
PREFIX = "period:"


class ReturnDuty(Base):
    """An agency owes returns from `since` until the day before `until`; it may owe them again later."""

    __tablename__ = "return_duty"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    agency_code: Mapped[str] = mapped_column(String(32))
    since: Mapped[date]
    until: Mapped[date | None]

    __table_args__ = (UniqueConstraint("agency_code", "since"),)


class ReturnPeriod(Base):
    """A return period that was opened, such as 2026-09/10."""

    __tablename__ = "return_period"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    label: Mapped[str] = mapped_column(String(32), unique=True)
    first_on: Mapped[date] = mapped_column(index=True)
    last_on: Mapped[date]
    due_on: Mapped[date]  #: last day in time; who was asked late has his own
    state: Mapped[str] = mapped_column(String(16), default="open")  #: open | closed: nobody is waited for
    opened_at: Mapped[datetime]
    opened_by: Mapped[str | None]  #: login; none when the calendar opened it
    closed_at: Mapped[datetime | None]

    @property
    def scope_id(self) -> str:
        """The period as the engine and the wall name it."""
        return f"{PREFIX}{self.id}"


class AgencyReturn(Base):
    """What one agency owes for one period, and what it returned."""

    __tablename__ = "agency_return"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    period_id: Mapped[str] = mapped_column(ForeignKey("return_period.id"))
    agency_code: Mapped[str] = mapped_column(String(32), index=True)
    instance_id: Mapped[str] = mapped_column(String(64), index=True)  #: the process that asks for it
    due_on: Mapped[date]
    #: open | returned | nil | late (a list or nil return after the due day) | missed (the due day has passed)
    #: | released (nobody asks for it any more)
    state: Mapped[str] = mapped_column(String(16), default="open", index=True)
    kind: Mapped[str | None] = mapped_column(String(16))  #: batch nil
    number: Mapped[str | None] = mapped_column(String(32), unique=True)  #: BS-2026-00001
    clues: Mapped[int] = mapped_column(default=0)  #: how many it lists
    ahead: Mapped[int] = mapped_column(default=0)  #: of them, sent ahead as major
    head_sign: Mapped[str | None]  #: the head of the agency
    signed_by: Mapped[str | None]  #: login
    signed_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")  #: why late, or why released
    paper: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    paper_sha256: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (UniqueConstraint("period_id", "agency_code"),)


class ReturnedClue(Base):
    """A clue stands in one return, the only one that lists it."""

    __tablename__ = "returned_clue"

    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), primary_key=True)
    return_id: Mapped[str] = mapped_column(ForeignKey("agency_return.id"), index=True)
    ahead: Mapped[bool] = mapped_column(default=False)  #: a major clue, sent at once (T10B)


class ReturnUrging(Base):
    """What the head of case supervision did about the returns that were overdue."""

    __tablename__ = "return_urging"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    period_id: Mapped[str] = mapped_column(ForeignKey("return_period.id"), index=True)
    login: Mapped[str]
    at: Mapped[datetime]
    measures: Mapped[str] = mapped_column(Text)


class RectificationItem(Base):
    """Something a unit has to put right under supervision (督办整改), from whatever source; never twice."""

    __tablename__ = "rectification_item"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    source: Mapped[str] = mapped_column(String(32))  #: missed_returns
    agency_code: Mapped[str] = mapped_column(String(32), index=True)
    periods: Mapped[str] = mapped_column(String(64))  #: labels, separated by a blank: what it is about
    opened_on: Mapped[date]
    opened_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16), default="open")

    __table_args__ = (
        UniqueConstraint("source", "agency_code", "periods"),
        Index("ix_rectification_item_state", "state", "opened_at"),
    )
