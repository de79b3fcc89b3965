"""The tables of the case line: persons with what the stages need of them, cases, allegations.

Names stay where they are (`clue_subject`): who turns up later is a subject of the clue like those of the transfer, so
that recusal by name, masking and erasure find everybody in one place.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Numeric, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from workflows.model import Base, new_id


class Concerned(Base):
    """A person concerned: who he was when it happened and when it is counted, and how far the matter has come."""

    __tablename__ = "concerned"

    subject_id: Mapped[int] = mapped_column(ForeignKey("clue_subject.id"), primary_key=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)
    rank_at_act: Mapped[str | None] = mapped_column(String(8))  #: RK01 …, when it happened
    rank_at_event: Mapped[str | None] = mapped_column(String(8))  #: RK01 …, when it was counted
    management: Mapped[str | None] = mapped_column(
        String(16)
    )  #: of `codes/managements.csv`, on the day `managed_on`
    managed_on: Mapped[date | None]
    party_member: Mapped[bool | None]
    party_post: Mapped[bool | None]  #: holds a post in the Party
    public_official: Mapped[bool | None]
    congress_post: Mapped[bool | None]  #: elected or appointed by a people's congress (政务处分法 50)
    village_cadre: Mapped[bool | None]  #: of a self-governing body (政务处分法 22)
    inquired_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    filed_at: Mapped[datetime | None]
    sanctioned_at: Mapped[datetime | None]
    died_on: Mapped[date | None]
    retired_on: Mapped[date | None]
    missing_since: Mapped[date | None]
    wanted_on: Mapped[
        date | None
    ]  #: day of the wanted notice: a year later a confiscation may be asked for (监察法 55)


class Case(Base):
    """One case (案件): begun by a filing, of one clue and those joined to it; one number, never reused."""

    __tablename__ = "case_file"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    case_no: Mapped[str] = mapped_column(String(32), unique=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    case_type: Mapped[str] = mapped_column(String(8))  #: CT1 …
    stage: Mapped[str] = mapped_column(String(32), index=True)  #: of `codes/case_stages.csv`
    party_filed_on: Mapped[date | None]
    party_authority: Mapped[str] = mapped_column(default="")  #: who filed it for the Party
    supervisory_filed_on: Mapped[date | None]
    supervisory_authority: Mapped[str] = mapped_column(default="")
    opened_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]  #: by the review: day 0 of T24
    decided_on: Mapped[date | None]
    closed_at: Mapped[datetime | None]
    split_from: Mapped[str | None] = mapped_column(ForeignKey("case_file.id"))


class CasePerson(Base):
    """A person in a case; each has his own decision."""

    __tablename__ = "case_person"

    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("clue_subject.id"), primary_key=True)
    person_no: Mapped[str] = mapped_column(String(40), unique=True)  #: the case's number with a suffix
    outcome: Mapped[str | None] = mapped_column(String(16))  #: of `codes/case_outcomes.csv`
    closed_at: Mapped[datetime | None]


class CaseLink(Base):
    """How a case goes on elsewhere: joined, split, filed anew, handed to another body (domain x5, x6, x8)."""

    __tablename__ = "case_link"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)  #: of the case that is left
    case_id: Mapped[str | None] = mapped_column(ForeignKey("case_file.id"), index=True)
    instance_id: Mapped[str] = mapped_column(index=True)  #: of the process that asks for it
    kind: Mapped[str] = mapped_column(String(16))  #: of `codes/case_links.csv`
    state: Mapped[str] = mapped_column(String(16))  #: asked agreed refused done
    to_clue_id: Mapped[str | None] = mapped_column(ForeignKey("clue.id"), index=True)
    to_case_id: Mapped[str | None] = mapped_column(ForeignKey("case_file.id"))
    subjects: Mapped[list[Any]] = mapped_column(default=list)  #: keys of the subjects that go
    reason: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(default="")  #: another body that takes it over
    document_no: Mapped[str] = mapped_column(default="")  #: of the order on jurisdiction
    handed: Mapped[str] = mapped_column(Text, default="")  #: list of what is handed over
    handed_on: Mapped[date | None]
    received_by: Mapped[str] = mapped_column(default="")
    received_on: Mapped[date | None]
    receipt_no: Mapped[str] = mapped_column(default="")
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class Allegation(Base):
    """One allegation against one person, and what was found of it; a later finding is a row of its own."""

    __tablename__ = "allegation"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("clue_subject.id"), index=True)
    number: Mapped[int]  #: within the matter
    category: Mapped[str] = mapped_column(String(8))  #: PC1 …
    text: Mapped[str] = mapped_column(Text)
    amount: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))  #: yuan
    stage: Mapped[str] = mapped_column(
        String(32)
    )  #: in which it was found so: inquiry verification investigation review
    finding: Mapped[str] = mapped_column(String(16))  #: of `codes/findings.csv`: true partly untrue unproven
    basis: Mapped[str] = mapped_column(Text, default="")  #: on what it rests
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
