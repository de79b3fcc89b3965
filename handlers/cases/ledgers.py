"""The ledgers of a verification and an investigation: measures, evidence, talks, property, facts shown to the person."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Numeric, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from workflows.model import Base


class Measure(Base):
    """One measure (措施): asked for, approved by whoever may, carried out by two."""

    __tablename__ = "case_measure"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))  #: code of `codes/measures.csv`
    stage: Mapped[str] = mapped_column(String(32))  #: verification investigation
    subject_id: Mapped[int | None] = mapped_column(ForeignKey("clue_subject.id"))
    target: Mapped[str]  #: whom or what it is taken against
    reason: Mapped[str] = mapped_column(Text)
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16), default="asked")  #: asked approved refused done ended
    approver: Mapped[str | None]  #: who decided last
    decided_at: Mapped[datetime | None]
    done_on: Mapped[date | None]
    record: Mapped[str] = mapped_column(Text, default="")
    done_by: Mapped[str | None]
    ended_on: Mapped[date | None]  #: before its time, for instance because the person died


class Evidence(Base):
    """One piece of evidence (证据): what it is, where it is from, who took it."""

    __tablename__ = "case_evidence"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    number: Mapped[int]  #: within the matter
    kind: Mapped[str] = mapped_column(String(16))  #: code of `codes/evidence_kinds.csv`
    title: Mapped[str]
    source: Mapped[str]
    taken_on: Mapped[date]
    proves: Mapped[str] = mapped_column(Text)
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class PropertyItem(Base):
    """One thing of value (涉案财物): how it came here, and when it was released if it has nothing to do with the case."""

    __tablename__ = "case_property"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    number: Mapped[int]  #: within the matter
    name: Mapped[str]
    holder: Mapped[str]
    way: Mapped[str] = mapped_column(String(16))  #: code of `codes/property_ways.csv`
    amount: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))  #: yuan
    taken_on: Mapped[date]
    place: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    unrelated_on: Mapped[date | None]  #: found to have nothing to do with the case: T23 runs
    released_on: Mapped[date | None]
    release: Mapped[str] = mapped_column(Text, default="")
    released_by: Mapped[str | None]


class Talk(Base):
    """One talk of a verification or an investigation (谈话、询问), held by two and signed by both."""

    __tablename__ = "case_talk"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    stage: Mapped[str] = mapped_column(String(32))  #: verification investigation
    with_whom: Mapped[str]
    place: Mapped[str]
    held_on: Mapped[date]
    staff: Mapped[list[Any]]  #: logins, two at least
    record: Mapped[str] = mapped_column(Text)
    filmed: Mapped[bool]  #: recorded in sound and picture, as key talks are
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class Showing(Base):
    """That the facts found were shown to a person (事实材料见面): his opinion, or that he refused to give one."""

    __tablename__ = "case_showing"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("clue_subject.id"))
    shown_on: Mapped[date]
    facts: Mapped[str] = mapped_column(Text)
    opinion: Mapped[str] = mapped_column(Text, default="")
    refusal: Mapped[str] = mapped_column(Text, default="")  #: why he did not sign
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
