"""The registers of what follows a finding of untrue, or an honest failure (domain §3e).

Names stay in `clue_subject`; a prior filing belongs to no matter and has its own files.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from workflows.model import Base, new_id


class Clarification(Base):
    """One clearing of one person or organisation (澄清): from the assessment to the check for retaliation."""

    __tablename__ = "clarification"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("clue_subject.id"))
    instance_id: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[str] = mapped_column(String(16), index=True)  #: of `codes/clarification_states.csv`
    applicant: Mapped[str | None] = mapped_column(
        String(16)
    )  #: self family unit office; none: begun by a finding
    applied_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    harm: Mapped[list[Any]] = mapped_column(default=list)  #: of `codes/clarification_harms.csv`
    rumour: Mapped[str] = mapped_column(Text, default="")  #: how far it went
    refusal: Mapped[str | None] = mapped_column(String(16))  #: of `codes/clarification_refusals.csv`
    consent_by: Mapped[str | None] = mapped_column(String(16))  #: self family unit
    consented_on: Mapped[date | None]
    consents_public: Mapped[bool | None]  #: none: does not want to be cleared at all
    wishes: Mapped[str] = mapped_column(Text, default="")
    methods: Mapped[list[Any]] = mapped_column(default=list)  #: of `codes/clarification_methods.csv`
    text: Mapped[str] = mapped_column(Text, default="")  #: the result only
    audience: Mapped[str] = mapped_column(Text, default="")
    place: Mapped[str] = mapped_column(Text, default="")
    clarified_on: Mapped[date | None]
    reaction: Mapped[str] = mapped_column(Text, default="")
    organisation_told_on: Mapped[date | None]
    archive_told_on: Mapped[date | None]
    retaliation: Mapped[str | None] = mapped_column(String(16))  #: none signs
    retaliation_note: Mapped[str] = mapped_column(Text, default="")


class ClarificationVisit(Base):
    """A return visit (回访) to who was cleared, or to the family."""

    __tablename__ = "clarification_visit"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    clarification_id: Mapped[int] = mapped_column(ForeignKey("clarification.id"), index=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    visited_on: Mapped[date]
    visited: Mapped[str] = mapped_column(String(16))  #: self family unit
    removed: Mapped[bool]  #: the harm is removed
    result: Mapped[str] = mapped_column(Text)
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class ToleranceFiling(Base):
    """A matter that a unit filed before it tried something (容错报备). It is no immunity."""

    __tablename__ = "tolerance_filing"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    instance_id: Mapped[str] = mapped_column(String(64), unique=True)
    unit_code: Mapped[str] = mapped_column(String(32), index=True)
    matter: Mapped[str] = mapped_column(Text)
    legal_basis: Mapped[str] = mapped_column(Text)
    risks: Mapped[str] = mapped_column(Text)
    safeguards: Mapped[str] = mapped_column(Text)
    filed_by: Mapped[str]
    filed_at: Mapped[datetime]
    returned: Mapped[str] = mapped_column(Text, default="")  #: what was lacking last
    received_by: Mapped[str | None]
    received_at: Mapped[datetime | None]  #: complete, with its receipt: counted from now on


class FilingFile(Base):
    """The file of the collective decision behind a filing, byte for byte."""

    __tablename__ = "tolerance_filing_file"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    filing_id: Mapped[str] = mapped_column(ForeignKey("tolerance_filing.id"), index=True)
    title: Mapped[str]
    media_type: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class Tolerance(Base):
    """One determination (容错认定) about one person or body."""

    __tablename__ = "tolerance"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    subject_id: Mapped[int | None] = mapped_column(ForeignKey("clue_subject.id"))  #: chosen by the assessment
    instance_id: Mapped[str] = mapped_column(String(64), unique=True)
    filing_id: Mapped[str | None] = mapped_column(ForeignKey("tolerance_filing.id"))
    raised_by: Mapped[str] = mapped_column(String(16))  #: self unit office
    raised_on: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    grounds: Mapped[list[Any]] = mapped_column(default=list)  #: of `codes/tolerance_grounds.csv`
    hard_stops: Mapped[list[Any]] = mapped_column(default=list)  #: of `codes/tolerance_hard_stops.csv`
    conclusion: Mapped[str] = mapped_column(Text, default="")
    proposed: Mapped[str | None] = mapped_column(String(16))
    outcome: Mapped[str | None] = mapped_column(String(16))  #: of `codes/tolerance_outcomes.csv`
    decided_on: Mapped[date | None]
    meeting_no: Mapped[str | None] = mapped_column(String(32))
    person_told_on: Mapped[date | None]
    unit_told_on: Mapped[date | None]
    copied_on: Mapped[date | None]  #: to the organisation department
    correction: Mapped[str] = mapped_column(Text, default="")  #: what is put right, and until when


class ToleranceCriterion(Base):
    """What one of the seven criteria scored in a determination, and on which evidence."""

    __tablename__ = "tolerance_criterion"

    tolerance_id: Mapped[int] = mapped_column(ForeignKey("tolerance.id"), primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  #: scored again after a return
    criterion: Mapped[str] = mapped_column(String(16), primary_key=True)  #: of `codes/tolerance_criteria.csv`
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    score: Mapped[str] = mapped_column(String(16))  #: of `codes/tolerance_scores.csv`
    evidence: Mapped[str] = mapped_column(Text)


class FalseAccusation(Base):
    """One finding on a false accusation (诬告陷害认定). Who reported stands in the vault and nowhere else."""

    __tablename__ = "false_accusation"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    instance_id: Mapped[str] = mapped_column(String(64), unique=True)
    signs: Mapped[list[Any]] = mapped_column(default=list)  #: of `codes/fabrication_signs.csv`
    raised_on: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    judgement: Mapped[str | None] = mapped_column(String(16))  #: mistaken fabricated
    basis: Mapped[str] = mapped_column(Text, default="")
    determined_by: Mapped[str | None] = mapped_column(String(8))  #: A4 here, or UP
    document_no: Mapped[str | None] = mapped_column(String(100))  #: of the decision from above
    decision: Mapped[str | None] = mapped_column(String(16))  #: agree return refuse
    decided_on: Mapped[date | None]
    consequence: Mapped[str | None] = mapped_column(String(16))  #: of `codes/accusation_consequences.csv`
    gains: Mapped[str] = mapped_column(Text, default="")  #: what was gained by it and is withdrawn
    carried_out_on: Mapped[date | None]
