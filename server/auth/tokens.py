"""API tokens: a client acts as an account without knowing its password, as far as the token's scopes go."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, String, bindparam, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from handlers import office
from server.auth.credentials import Account, the
from workflows import audit, clock
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput, NotFound
from workflows.model import Base, new_id

#: Lets scanners for leaked secrets recognise one.
PREFIX = "duban_"
#: What a token may be for; `server.scopes` says what each lets do.
SCOPES = ("read", "tasks", "deploy", "everything")
ALL = ("everything",)
#: How often the use of a token is written down; a request should not write.
TOUCHED_EVERY = timedelta(hours=1)
LONGEST_NAME = 100
LONGEST_LIFE = timedelta(days=365)


class ApiToken(Base):
    """A bearer token, of which only the digest is stored."""

    __tablename__ = "api_token"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    digest: Mapped[str] = mapped_column(String(64), unique=True)  #: SHA-256 of the token
    login: Mapped[str] = mapped_column(ForeignKey("account.login"), index=True)
    generation: Mapped[int]  #: of the account when the token was made
    name: Mapped[str]
    scopes: Mapped[list[Any]]  #: of SCOPES
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]  #: to the hour


@dataclass(frozen=True)
class Bearer:
    """Who acts by a token, and how far."""

    id: str
    actor: Actor
    scopes: frozenset[str]
    stale: bool  #: whether `touch` is due


_VALID = office.who(
    select(Account.login, ApiToken.id, ApiToken.scopes, ApiToken.last_used_at)
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


def create(
    session: Session, login: str, name: str, *, lasts: timedelta, actor: str, scopes: Iterable[str] = ALL
) -> str:
    """Return a new token of the account, shown this once; NotFound without such an account, InvalidInput otherwise."""
    account, wanted = the(session, login), sorted(set(scopes), key=SCOPES.index)
    if not wanted:
        raise InvalidInput("A token needs a scope.", fields={"scopes": FieldError("required")})
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise InvalidInput(
            f"A token needs a name of at most {LONGEST_NAME} characters.",
            fields={"name": FieldError("required")},
        )
    token, now = PREFIX + secrets.token_urlsafe(32), clock.now()
    session.add(
        ApiToken(
            digest=_digest(token),
            login=login,
            generation=account.generation,
            name=name.strip(),
            scopes=wanted,
            created_at=now,
            expires_at=now + lasts,
        )
    )
    detail = {"login": login, "name": name.strip(), "scopes": wanted}
    audit.record(session, actor=actor, act="token.create", detail=detail)
    return token


def listing(session: Session, login: str) -> Sequence[ApiToken]:
    """Return the valid tokens of the account, oldest first."""
    valid = (
        select(ApiToken)
        .join(Account, Account.login == ApiToken.login)
        .where(
            ApiToken.login == login,
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > clock.now(),
            ApiToken.generation == Account.generation,
        )
    )
    return session.scalars(valid.order_by(ApiToken.created_at, ApiToken.id)).all()


def find(session: Session, token: str) -> Bearer | None:
    """Return who acts by this token, with the roles of today, or None when it is not valid.

    A new password ends the tokens that were made under the old one.
    """
    now = clock.now()
    asked = {"digest": _digest(token), "now": now, "today": office.today()}
    # Every request of a program asks this: past the session's loading of objects, of which there are none.
    session.flush()
    found = session.connection().execute(_VALID, asked).all()
    if not found:
        return None
    first = found[0]
    stale = first.last_used_at is None or first.last_used_at < now - TOUCHED_EVERY
    return Bearer(first.id, office.actor(session, found), frozenset(first.scopes), stale)


def touch(session: Session, token_id: str) -> None:
    """Note that the token is in use."""
    session.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=clock.now()))


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
