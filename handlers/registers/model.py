"""The tables of the clue register: clues, their people, hand-overs, documents, opinions, meetings and record.

Units are named by their code and staff by their login, as groups and candidates name them. Nothing here is
deleted or overwritten but the register entry itself, whose every change leaves a row in the record.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, Numeric, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from workflows.model import Base, new_id


class Clue(Base):
    """One problem clue (问题线索), from the transfer form to the disposal. Facts are of class C."""

    __tablename__ = "clue"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    transfer_no: Mapped[str] = mapped_column(String(32), unique=True)
    receipt_no: Mapped[str | None] = mapped_column(String(32), unique=True)
    clue_no: Mapped[str | None] = mapped_column(
        String(32), unique=True
    )  #: from registration on, never reused
    instance_id: Mapped[str | None] = mapped_column(String(64), index=True)

    source: Mapped[str] = mapped_column(String(8))  #: SR01 …
    agency_code: Mapped[str] = mapped_column(String(32), index=True)  #: unit that handed the clue over
    legal_basis: Mapped[str] = mapped_column(String(32))
    domain: Mapped[str] = mapped_column(String(32))
    facts: Mapped[str] = mapped_column(Text)
    event_from: Mapped[date | None]
    event_to: Mapped[date | None]
    amount: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))  #: yuan
    agency_conclusion: Mapped[str] = mapped_column(Text, default="")
    urgency: Mapped[str] = mapped_column(String(8), default="normal")  #: normal major, as the agency sees it
    contact: Mapped[str]
    head_sign: Mapped[str]
    named_report: Mapped[bool] = mapped_column(
        default=False
    )  #: a reporter who gave a name; the name is not here
    content_digest: Mapped[str | None] = mapped_column(String(64), index=True)  #: see `repeats.digest`
    repeat_report: Mapped[bool] = mapped_column(default=False)  #: the same reporter on the same facts again
    report_no: Mapped[str | None] = mapped_column(
        String(40)
    )  #: by which the intake office finds the reporter

    submitted_by: Mapped[str] = mapped_column(index=True)
    submitted_at: Mapped[datetime]
    received_by: Mapped[str | None]
    received_at: Mapped[datetime | None]
    registered_by: Mapped[str | None]
    registered_at: Mapped[datetime | None]

    secrecy: Mapped[str] = mapped_column(String(1), default="C")  #: P I R C
    stage: Mapped[str] = mapped_column(String(32), index=True)  #: code of `codes/clue_stages.csv`
    competence: Mapped[str | None] = mapped_column(String(8))  #: yes no part
    competent_body: Mapped[str | None]  #: whose it is, in whole or in part
    category: Mapped[str | None] = mapped_column(String(8))  #: PC1 …
    tags: Mapped[list[Any]] = mapped_column(default=list)
    summary: Mapped[str | None] = mapped_column(Text)
    management: Mapped[str | None] = mapped_column(String(16))  #: principal committee below
    major: Mapped[bool] = mapped_column(default=False)  #: as decided at registration
    major_signs: Mapped[list[Any]] = mapped_column(default=list)
    duplicate_of: Mapped[str | None] = mapped_column(ForeignKey("clue.id"), index=True)
    split_from: Mapped[str | None] = mapped_column(
        ForeignKey("clue.id"), unique=True
    )  #: the clue of which it was a part; a clue is split once
    office_code: Mapped[str | None] = mapped_column(String(32), index=True)  #: handling office
    way: Mapped[str | None] = mapped_column(String(8))  #: DW1 … as approved
    review_on: Mapped[date | None]  #: of a held clue
    reopen_condition: Mapped[str | None] = mapped_column(Text)
    close_reason: Mapped[str | None] = mapped_column(String(32))
    resolution: Mapped[str | None] = mapped_column(
        String(32)
    )  #: what came of DW1 and DW2: code of `codes/clue_resolutions.csv`
    concluded_at: Mapped[datetime | None]
    feedback: Mapped[str | None] = mapped_column(Text)  #: the result as the agency is told

    __table_args__ = (Index("ix_clue_submitted_at_id", "submitted_at", "id"),)

    @property
    def scope_id(self) -> str:
        """The matter as the engine and the wall name it."""
        return f"clue:{self.id}"


#: The kind of a subject who answers for what others did (`handlers.accountability`): it is not about him.
DUTY = "duty"


class ClueSubject(Base):
    """A person or an organisation the clue is about (被反映人), as the agency wrote it."""

    __tablename__ = "clue_subject"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8), default="person")  #: person org, or `DUTY`
    name: Mapped[str]
    unit: Mapped[str] = mapped_column(default="")
    post: Mapped[str] = mapped_column(default="")
    rank: Mapped[str | None] = mapped_column(String(8))  #: RK01 …
    political_status: Mapped[str | None] = mapped_column(String(16))
    unit_code: Mapped[str | None] = mapped_column(String(32), index=True)  #: where the unit is one we know


class ClueHandler(Base):
    """An assignment of a handler to a clue; it ends by reassignment, never by deletion."""

    __tablename__ = "clue_handler"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    login: Mapped[str] = mapped_column(index=True)
    assigned_by: Mapped[str]
    assigned_at: Mapped[datetime]
    declared_at: Mapped[datetime | None]  #: signed for the file and declared on recusal
    recused: Mapped[bool] = mapped_column(default=False)
    grounds: Mapped[str] = mapped_column(Text, default="")
    ended_at: Mapped[datetime | None]  #: set: no longer a handler


class Handover(Base):
    """A clue passing from hand to hand; both sides sign (every hand-over is recorded, 监督执纪工作规则)."""

    __tablename__ = "handover"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    step: Mapped[str] = mapped_column(String(64))
    from_login: Mapped[str | None]
    from_unit: Mapped[str | None] = mapped_column(String(32))
    to_login: Mapped[str | None]
    to_unit: Mapped[str | None] = mapped_column(String(32))
    at: Mapped[datetime]
    signed_by_from_at: Mapped[datetime | None]
    signed_by_to_at: Mapped[datetime | None]
    carrier: Mapped[str] = mapped_column(default="")


class Document(Base):
    """A paper of the matter, byte for byte; a new version is a new row."""

    __tablename__ = "document"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))  #: code of `codes/document_kinds.csv`
    number: Mapped[str | None] = mapped_column(String(32))
    title: Mapped[str]
    secrecy: Mapped[str] = mapped_column(String(1), default="C")  #: P I R C
    media_type: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    cleaned: Mapped[
        dict[str, Any] | None
    ]  #: what was taken out of the file that came, see `handlers.cleaning`
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class Opinion(Base):
    """What somebody proposed or decided at a step, signed; a later opinion never replaces an earlier one."""

    __tablename__ = "opinion"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    step: Mapped[str] = mapped_column(String(64))
    stage: Mapped[str | None] = mapped_column(String(32))  #: of `codes/stages.csv`; none: the clue's own
    login: Mapped[str]
    on_behalf_of: Mapped[str | None]  #: in whose place he signed
    decision: Mapped[str] = mapped_column(String(32))
    opinion: Mapped[str] = mapped_column(Text, default="")
    detail: Mapped[dict[str, Any] | None]
    signed_at: Mapped[datetime]


class Meeting(Base):
    """The record of a collective study or a joint meeting; there is no single-signature path."""

    __tablename__ = "meeting"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    number: Mapped[str | None] = mapped_column(String(32), unique=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    step: Mapped[str] = mapped_column(String(64))
    stage: Mapped[str | None] = mapped_column(String(32))  #: as an opinion's
    act: Mapped[str | None] = mapped_column(String(32))  #: what it decided on: code of `codes/acts.csv`
    body: Mapped[str]
    held_on: Mapped[date]
    present: Mapped[list[Any]]
    recused: Mapped[list[Any]]
    opinions: Mapped[list[Any]]
    vote: Mapped[str] = mapped_column(default="")
    resolution: Mapped[str] = mapped_column(Text)
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class Assignment(Base):
    """A clue that was assigned from above: by whom, since when, until when, and the report that answers it."""

    __tablename__ = "assignment"

    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), primary_key=True)
    assigned_by: Mapped[str] = mapped_column(default="")
    assignment_no: Mapped[str] = mapped_column(String(100), default="")
    assigned_on: Mapped[date]
    limit_version: Mapped[int]  #: of T08, as it was on that day
    first_due_at: Mapped[datetime]
    due_at: Mapped[datetime]  #: with all pauses and extensions that were granted
    report_no: Mapped[str | None] = mapped_column(String(100))
    reported_on: Mapped[date | None]
    reported_by: Mapped[str | None]
    result: Mapped[str | None] = mapped_column(Text)


class DeadlineChange(Base):
    """A pause of a running limit, its end, or an extension: who asked and why, who decided, the due dates."""

    __tablename__ = "deadline_change"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    act: Mapped[str] = mapped_column(String(8))  #: extend pause resume
    rule_id: Mapped[str] = mapped_column(String(16))
    instance_id: Mapped[str | None] = mapped_column(String(64))  #: with rule and start: which clock
    start_at: Mapped[datetime | None]
    level: Mapped[str] = mapped_column(String(32))  #: who decides: A4, A2/A3, UP
    n: Mapped[int | None]  #: of an extension: so many of the rule's units
    unit: Mapped[str] = mapped_column(String(16))
    effective_at: Mapped[datetime | None]  #: since when it stands, or runs again
    ground: Mapped[str] = mapped_column(String(64))  #: code of `extension_reasons` or `pause_reasons`
    reason: Mapped[str] = mapped_column(Text)
    paper_no: Mapped[str | None] = mapped_column(String(100))  #: of the document that it begins or ends by
    paper_id: Mapped[str | None] = mapped_column(ForeignKey("document.id"))
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    old_due_at: Mapped[datetime | None]  #: none while the clock stands
    new_due_at: Mapped[datetime | None]  #: set once it is granted; none while the clock stands
    decision: Mapped[str | None] = mapped_column(String(16))  #: agree refuse
    opinion: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[str | None]  #: who decided, or entered what was decided above
    decided_on: Mapped[date | None]
    document_no: Mapped[str | None] = mapped_column(String(100))  #: of the reply from above
    reported_on: Mapped[date | None]  #: told to the commission above
    reported_no: Mapped[str | None] = mapped_column(String(100))
    reported_by: Mapped[str | None]


class MatterEvent(Base):
    """One line in the record of a matter: what happened, by whom, when; pages put it into words."""

    __tablename__ = "matter_event"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    scope_id: Mapped[str] = mapped_column(index=True)  #: `clue:<id>`
    stage: Mapped[str | None] = mapped_column(String(32))  #: of `codes/stages.csv`; none: the clue's own
    at: Mapped[datetime]
    actor: Mapped[str | None]  #: login; none when a timer acts
    on_behalf_of: Mapped[str | None]  #: in whose place
    code: Mapped[str] = mapped_column(String(64))
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
