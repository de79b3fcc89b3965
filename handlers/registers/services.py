"""Service of papers (送达): to whom, when, how, signed for by whom. Its day begins the time for an appeal."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from handlers.registers.model import Clue, ClueSubject, Document
from handlers.registers.record import Answers, clue_of, keep_files, note, who
from workflows.model import Base
from workflows.operations import Context, operation


class Service(Base):
    """One proof of service (送达回证)."""

    __tablename__ = "service"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    subject_id: Mapped[int | None] = mapped_column(
        ForeignKey("clue_subject.id")
    )  #: the person concerned, where it is served on him
    unit_code: Mapped[str | None] = mapped_column(
        String(32), index=True
    )  #: the unit, where it is served on one that we know
    kind: Mapped[str | None] = mapped_column(String(32))  #: code of `codes/document_kinds.csv`
    paper_no: Mapped[str | None] = mapped_column(String(32))
    recipient: Mapped[str]
    served_on: Mapped[date]
    method: Mapped[str] = mapped_column(String(16))  #: code of `codes/service_methods.csv`
    received_by: Mapped[str] = mapped_column(String(16))  #: self unit family refused
    witness: Mapped[str] = mapped_column(default="")
    remark: Mapped[str] = mapped_column(Text, default="")
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


@operation("services.record")
def record(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Keep the proof of service of the paper that the caller names by `paper` and `paper_no`, to `subject_id`."""
    clue = clue_of(context)
    row = Service(
        clue_id=clue.id,
        subject_id=context.variables.get("subject_id"),
        kind=context.variables.get("paper"),
        paper_no=answers.get("paper_no") or context.variables.get("paper_no"),
        recipient=answers["recipient"],
        served_on=date.fromisoformat(answers["served_on"]),
        method=answers["method"],
        received_by=answers["received_by"],
        witness=answers.get("witness") or "",
        remark=answers.get("remark") or "",
        recorded_by=who(context),
        recorded_at=context.now,
    )
    context.session.add(row)
    keep_files(context, clue, answers.get("proof"), "service_proof", "proof")
    note(context, clue, "paper.served", number=row.paper_no, day=answers["served_on"])
    return {"served_on": answers["served_on"]}


@operation("services.paper", use="prefill")
def paper(context: Context) -> dict[str, Any]:
    """Return the number of the paper that is to be served, and on whom, as the caller says."""
    clue = clue_of(context)
    number = context.variables.get("paper_no") or _latest(context, clue)
    return {"paper_no": number, "recipient": _recipient(context)}


def _latest(context: Context, clue: Clue) -> str | None:
    """Return the number of the matter's newest paper of the kind to be served."""
    kind = context.variables.get("paper")
    papers = select(Document.number).where(Document.clue_id == clue.id, Document.kind == kind)
    return context.session.scalar(papers.order_by(Document.created_at.desc()).limit(1))


def _recipient(context: Context) -> str | None:
    subject = context.variables.get("subject_id")
    found = context.session.get(ClueSubject, subject) if subject else None
    # The subject of another matter is nobody here.
    return found.name if found is not None and found.clue_id == clue_of(context).id else None
