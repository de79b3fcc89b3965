"""Files on their way: taken in with a form, kept until its recording operation makes documents of them.

A form's answer holds references. They are good for who sent the file alone, so that nobody reaches another's
upload by guessing, and are never shown to anybody else.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from handlers import cleaning
from workflows import clock
from workflows.errors import FieldError, InvalidInput
from workflows.model import Base, new_id

LONGEST_NAME = 120

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]')


class Upload(Base):
    """One file that waits for its form to be completed."""

    __tablename__ = "upload"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(index=True)
    filename: Mapped[str]
    media_type: Mapped[str]  #: by its content; what name and browser claim is not believed
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    cleaned: Mapped[
        dict[str, Any] | None
    ]  #: what was taken out of the file that came, see `handlers.cleaning`
    created_at: Mapped[datetime] = mapped_column(index=True)


def keep(session: Session, *, login: str, filename: str, content: bytes) -> Upload:
    """Return the stored file: its name made harmless, what tells of its maker taken out; the digest is of what is stored.

    Raises InvalidInput where it cannot be taken in, see `cleaning.clean`.
    """
    name = safe_name(filename)
    found = cleaning.clean(content, name)
    row = Upload(
        login=login,
        filename=name,
        media_type=found.media_type,
        size=len(found.content),
        sha256=digest(found.content),
        content=found.content,
        cleaned=found.said,
        created_at=clock.now(),
    )
    session.add(row)
    session.flush()
    return row


def digest(content: bytes) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def owned(session: Session, references: Iterable[str], login: str) -> list[str]:
    """Return those of the references that the login's own uploads have, in the order given."""
    mine = set(
        session.scalars(select(Upload.id).where(Upload.id.in_(list(references)), Upload.login == login))
    )
    return [reference for reference in dict.fromkeys(references) if reference in mine]


def names(session: Session, references: Iterable[str], login: str) -> dict[str, str]:
    """Return the file names of the login's own uploads by reference."""
    rows = session.execute(
        select(Upload.id, Upload.filename).where(Upload.id.in_(list(references)), Upload.login == login)
    )
    return {row.id: row.filename for row in rows}


def take(session: Session, reference: str, login: str, *, field: str = "") -> Upload:
    """Return the login's upload with its content, and take it out: it is the caller's to store from now on.

    Raises InvalidInput naming the form's `field` where there is no such upload (any more).
    """
    row = session.get(Upload, reference)
    if row is None or row.login != login:
        raise InvalidInput(
            "The file is no longer there: choose it again.", fields={field: FieldError("file")}, code="form"
        )
    assert row.content is not None  # loads what is deferred
    session.delete(row)
    session.flush()
    return row


def forget(session: Session, before: datetime) -> None:
    """Delete the uploads from before an instant: what nobody has made a document of was given up."""
    session.execute(delete(Upload).where(Upload.created_at < before))


def safe_name(filename: str) -> str:
    """Return a file's name without folders, controls and marks that turn the direction of writing."""
    name = PurePosixPath(filename.replace("\\", "/")).name
    name = _UNSAFE.sub("", name).strip(" .") or "file"
    stem, dot, ending = name.rpartition(".")
    if not dot:
        return name[:LONGEST_NAME]
    return f"{stem[: LONGEST_NAME - len(ending[:16]) - 1]}.{ending[:16]}"
