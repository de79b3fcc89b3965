"""The Word templates that supervisors brought: a new version for each change, none ever lost, the newest holds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import LargeBinary, String, Text, UniqueConstraint, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from handlers import codes
from handlers.registers.papers.saying import shape
from workflows import audit, clock, papers
from workflows.actor import Actor
from workflows.errors import Conflict, InvalidInput, NotFound
from workflows.model import Base
from workflows.papers import word
from workflows.papers.word import WordTemplate
from workflows.shelf import Shelf

MAX_NOTE = 200  #: characters


class PaperTemplate(Base):
    """One version of the template of a kind of paper; without content, the program's own holds again."""

    __tablename__ = "paper_template"
    __table_args__ = (UniqueConstraint("kind", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(32))  #: of paper: code of `codes/document_kinds.csv`
    version: Mapped[int]  #: counted from 1 for each kind
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    note: Mapped[str] = mapped_column(Text)  #: what was changed, in the words of who did
    of_version: Mapped[int | None]  #: whose content this is, where somebody went back to an earlier one
    created_at: Mapped[datetime]
    created_by: Mapped[str]


_read: Shelf[WordTemplate] = Shelf(64)


def chosen(session: Session, kind: str) -> WordTemplate | None:
    """Return the template that holds for a kind of paper now; None where it is the program's own."""
    row = newest(session, kind)
    return None if row is None or not row.sha256 else reading(row)


def newest(session: Session, kind: str) -> PaperTemplate | None:
    """Return the newest version, None where no supervisor ever brought one."""
    rows = select(PaperTemplate).where(PaperTemplate.kind == kind)
    return session.scalar(rows.order_by(PaperTemplate.version.desc()).limit(1))


def versions(session: Session, kind: str) -> Sequence[PaperTemplate]:
    """Return every version of a kind's template, the newest first."""
    rows = select(PaperTemplate).where(PaperTemplate.kind == kind)
    return session.scalars(rows.order_by(PaperTemplate.version.desc())).all()


def version(session: Session, kind: str, number: int) -> PaperTemplate:
    """Return one version of a kind's template; NotFound where there is none."""
    found = session.scalar(
        select(PaperTemplate).where(PaperTemplate.kind == kind, PaperTemplate.version == number)
    )
    if found is None:
        raise NotFound(f"The template of {kind} has no version {number}.", code="template")
    return found


def reading(row: PaperTemplate) -> WordTemplate:
    """Return a version ready to be filled in; NotFound where the version says that the program's own holds."""
    content = row.content
    if content is None:
        raise NotFound("This version says that the program's own template holds.", code="template")
    key = (row.kind, row.sha256)
    return replace(_read.take(key, lambda: word.read(content, shape(row.kind))), version=row.version)


def bring(session: Session, actor: Actor, kind: str, content: bytes, note: str) -> PaperTemplate:
    """Let a template hold from now on, for running matters too; papers that are made stay as they are.

    InvalidInput names what in the file is dangerous, unreadable, asks for what the paper has not, or would not stand
    in the PDF.
    """
    known(kind)
    word.read(content, shape(kind))
    return _added(session, actor, kind, content, note, None)


def go_back(session: Session, actor: Actor, kind: str, number: int, note: str) -> PaperTemplate:
    """Let an earlier version hold again, as a new version; 0 is the program's own template."""
    known(kind)
    content = version(session, kind, number).content if number else None
    if content is not None:
        # What a paper can say may have changed since.
        word.read(content, shape(kind))
    return _added(session, actor, kind, content, note, number)


def known(kind: str) -> None:
    """Raise NotFound where there is no such kind of paper."""
    if papers.names_on(kind) is None or not codes.word("document_kinds", kind, "zh"):
        raise NotFound(f"There is no kind of paper {kind}.", code="template")


def _added(
    session: Session, actor: Actor, kind: str, content: bytes | None, note: str, of_version: int | None
) -> PaperTemplate:
    if len(note) > MAX_NOTE:
        raise InvalidInput(f"The note has at most {MAX_NOTE} characters.", code="template_note", max=MAX_NOTE)
    last = newest(session, kind)
    digest = hashlib.sha256(content).hexdigest() if content else ""
    if (last.sha256 if last else "") == digest:
        raise Conflict("This template holds already.", code="template_same")
    row = PaperTemplate(
        kind=kind,
        version=last.version + 1 if last else 1,
        content=content,
        sha256=digest,
        size=len(content or b""),
        note=note.strip(),
        of_version=of_version,
        created_at=clock.now(),
        created_by=actor.id,
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict("Somebody else changed this template just now.", code="template_changed") from error
    detail = {"kind": kind, "version": row.version, "sha256": digest, "back_to": of_version}
    audit.record(session, actor=actor, act="template.change", detail=detail)
    return row
