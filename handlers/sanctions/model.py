"""The tables of review, decision and execution: what was proposed, heard, decided, and what is in force.

Nothing is overwritten: a later decision names the one that it supersedes, and a later proposal stands beside the earlier.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from workflows.model import Base


class Proposal(Base):
    """What the review proposes for one person (审理报告); the newest holds."""

    __tablename__ = "case_proposal"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), index=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("clue_subject.id"), index=True)
    outcome: Mapped[str] = mapped_column(String(16))  #: of `codes/case_outcomes.csv`
    party: Mapped[str | None] = mapped_column(String(8))  #: PD1 …
    administrative: Mapped[str | None] = mapped_column(String(8))  #: AD1 …
    facts: Mapped[str] = mapped_column(Text)
    assessment: Mapped[str] = mapped_column(Text)  #: of the evidence
    reasons: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime]


class Hearing(Base):
    """That a person was told the facts and the sanction intended, and what he said (政务处分法 43)."""

    __tablename__ = "hearing"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), index=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("clue_subject.id"), index=True)
    told_on: Mapped[date]
    party: Mapped[str | None] = mapped_column(String(8))  #: as it was told
    administrative: Mapped[str | None] = mapped_column(String(8))  #: as it was told
    statement: Mapped[str] = mapped_column(Text)
    adopted: Mapped[str] = mapped_column(String(16))  #: yes partly no
    reasons: Mapped[str] = mapped_column(Text, default="")
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class AgendaItem(Base):
    """A case put before the standing committee: its members see the matter from then on."""

    __tablename__ = "agenda_item"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), index=True)
    reasons: Mapped[str] = mapped_column(Text)
    put_by: Mapped[str]
    put_at: Mapped[datetime]


class Consultation(Base):
    """One letter that asks the organisation department or a unit about what the meeting agreed to, and the reply."""

    __tablename__ = "consultation"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"))
    meeting_no: Mapped[str] = mapped_column(String(32))
    unit_code: Mapped[str | None] = mapped_column(String(32))  #: None: the review enters what comes on paper
    answered_by: Mapped[str] = mapped_column(String(64))  #: the group that may, `role@UNIT`; "" for nobody
    addressee: Mapped[str]
    matter: Mapped[str] = mapped_column(Text)  #: a line for each person: who he is, what is intended
    state: Mapped[str] = mapped_column(String(16))  #: of `codes/consultation_states.csv`
    reply: Mapped[str] = mapped_column(Text, default="")
    asked_at: Mapped[datetime]
    replied_on: Mapped[date | None]
    recorded_by: Mapped[str | None]
    recorded_at: Mapped[datetime | None]


class Decision(Base):
    """The decision on one person of a case; whoever changes it later writes another that supersedes it."""

    __tablename__ = "case_decision"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    number: Mapped[str | None] = mapped_column(String(32), unique=True)  #: given when it is made
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), index=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("clue_subject.id"), index=True)
    state: Mapped[str] = mapped_column(String(16))  #: drafted returned made superseded
    outcome: Mapped[str] = mapped_column(String(16))  #: of `codes/case_outcomes.csv`
    party: Mapped[str | None] = mapped_column(String(8))
    party_months: Mapped[int | None]  #: the effect, the time of probation included
    probation_months: Mapped[int | None]  #: of PD4: 12 or 24
    instead_of_removal: Mapped[bool] = mapped_column(default=False)  #: no Party post to remove him from
    posthumous: Mapped[bool] = mapped_column(
        default=False
    )  #: he was dead: expelled all the same (纪律处分条例 38)
    administrative: Mapped[str | None] = mapped_column(String(8))
    administrative_months: Mapped[int | None]
    facts: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(Text)
    meeting_no: Mapped[str] = mapped_column(String(32))  #: of the standing committee
    authority: Mapped[str] = mapped_column(String(16), default="")  #: of `codes/sanction_authorities.csv`
    committee_on: Mapped[date | None]
    committee_no: Mapped[str] = mapped_column(default="")
    branch_on: Mapped[date | None]  #: the branch meeting's resolution
    branch_special: Mapped[str | None] = mapped_column(String(16))  #: of `codes/branch_exceptions.csv`
    congress_removed_on: Mapped[date | None]
    benefits: Mapped[str | None] = mapped_column(Text)  #: adjusted instead of a sanction (政务处分法 27)
    gains: Mapped[str | None] = mapped_column(
        Text
    )  #: what becomes of unlawful gains where nobody is sanctioned
    party_effective_on: Mapped[date | None]  #: day of the approving body's decision (批准权限和程序规定 5)
    made_on: Mapped[date | None]  #: from which an administrative sanction runs (政务处分法 8)
    announced_on: Mapped[date | None]
    supersedes: Mapped[int | None] = mapped_column(ForeignKey("case_decision.id"))
    effects_instance: Mapped[str | None]  #: the process that watches its periods
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class Sanction(Base):
    """One sanction of a decision, and for how long it has effect; the period ends by itself (政务处分法 26)."""

    __tablename__ = "sanction"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("case_decision.id"), index=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("clue_subject.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))  #: PD1 … AD6
    state: Mapped[str] = mapped_column(String(16))  #: in_force ended revoked
    effective_on: Mapped[date]
    until: Mapped[date | None]  #: the last day of its effect; None: without end
    remainder_days: Mapped[int] = mapped_column(default=0)  #: of an earlier one that it took over
    probation_until: Mapped[date | None]  #: of PD4
    restored_on: Mapped[date | None]  #: the rights of a Party member


class Execution(Base):
    """One act in carrying out a decision: announced, posts changed, reported, property, checked, visited."""

    __tablename__ = "sanction_execution"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("case_decision.id"), index=True)
    act: Mapped[str] = mapped_column(String(16))  #: of `codes/execution_acts.csv`
    done_on: Mapped[date]
    result: Mapped[str] = mapped_column(default="")  #: a code, or before whom it was announced
    remark: Mapped[str] = mapped_column(Text, default="")
    recorded_by: Mapped[str]
    second_by: Mapped[str | None]  #: login of the other one who announced it
    recorded_at: Mapped[datetime]


class Prosecution(Base):
    """That a person was handed to the procuratorate, and what it decided (监察法 52, 54)."""

    __tablename__ = "prosecution"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), index=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("clue_subject.id"), index=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)  #: of the opinion (起诉意见书)
    charge: Mapped[str] = mapped_column(Text)
    facts: Mapped[str] = mapped_column(Text)
    handed: Mapped[str] = mapped_column(Text, default="")  #: file, evidence and property handed over
    handed_on: Mapped[date | None]
    received_by: Mapped[str] = mapped_column(default="")  #: which procuratorate, and who signed
    receipt_no: Mapped[str] = mapped_column(default="")
    returns: Mapped[int] = mapped_column(default=0)  #: for a supplementary investigation, twice at most
    result: Mapped[str | None] = mapped_column(String(16))  #: of `codes/prosecution_results.csv`
    result_on: Mapped[date | None]
    remark: Mapped[str] = mapped_column(Text, default="")
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class RightProof(Base):
    """What proves that a right of a person concerned was kept, or why it could not be (domain §4.3)."""

    __tablename__ = "right_proof"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), index=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("clue_subject.id"), index=True)
    right: Mapped[str] = mapped_column(String(32))  #: of `codes/rights.csv`
    given: Mapped[str] = mapped_column(String(16))  #: proof exception
    text: Mapped[str] = mapped_column(Text)
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
