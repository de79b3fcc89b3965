"""The class of secrecy of each paper: by its kind, or as who drafts it says, never lower than its kind allows.

`codes/document_kinds.csv` says of each kind its own class (`secrecy`; empty: as the clue) and the lowest that may be
said (`lowest`) [DES].
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from handlers import codes
from handlers.registers.model import Clue
from workflows import audit, clock
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput
from workflows.model import Base

TABLE = "secrecy_classes"


class PaperClass(Base):
    """What somebody who drafts a paper of a matter said of its class; the last row holds."""

    __tablename__ = "paper_class"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    secrecy: Mapped[str] = mapped_column(String(1))
    set_at: Mapped[datetime]
    set_by: Mapped[str]


def of(session: Session, clue: Clue, kind: str) -> str:
    """Return the class of a paper that is made now: P I R C, the more secret the later."""
    said = session.scalar(
        select(PaperClass.secrecy)
        .where(PaperClass.clue_id == clue.id, PaperClass.kind == kind)
        .order_by(PaperClass.id.desc())
        .limit(1)
    )
    return max(said or _column(kind, "secrecy") or clue.secrecy, _lowest(kind), key=_rank)


def offered(kind: str) -> list[str]:
    """Return the classes that a paper of this kind may have, the least secret first."""
    return [code for code in _order() if _rank(code) >= _rank(_lowest(kind))]


def say(session: Session, actor: Actor, clue: Clue, kind: str, secrecy: str) -> None:
    """Set the class of the papers of a kind that are made of a matter from now on; the same again changes nothing.

    InvalidInput says which classes may be said.
    """
    if secrecy not in offered(kind):
        right = [codes.word(TABLE, code, "zh") for code in offered(kind)]
        error = FieldError("paper_class", {"right": right})
        raise InvalidInput(f"A {kind} is one of {right}.", fields={"_paper_secrecy": error}, code="form")
    if secrecy == of(session, clue, kind):
        return
    row = PaperClass(clue_id=clue.id, kind=kind, secrecy=secrecy, set_at=clock.now(), set_by=actor.id)
    session.add(row)
    session.flush()
    detail = {"kind": kind, "secrecy": secrecy}
    audit.record(session, actor=actor, act="paper.classify", scope_id=clue.scope_id, detail=detail)


def _column(kind: str, name: str) -> str:
    return next((row[name] for row in codes.rows("document_kinds") if row["code"] == kind), "")


def _lowest(kind: str) -> str:
    return _column(kind, "lowest") or "I"


def _order() -> list[str]:
    return [row["code"] for row in codes.rows(TABLE)]


def _rank(code: str) -> int:
    return _order().index(code)
