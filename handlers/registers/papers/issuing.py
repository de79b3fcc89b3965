"""Making a paper: the template of the matter's own deployment, filled in, and kept as a new version."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handlers import codes
from handlers.registers.model import Clue, Document
from handlers.registers.numbers import next_number
from handlers.registers.papers import classes, templates
from handlers.registers.papers.facts import Subject
from handlers.registers.papers.kinds import KINDS
from workflows import deployed, papers
from workflows.model import Instance
from workflows.operations import Context
from workflows.papers import Paper, Template
from workflows.papers.word import WordTemplate

#: Kept is what stands on the paper; HTML and PDF are drawn from it.
MEDIA_TYPE = "application/vnd.duban.paper+json"
#: For matters whose deployment came without templates.
TEMPLATES = Path(__file__).resolve().parents[3] / "bpmn"


def issue(context: Context, clue: Clue, kind: str, number: str, *, about: int | None = None) -> Document:
    """Return the new version of a paper, made of what the register knows now; earlier versions stay.

    `about`: the person concerned (`ClueSubject`), where each has a paper of his own.
    """
    session = context.session
    session.flush()
    version = _versions(session, clue, kind, number) + 1
    secrecy = classes.of(session, clue, kind)
    content = made(context, clue, kind, number, version, about=about)
    row = Document(
        clue_id=clue.id,
        kind=kind,
        number=number,
        title=content.title or codes.word("document_kinds", kind, "zh"),
        secrecy=secrecy,
        media_type=MEDIA_TYPE,
        content=(kept := content.to_bytes()),
        sha256=hashlib.sha256(kept).hexdigest(),
        size=len(kept),
        version=version,
        created_at=context.now,
        created_by=context.actor.id if context.actor else "",
    )
    session.add(row)
    return row


def sheet_number(context: Context, clue: Clue, kind: str, *, series: str, anew: bool) -> str:
    """Return the number of an approval sheet: the one it had, or a new one when it was decided before."""
    sheets = select(Document.number).where(Document.clue_id == clue.id, Document.kind == kind)
    last = context.session.scalar(sheets.order_by(Document.number.desc()).limit(1))
    if last is None or anew:
        return next_number(context.session, series, context.now)
    return last


def content(document: Document) -> Paper | None:
    """Return what stands on a paper that the process made; None for a file that somebody sent."""
    return Paper.from_bytes(document.content) if document.media_type == MEDIA_TYPE else None


def made(
    context: Context, clue: Clue, kind: str, number: str, version: int, *, about: int | None = None
) -> Paper:
    """Return a paper of what the register knows now, by the template that holds, not kept."""
    filled = template(context, kind)
    subject = Subject(context.session, clue, context.now, number, about)
    # Only what the template asks for is looked up.
    said = {name: fact(subject) for name, fact in KINDS[kind].items() if name in filled.names}
    marks = (
        ("密级", codes.word(classes.TABLE, classes.of(context.session, clue, kind), "zh")),
        ("编号", number),
        ("版本", f"第{version}版"),
    )
    return filled.fill(said, marks)


def template(context: Context, kind: str) -> Template | WordTemplate:
    """Return the template that a supervisor brought, else the matter's own deployment's, else the program's own."""
    if chosen := templates.chosen(context.session, kind):
        return chosen
    instance = context.session.get_one(Instance, context.instance_id)
    own = deployed.paper(context.session, deployed.process(context.session, instance.definition_id), kind)
    return own or packaged(kind)


def source(kind: str) -> str:
    """Return the program's own template as it is written."""
    return next(TEMPLATES.glob(f"*/{kind}{papers.SUFFIX}")).read_text(encoding="utf-8")


@cache
def packaged(kind: str) -> Template:
    """Return the program's own template."""
    return papers.read(source(kind).encode())


def _versions(session: Session, clue: Clue, kind: str, number: str) -> int:
    same = Document.clue_id == clue.id, Document.kind == kind, Document.number == number
    return session.scalar(select(func.count()).where(*same)) or 0
