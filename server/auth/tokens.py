"""API tokens: a client acts as an account without knowing its password."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from handlers import office
from server.auth.credentials import Account
from workflows import audit, clock
from workflows.actor import Actor
from workflows.errors import NotFound
from workflows.model import Base, new_id

#: Lets scanners for leaked secrets recognise one.
PREFIX = "duban_"


class ApiToken(Base):
    """A bearer token, of which only the digest is stored."""

    __tablename__ = "api_token"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    digest: Mapped[str] = mapped_column(String(64), unique=True)  #: SHA-256 of the token
    login: Mapped[str] = mapped_column(ForeignKey("account.login"), index=True)
    generation: Mapped[int]  #: of the account when the token was made
    name: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


_VALID = office.who(
    select(Account.login)
    .join(ApiToken, ApiToken.login == Account.login)
    .where(
        ApiToken.digest == bindparam("digest"),
        ApiToken.revoked_at.is_(None),
        ApiToken.expires_at > bindparam("now"),
        Account.disabled_at.is_(None),
        Account.generation == ApiToken.generation,
    )
    .subquery()
)


def create(session: Session, login: str, name: str, *, lasts: timedelta, actor: str) -> str:
    """Return a new token of the account, shown this once; NotFound when there is no such account."""
    account = session.get(Account, login)
    if account is None:
        raise NotFound(f"There is no account {login}.", code="account", login=login)
    token = PREFIX + secrets.token_urlsafe(32)
    now = clock.now()
    session.add(
        ApiToken(
            digest=_digest(token),
            login=login,
            generation=account.generation,
            name=name,
            created_at=now,
            expires_at=now + lasts,
        )
    )
    audit.record(session, actor=actor, act="token.create", detail={"login": login, "name": name})
    return token


def listing(session: Session, login: str) -> list[ApiToken]:
    """Return the valid tokens of the account, oldest first."""
    valid = (ApiToken.login == login, ApiToken.revoked_at.is_(None), ApiToken.expires_at > clock.now())
    return list(session.scalars(select(ApiToken).where(*valid).order_by(ApiToken.created_at)))


def find(session: Session, token: str) -> Actor | None:
    """Return who acts by this token, with the roles of today, or None when it is not valid.

    A new password ends the tokens that were made under the old one.
    """
    asked = {"digest": _digest(token), "now": clock.now(), "today": office.today()}
    # Every request of a program asks this: past the session's loading of objects, of which there are none.
    session.flush()
    found = session.connection().execute(_VALID, asked).all()
    return office.actor(session, found) if found else None


def revoke(session: Session, token_id: str, *, login: str) -> None:
    """End one token of this account; NotFound when it has no such token."""
    found = session.get(ApiToken, token_id)
    if found is None or found.login != login:
        raise NotFound("There is no such token.", code="token")
    if found.revoked_at is None:
        found.revoked_at = clock.now()
        audit.record(session, actor=login, act="token.revoke", detail={"name": found.name})


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
