"""Failed sign-ins, counted in the database so that every server knows them: guessing must not pay."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from workflows import clock
from workflows.errors import DubanError
from workflows.model import Base

#: Failed attempts are counted over this span.
WINDOW = timedelta(minutes=15)
#: For one login from one address; low, since that is what guessing looks like.
MOST_PER_PAIR = 10
#: For one login from everywhere; higher, so that a stranger cannot easily lock a colleague out.
MOST_PER_LOGIN = 50
#: From one address, behind which a whole office may sit.
MOST_PER_ADDRESS = 100


class FailedSignIn(Base):
    """One failed attempt, kept for the span over which attempts are counted."""

    __tablename__ = "failed_sign_in"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    login_mark: Mapped[str] = mapped_column(String(8), index=True)
    address: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime] = mapped_column(index=True)


class TooManyAttempts(DubanError):
    """Too many failed attempts; `retry_after` says how long to wait."""

    def __init__(self, retry_after: timedelta) -> None:
        minutes = max(1, round(retry_after.total_seconds() / 60))
        super().__init__(
            f"Too many failed sign-ins: try again in {minutes} minutes.", code="signin_limit", minutes=minutes
        )
        self.retry_after = retry_after


def check(session: Session, login: str, remote: str) -> None:
    """Raise TooManyAttempts when this login, this address or both together have failed too often."""
    now = clock.now()
    since = now - WINDOW
    by_login, by_address = FailedSignIn.login_mark == _mark(login), FailedSignIn.address == remote[:64]
    count, oldest = func.count(FailedSignIn.id), func.min(FailedSignIn.at)
    for condition, most in (
        (by_login & by_address, MOST_PER_PAIR),
        (by_login, MOST_PER_LOGIN),
        (by_address, MOST_PER_ADDRESS),
    ):
        failures, first = session.execute(
            select(count, oldest).where(condition, FailedSignIn.at.between(since, now))
        ).one()
        if failures >= most:
            raise TooManyAttempts(first - since)


def note(session: Session, login: str, remote: str) -> None:
    """Write down one failed attempt."""
    session.add(FailedSignIn(login_mark=_mark(login), address=remote[:64], at=clock.now()))


def forget(session: Session) -> None:
    """Delete the failed attempts that no longer count."""
    session.execute(delete(FailedSignIn).where(FailedSignIn.at < clock.now() - WINDOW))


def _mark(login: str) -> str:
    """Return enough of a digest to count by, and too little to recover a password typed as a login."""
    return hashlib.sha256(login.encode()).hexdigest()[:8]
