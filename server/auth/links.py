"""One-time links: who holds one chooses a password, once, until it expires; only its digest is kept.

The first administrator has one while there is no account at all; a new account, and one whose password is forgotten,
are given one instead of a password that somebody else has seen.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from handlers import office
from server.auth import credentials
from server.auth.credentials import Account
from workflows import audit, clock
from workflows.errors import FieldError, InvalidInput, NotFound
from workflows.model import Base, new_id

#: How long the link of the first administrator holds; it is printed where others may read later.
FIRST = timedelta(hours=24)
#: How long the link of an account holds: until the person is at the desk again.
LASTS = timedelta(days=3)
ADMIN = "admin"


class OneTimeLink(Base):
    """A link by which a password is chosen."""

    __tablename__ = "one_time_link"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    digest: Mapped[str] = mapped_column(String(64), unique=True)  #: SHA-256 of the token in the address
    login: Mapped[str | None] = mapped_column(
        ForeignKey("account.login"), index=True
    )  #: None: the first account
    generation: Mapped[int]  #: of the account when it was made: another password ends it
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


def first(session: Session) -> str | None:
    """Return the token of the first administrator's link, None where there is an account; the one before ends."""
    if _anybody(session):
        return None
    return _make(session, None, 0, FIRST)


def make(session: Session, login: str, *, actor: str) -> str:
    """Return the token of a new link of the account; the one before ends, and so does the password that it has."""
    credentials.clear(session, login, actor=actor)
    return _make(session, login, credentials.the(session, login).generation, LASTS)


def find(session: Session, token: str) -> OneTimeLink:
    """Return the link of this token; NotFound where it was used, is too old, or was never there."""
    link = session.scalar(
        select(OneTimeLink).where(
            OneTimeLink.digest == _digest(token),
            OneTimeLink.used_at.is_(None),
            OneTimeLink.expires_at > clock.now(),
        )
    )
    if link is None or not _holds(session, link):
        raise NotFound("This link was used, is too old, or was never there.", code="one_time_link")
    return link


def use(session: Session, token: str, password: str, *, login: str = "", name: str = "") -> Account:
    """Return the account whose password is chosen now, by the link, which counts no more.

    The first administrator says `login` and `name` as well. InvalidInput on a weak password or a bad login.
    """
    link = find(session, token)
    spent = update(OneTimeLink).where(OneTimeLink.id == link.id, OneTimeLink.used_at.is_(None))
    if session.scalar(spent.values(used_at=clock.now()).returning(OneTimeLink.id)) is None:
        raise NotFound("This link was used already.", code="one_time_link")
    if link.login is None:
        return _found_office(session, login, password, name)
    credentials.reset(session, link.login, password, actor=link.login)
    return credentials.the(session, link.login)


def forget(session: Session) -> None:
    """Delete the links that let nobody in any more; the audit keeps who chose a password when."""
    session.execute(delete(OneTimeLink).where(OneTimeLink.expires_at < clock.now()))


def _found_office(session: Session, login: str, password: str, name: str) -> Account:
    if not name.strip():
        raise InvalidInput("The administrator needs a name.", fields={"name": FieldError("required")})
    account = credentials.create(session, login, password)
    session.add(office.Person(login=login, name=name.strip()))
    session.flush()
    office.enrol(session, login, ADMIN, since=office.today())
    audit.record(session, actor=login, act="account.create", detail={"login": login, "roles": [ADMIN]})
    return account


def _make(session: Session, login: str | None, generation: int, lasts: timedelta) -> str:
    before = OneTimeLink.login == login if login else OneTimeLink.login.is_(None)
    session.execute(delete(OneTimeLink).where(before, OneTimeLink.used_at.is_(None)))
    token, now = secrets.token_urlsafe(32), clock.now()
    session.add(
        OneTimeLink(
            digest=_digest(token), login=login, generation=generation, created_at=now, expires_at=now + lasts
        )
    )
    return token


def _holds(session: Session, link: OneTimeLink) -> bool:
    if link.login is None:
        return not _anybody(session)
    account = credentials.the(session, link.login)
    return account.disabled_at is None and account.generation == link.generation


def _anybody(session: Session) -> bool:
    return session.scalar(select(Account.login).limit(1)) is not None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
