"""Signed-in browsers: a random cookie, of which the database knows the digest only."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, bindparam, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from handlers import office
from server.auth.credentials import Account, verify
from server.db import Database
from workflows import audit, clock
from workflows.actor import Actor
from workflows.model import Base, new_id

#: How often an active session is written again; reading a page should not write.
TOUCHED_EVERY = timedelta(minutes=5)


class AuthSession(Base):
    """One sign-in of one browser."""

    __tablename__ = "auth_session"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    digest: Mapped[str] = mapped_column(String(64), unique=True)  #: SHA-256 of the cookie
    login: Mapped[str] = mapped_column(ForeignKey("account.login"), index=True)
    generation: Mapped[int]  #: of the account when it signed in
    address: Mapped[str] = mapped_column(String(64))
    signed_in_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Signed:
    """A session that is valid now."""

    id: str
    actor: Actor
    locale: str | None
    stale: bool  #: whether `touch` is due


def sign_in(
    database: Database,
    login: str,
    password: str,
    *,
    remote: str,
    lasts: timedelta,
    replacing: str | None = None,
) -> str:
    """Return the cookie of a new session; raise Refused or TooManyAttempts.

    The session of the cookie `replacing` ends: a browser has one, and nobody can plant theirs on it.
    """
    account = verify(database, login, password, remote=remote)
    token = secrets.token_urlsafe(32)
    now = clock.now()
    with database.unit_of_work() as session:
        if replacing:
            _end(session, replacing)
        session.add(
            AuthSession(
                digest=_digest(token),
                login=login,
                generation=account.generation,
                address=remote[:64],
                signed_in_at=now,
                seen_at=now,
                expires_at=now + lasts,
            )
        )
        audit.record(session, actor=login, act="signin", detail={"address": remote})
    return token


def sign_out(session: Session, token: str) -> None:
    """End the session of this cookie, if there is one."""
    ended = _end(session, token)
    if ended:
        audit.record(session, actor=ended.login, act="signout")


_VALID = office.who(
    select(AuthSession.id, AuthSession.login, Account.locale, AuthSession.seen_at)
    .join(Account, Account.login == AuthSession.login)
    .where(
        AuthSession.digest == bindparam("digest"),
        AuthSession.revoked_at.is_(None),
        AuthSession.expires_at > bindparam("now"),
        AuthSession.seen_at > bindparam("seen_after"),
        Account.disabled_at.is_(None),
        Account.generation == AuthSession.generation,
    )
    .subquery()
)


def find(session: Session, token: str, *, idle: timedelta) -> Signed | None:
    """Return the session of this cookie while it is valid: not ended, not expired, its password unchanged."""
    now = clock.now()
    asked = {"digest": _digest(token), "now": now, "seen_after": now - idle, "today": office.today()}
    session.flush()
    found = session.connection().execute(_VALID, asked).all()
    if not found:
        return None
    stale = found[0].seen_at < now - TOUCHED_EVERY
    return Signed(found[0].id, office.actor(session, found), found[0].locale, stale)


def touch(session: Session, session_id: str) -> None:
    """Note that the session is in use."""
    found = session.get(AuthSession, session_id)
    if found:
        found.seen_at = clock.now()


def forget_ended(session: Session) -> None:
    """Delete the sessions that can never be valid again; the audit keeps who signed in and out."""
    session.execute(
        delete(AuthSession).where(
            (AuthSession.expires_at < clock.now()) | AuthSession.revoked_at.is_not(None)
        )
    )


def _end(session: Session, token: str) -> AuthSession | None:
    found = session.scalar(select(AuthSession).where(AuthSession.digest == _digest(token)))
    if found and found.revoked_at is None:
        found.revoked_at = clock.now()
        return found
    return None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
