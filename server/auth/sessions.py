"""Signed-in browsers: a random cookie, of which the database knows the digest only."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ForeignKey, String, bindparam, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from handlers import office
from server.auth.credentials import Account, verify
from server.db import Database
from workflows import audit, clock
from workflows.actor import Actor
from workflows.errors import DubanError, NotFound
from workflows.model import Base, new_id

#: How often an active session is written again; reading a page should not write.
TOUCHED_EVERY = timedelta(minutes=5)

PASSWORD, LINK, PROVIDER = "password", "link", "provider"


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
    method: Mapped[str] = mapped_column(String(16), default=PASSWORD)  #: password link provider
    second_factor: Mapped[bool] = mapped_column(default=False)  #: whether it was proved besides
    browser: Mapped[str] = mapped_column(String(64), default="")  #: its family and system, as in a list


@dataclass(frozen=True)
class Signed:
    """A session that is valid now."""

    id: str
    actor: Actor
    locale: str | None
    second_factor: bool
    stale: bool  #: whether `touch` is due


class CodeNeeded(DubanError):
    """The password is right, and a code of the second factor has to follow."""

    def __init__(self) -> None:
        super().__init__("A code of the second factor has to follow.", code="second_factor")


def sign_in(
    database: Database,
    login: str,
    password: str,
    *,
    remote: str,
    lasts: timedelta,
    replacing: str | None = None,
) -> str:
    """Return the cookie of a new session, by the password alone; raise Refused, TooManyAttempts or CodeNeeded."""
    account = verify(database, login, password, remote=remote)
    if account.second_factor_at:
        raise CodeNeeded
    with database.unit_of_work() as session:
        return begin(session, account, remote=remote, lasts=lasts, replacing=replacing)


def begin(
    session: Session,
    account: Account,
    *,
    remote: str,
    lasts: timedelta,
    replacing: str | None = None,
    **more: str | bool,
) -> str:
    """Return the cookie of a new session of who has proved to be the account; `more` as the row's columns.

    The session of the cookie `replacing` ends: a browser has one, and nobody can plant theirs on it.
    """
    token, now = secrets.token_urlsafe(32), clock.now()
    if replacing:
        _end(session, replacing)
    made = AuthSession(
        digest=_digest(token),
        login=account.login,
        generation=account.generation,
        address=remote[:64],
        signed_in_at=now,
        seen_at=now,
        expires_at=now + lasts,
        **more,
    )
    session.add(made)
    session.flush()
    detail = {"address": remote, "method": made.method, "second_factor": made.second_factor}
    audit.record(session, actor=account.login, act="signin", detail=detail)
    return token


def sign_out(session: Session, token: str) -> str:
    """End the session of this cookie, if there is one, and return the method by which it had begun."""
    ended = _end(session, token)
    if ended is None:
        return ""
    audit.record(session, actor=ended.login, act="signout")
    return ended.method


_VALID = office.who(
    select(AuthSession.id, AuthSession.login, Account.locale, AuthSession.seen_at, AuthSession.second_factor)
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
    first = found[0]
    stale = first.seen_at < now - TOUCHED_EVERY
    return Signed(first.id, office.actor(session, found), first.locale, bool(first.second_factor), stale)


def listing(session: Session, login: str, *, idle: timedelta) -> Sequence[AuthSession]:
    """Return the valid sessions of the account, the last used first."""
    now = clock.now()
    valid = (
        select(AuthSession)
        .join(Account, Account.login == AuthSession.login)
        .where(
            *_live(login),
            AuthSession.expires_at > now,
            AuthSession.seen_at > now - idle,
            Account.generation == AuthSession.generation,
        )
    )
    return session.scalars(valid.order_by(AuthSession.seen_at.desc(), AuthSession.id)).all()


def end(session: Session, session_id: str, *, login: str) -> None:
    """End one session of this account; NotFound when it has no such session."""
    ended = update(AuthSession).where(*_live(login), AuthSession.id == session_id)
    if session.scalar(ended.values(revoked_at=clock.now()).returning(AuthSession.id)) is None:
        raise NotFound("There is no such session.", code="session")
    audit.record(session, actor=login, act="session.end", detail={"login": login, "sessions": 1})


def end_all(session: Session, login: str, *, actor: str, but: str | None = None) -> int:
    """End the sessions of this account, all but the one of the id `but`, and return how many there were."""
    ended = update(AuthSession).where(*_live(login), AuthSession.id != (but or ""))
    count = len(session.scalars(ended.values(revoked_at=clock.now()).returning(AuthSession.id)).all())
    if count:
        audit.record(session, actor=actor, act="session.end", detail={"login": login, "sessions": count})
    return count


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


def _live(login: str) -> tuple[ColumnElement[bool], ...]:
    return (AuthSession.login == login, AuthSession.revoked_at.is_(None))


def _end(session: Session, token: str) -> AuthSession | None:
    found = session.scalar(select(AuthSession).where(AuthSession.digest == _digest(token)))
    if found and found.revoked_at is None:
        found.revoked_at = clock.now()
        return found
    return None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
