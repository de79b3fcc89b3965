"""Prior filing (容错报备): a unit says beforehand what it tries, on which decision, with which safeguards.

It belongs to no matter: it is seen by who filed it, by case supervision, and on the page of filings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from handlers import uploads
from handlers.clearing.model import FilingFile, ToleranceFiling
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, who
from workflows.actor import Actor
from workflows.errors import EngineFault, NotAllowed, NotFound, refused
from workflows.operations import Context, Recorded, operation

FILING = "unit_head"
PROCESS = "tolerance_filing"
#: Who sees the filings of all units.
OVERSEEING = frozenset(
    {"case_supervision", "case_supervision_head", "leader", "principal", "standing_committee"}
)
READERS = OVERSEEING | {FILING}
PARTS = ("matter", "legal_basis", "risks", "safeguards")


@operation("tolerance.file")
def file(context: Context, *, answers: Answers) -> Recorded:
    """Take in what the head of a unit files and signs, with the file of the collective decision."""
    row = ToleranceFiling(
        number=next_number(context.session, "tolerance_filing", context.now),
        instance_id=context.instance_id,
        unit_code=_unit(context),
        filed_by=who(context),
        filed_at=context.now,
        **{part: answers[part] for part in PARTS},
    )
    context.session.add(row)
    context.session.flush()
    _keep_files(context, row, answers)
    return Recorded(variables={"filer": row.filed_by}, business_key=row.number)


@operation("tolerance.filed", use="prefill")
def filed(context: Context) -> dict[str, Any]:
    """Return what was filed, for who checks it."""
    return _said(_of_process(context))


@operation("tolerance.receive")
def receive(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Give the receipt, which says that filing is no immunity, or send the filing back to be completed."""
    row = _of_process(context)
    if answers["complete"] == "no":
        row.returned = answers["lacking"]
        return {"received": "no"}
    row.received_by, row.received_at = who(context), context.now
    return {"received": "yes"}


@operation("tolerance.lacking", use="prefill")
def lacking(context: Context) -> dict[str, Any]:
    """Return what was filed and what is lacking, for who completes it."""
    row = _of_process(context)
    return {**_said(row), "lacking": row.returned}


@operation("tolerance.supplement")
def supplement(context: Context, *, answers: Answers) -> None:
    """Take in the filing as it was completed; files are added, none is replaced."""
    row = _of_process(context)
    for part in PARTS:
        setattr(row, part, answers[part])
    _keep_files(context, row, answers)


def listed(session: Session, actor: Actor) -> Sequence[ToleranceFiling]:
    """Return the filings that the actor may see, the newest first."""
    rows = select(ToleranceFiling).where(seen(actor))
    return session.scalars(rows.order_by(ToleranceFiling.filed_at.desc(), ToleranceFiling.id)).all()


def found(session: Session, actor: Actor, number: str) -> ToleranceFiling:
    """Return a filing that the actor may see; NotFound where there is none for him."""
    row = session.scalar(select(ToleranceFiling).where(ToleranceFiling.number == number, seen(actor)))
    if row is None:
        raise NotFound(f"There is no filing {number}.", code="filing")
    return row


def files(session: Session, row: ToleranceFiling) -> Sequence[FilingFile]:
    """Return the files of a filing."""
    return session.scalars(
        select(FilingFile).where(FilingFile.filing_id == row.id).order_by(FilingFile.title)
    ).all()


def seen(actor: Actor) -> ColumnElement[bool]:
    """Return the SQL condition over `ToleranceFiling` of what the actor may see: all, or those of his units."""
    if actor.groups & OVERSEEING:
        return true()
    return ToleranceFiling.unit_code.in_(_units(actor))


def received(session: Session, number: str) -> ToleranceFiling:
    """Return the filing of a receipt; InvalidInput where no receipt with this number was given."""
    wanted = ToleranceFiling.number == number.strip().upper()
    row = session.scalar(select(ToleranceFiling).where(wanted, ToleranceFiling.received_at.is_not(None)))
    if row is None:
        raise refused("filing_no", "filing_number", number=number)
    return row


def _of_process(context: Context) -> ToleranceFiling:
    row = context.session.scalar(
        select(ToleranceFiling).where(ToleranceFiling.instance_id == context.instance_id)
    )
    if row is None:
        raise EngineFault("The process files nothing.", element=context.element_id)
    return row


def _said(row: ToleranceFiling) -> dict[str, Any]:
    return {part: getattr(row, part) for part in PARTS}


def _unit(context: Context) -> str:
    units = _units(context.actor) if context.actor else []
    if not units:
        raise NotAllowed("Only the head of a unit files for it.", code="role")
    return units[0]


def _units(actor: Actor) -> list[str]:
    return sorted(group.partition("@")[2] for group in actor.groups if group.startswith(f"{FILING}@"))


def _keep_files(context: Context, row: ToleranceFiling, answers: Answers) -> None:
    for reference in answers.get("decision_file") or ():
        upload = uploads.take(context.session, reference, who(context), field="decision_file")
        context.session.add(
            FilingFile(
                filing_id=row.id,
                title=upload.filename,
                media_type=upload.media_type,
                sha256=upload.sha256,
                size=upload.size,
                content=upload.content,
            )
        )
