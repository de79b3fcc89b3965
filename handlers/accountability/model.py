"""The tables of dual investigation (一案双查): judgments, those who answer for what others did, and inquiries.

Who answers is a subject of the clue of the kind `duty`: recusal by name, masking and erasure find him there, and
nobody counts him among the persons whom the matter is about.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from workflows.model import Base, new_id


class DualJudgement(Base):
    """One judgment on whether to look at the leadership behind a case, too (双查研判表)."""

    __tablename__ = "dual_judgement"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    case_id: Mapped[str | None] = mapped_column(ForeignKey("case_file.id"))  #: the source case, once filed
    instance_id: Mapped[str] = mapped_column(String(64), index=True)  #: of the process that asked
    point: Mapped[str] = mapped_column(String(16))  #: of `codes/dual_points.csv`
    trigger: Mapped[str] = mapped_column(String(32))  #: of `codes/dual_triggers.csv`
    dual_type: Mapped[str] = mapped_column(String(1))  #: of `codes/dual_types.csv`: L S H
    unit: Mapped[str]  #: in which it happened
    unit_code: Mapped[str | None] = mapped_column(String(32))
    proposal: Mapped[str] = mapped_column(String(16))  #: of `codes/dual_results.csv`: none inside start
    reasons: Mapped[str] = mapped_column(Text)
    result: Mapped[str | None] = mapped_column(String(16))  #: what was approved of it
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]


class Inquiry(Base):
    """One accountability inquiry (问责调查) of one judgment, linked to its source case and counted apart from it."""

    __tablename__ = "accountability_inquiry"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    case_id: Mapped[str | None] = mapped_column(ForeignKey("case_file.id"))
    judgement_id: Mapped[str] = mapped_column(ForeignKey("dual_judgement.id"))
    instance_id: Mapped[str] = mapped_column(String(64), index=True)
    lead: Mapped[str | None] = mapped_column(
        String(32)
    )  #: code of the office that inquires; `UP`: the commission above
    basis: Mapped[str] = mapped_column(Text, default="")  #: why it is started
    started_at: Mapped[datetime | None]  #: approved
    team: Mapped[list[Any]] = mapped_column(default=list)  #: logins
    objective: Mapped[str] = mapped_column(Text, default="")  #: factors that nobody answers for
    tolerance: Mapped[str | None] = mapped_column(String(16))  #: of `codes/tolerance_findings.csv`
    tolerance_basis: Mapped[str] = mapped_column(Text, default="")
    report: Mapped[str] = mapped_column(Text, default="")
    outcome: Mapped[str | None] = mapped_column(
        String(16)
    )  #: of `codes/accountability_outcomes.csv`: the gravest
    decided_on: Mapped[date | None]
    announced_on: Mapped[date | None]
    published: Mapped[str] = mapped_column(Text, default="")  #: how, or why not
    archived_on: Mapped[date | None]
    self_criticism_on: Mapped[date | None]
    posts_changed_on: Mapped[date | None]
    closed_at: Mapped[datetime | None]


class InquiryMember(Base):
    """Who takes part in an inquiry, as of its team or as head of the office that leads it, until it is closed."""

    __tablename__ = "inquiry_member"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    inquiry_id: Mapped[str] = mapped_column(ForeignKey("accountability_inquiry.id"), index=True)
    login: Mapped[str] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]


class DutyOwner(Base):
    """An organisation or a person that answers for a unit, and what was found and decided of it."""

    __tablename__ = "duty_owner"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    judgement_id: Mapped[str] = mapped_column(ForeignKey("dual_judgement.id"), index=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("clue_subject.id"))
    object: Mapped[str] = mapped_column(
        String(16)
    )  #: of `codes/accountability_objects.csv`: person organisation
    responsibility: Mapped[str] = mapped_column(String(8))  #: RS1 … RS4
    since: Mapped[date]  #: begin of the tenure
    until: Mapped[date | None]  #: its end; None: still there
    known: Mapped[str] = mapped_column(String(16))  #: of `codes/duty_knowledge.csv`
    action: Mapped[str] = mapped_column(Text)  #: what he did about it
    filed_case_id: Mapped[str | None] = mapped_column(
        ForeignKey("case_file.id")
    )  #: he is filed already: handled inside that case (问责条例 9)
    standing: Mapped[str | None] = mapped_column(String(16))  #: of `codes/duty_standings.csv`, when decided
    statement: Mapped[str] = mapped_column(Text, default="")
    heard_on: Mapped[date | None]
    outcome: Mapped[str | None] = mapped_column(String(16))  #: of `codes/accountability_outcomes.csv`
    ways: Mapped[list[Any]] = mapped_column(default=list)  #: AO1 … or AP1 …
    facts: Mapped[str] = mapped_column(Text, default="")  #: for which he answers
    organisational: Mapped[str | None] = mapped_column(
        String(8)
    )  #: of `codes/organisational_measures.csv`: OM1 …
    committee_on: Mapped[date | None]  #: day of the Party committee's decision on it
    committee_no: Mapped[str] = mapped_column(String(64), default="", server_default="")
