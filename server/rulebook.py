"""By which files of rules the program decides: that one of them has changed is kept in the audit, at the next start."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from server import folders
from workflows import audit, clock
from workflows.model import Base

#: Who sees what, who may have which duty beside another, who is asked when nobody may, what is kept how long.
FILES = (
    "visibility.csv",
    "separation.csv",
    "roles.csv",
    "retention.csv",
    "codes/acts.csv",
    "codes/shared_parts.csv",
    "codes/stages.csv",
)
ACT = "rules.changed"


class RuleFile(Base):
    """A file of rules as the program knew it last."""

    __tablename__ = "rule_file"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))  #: SHA-256
    since: Mapped[datetime]


def witness(session: Session, source: Path = folders.BPMN) -> list[str]:
    """Return the files that are not as they were, and keep so in the audit, with both digests."""
    return [name for name in FILES if _changed(session, name, source / name)]


def _changed(session: Session, name: str, path: Path) -> bool:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    known = session.get(RuleFile, name)
    if known is not None and known.digest == digest:
        return False
    was = known.digest if known else None
    session.merge(RuleFile(name=name, digest=digest, since=clock.now()))
    audit.record(
        session, actor=None, act=ACT, object_id=f"file:{name}", detail={"digest": digest, "was": was}
    )
    return True
