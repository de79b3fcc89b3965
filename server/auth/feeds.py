"""Addresses of calendar feeds: whoever has one reads the deadlines of its account, and nothing else."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import ForeignKey, Select, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.auth.credentials import Account
from workflows import audit, clock
from workflows.errors import NotFound
from workflows.model import Base, new_id


class CalendarFeed(Base):
    """A feed's address, of which only the digest is stored; an account has one at a time."""

    __tablename__ = "calendar_feed"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    digest: Mapped[str] = mapped_column(String(64), unique=True)  #: SHA-256 of the token in the address
    login: Mapped[str] = mapped_column(ForeignKey("account.login"), index=True)
    generation: Mapped[
        int
    ]  #: of the account when the address was made: disabled, or its password changed, it ends
    locale: Mapped[str] = mapped_column(String(16))  #: what the feed is written in
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


def create(session: Session, login: str, locale: str) -> str:
    """Return the token of a new feed, shown this once; the one before ends. NotFound without such an account."""
    account = session.get(Account, login)
    if account is None:
        raise NotFound(f"There is no account {login}.", code="account", login=login)
    _revoke(session, login)
    token = secrets.token_urlsafe(32)
    feed = CalendarFeed(
        digest=_digest(token),
        login=login,
        generation=account.generation,
        locale=locale,
        created_at=clock.now(),
    )
    session.add(feed)
    _note(session, login, "feed.create")
    return token


def of(session: Session, login: str) -> CalendarFeed | None:
    """Return the feed of the account that is valid now, None if it has none."""
    return session.scalar(_valid().where(CalendarFeed.login == login))


def find(session: Session, token: str) -> CalendarFeed | None:
    """Return the feed of this token while it is valid: not revoked, its account neither disabled nor changed."""
    return session.scalar(_valid().where(CalendarFeed.digest == _digest(token)))


def revoke(session: Session, login: str) -> None:
    """End the account's feed; NotFound when it has none."""
    if not _revoke(session, login):
        raise NotFound("There is no calendar feed.", code="feed")
    _note(session, login, "feed.revoke")


def _valid() -> Select[CalendarFeed]:
    return (
        select(CalendarFeed)
        .join(Account, Account.login == CalendarFeed.login)
        .where(
            CalendarFeed.revoked_at.is_(None),
            Account.disabled_at.is_(None),
            Account.generation == CalendarFeed.generation,
        )
    )


def _revoke(session: Session, login: str) -> int:
    live = update(CalendarFeed).where(CalendarFeed.login == login, CalendarFeed.revoked_at.is_(None))
    return len(session.scalars(live.values(revoked_at=clock.now()).returning(CalendarFeed.id)).all())


def _note(session: Session, login: str, act: str) -> None:
    audit.record(session, actor=login, act=act, detail={"login": login})


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
