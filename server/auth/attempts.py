"""Failed sign-ins, counted in the database so that every server knows them: guessing must not pay.

Nor may it lock others out: a browser that has signed in to an account before is counted by itself (its failures
alone, for that account), whatever strangers and neighbours do. The scheme is OWASP's device cookie.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from workflows import clock
from workflows.errors import DubanError
from workflows.model import Base

#: Failed attempts are counted over this span.
WINDOW = timedelta(minutes=15)
#: For one login from one source; low, since that is what guessing looks like.
MOST_PER_PAIR = 10
#: For one login from all strange browsers; higher, so that a stranger cannot easily slow a colleague down.
MOST_PER_LOGIN = 50
#: From one address, behind which a whole office may sit.
MOST_PER_ADDRESS = 100

FAILED, LIMITED = "failed", "limited"


class FailedSignIn(Base):
    """One failed attempt, or the note that a limit was met, kept for the span over which attempts are counted."""

    __tablename__ = "failed_sign_in"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    login_mark: Mapped[str] = mapped_column(String(8), index=True)
    address: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(8), default=FAILED)


class TooManyAttempts(DubanError):
    """Too many failed attempts; `retry_after` says how long to wait."""

    def __init__(self, retry_after: timedelta) -> None:
        minutes = max(1, round(retry_after.total_seconds() / 60))
        super().__init__(
            f"Too many failed sign-ins: try again in {minutes} minutes.", code="signin_limit", minutes=minutes
        )
        self.retry_after = retry_after


@dataclass(frozen=True)
class Source:
    """Where an attempt comes from: an address, and the browser where it has signed in to the account before."""

    address: str
    known: str = ""  #: the browser's own mark; empty for a strange one

    @property
    def name(self) -> str:
        """By what its failures are counted."""
        return (f"browser:{self.known}" if self.known else self.address)[:64]


@dataclass(frozen=True)
class Limit:
    """A limit that is met: of a login, an address, or one at the other; empty where it is not of it."""

    login_mark: str
    address: str
    retry_after: timedelta


def met(session: Session, login: str, source: Source) -> Limit | None:
    """Return the limit that this attempt meets, None where it may be made."""
    now = clock.now()
    since, mark, name = now - WINDOW, _mark(login), source.name
    rules = [(mark, name, MOST_PER_PAIR)]
    if not source.known:
        rules += [(mark, "", MOST_PER_LOGIN), ("", name, MOST_PER_ADDRESS)]
    for of_login, of_address, most in rules:
        asked = select(func.count(FailedSignIn.id), func.min(FailedSignIn.at)).where(
            FailedSignIn.kind == FAILED, FailedSignIn.at.between(since, now)
        )
        if of_login:
            asked = asked.where(FailedSignIn.login_mark == of_login)
        if of_address:
            asked = asked.where(FailedSignIn.address == of_address)
        failures, first = session.execute(asked).one()
        if failures >= most:
            return Limit(of_login, of_address, first - since)
    return None


def note(session: Session, login: str, source: Source) -> None:
    """Write down one failed attempt."""
    session.add(FailedSignIn(login_mark=_mark(login), address=source.name, at=clock.now()))


def note_limit(session: Session, limit: Limit) -> bool:
    """Return whether this is the first word of the limit in its span: one is enough, however often it is met."""
    now = clock.now()
    said = select(FailedSignIn.id).where(
        FailedSignIn.kind == LIMITED,
        FailedSignIn.login_mark == limit.login_mark,
        FailedSignIn.address == limit.address,
        FailedSignIn.at.between(now - WINDOW, now),
    )
    if session.scalar(said.limit(1)) is not None:
        return False
    session.add(FailedSignIn(login_mark=limit.login_mark, address=limit.address, at=now, kind=LIMITED))
    return True


def forget(session: Session) -> None:
    """Delete the failed attempts that no longer count."""
    session.execute(delete(FailedSignIn).where(FailedSignIn.at < clock.now() - WINDOW))


def _mark(login: str) -> str:
    """Return enough of a digest to count by, and too little to recover a password typed as a login."""
    return hashlib.sha256(login.encode()).hexdigest()[:8]
