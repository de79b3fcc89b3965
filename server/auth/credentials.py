"""Accounts: who may sign in with what, from when to when."""

from __future__ import annotations

import re
from datetime import datetime
from typing import NoReturn

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from handlers import office
from server.auth import attempts, passwords
from server.auth.memory import Memory
from server.db import Database
from workflows import audit, clock
from workflows.errors import Conflict, DubanError, FieldError, InvalidInput, NotFound
from workflows.model import Base

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")

_memory = Memory()


class Account(Base):
    """What somebody signs in with. Who that is, and in which groups, is the office's to say."""

    __tablename__ = "account"

    login: Mapped[str] = mapped_column(String(64), primary_key=True)
    password_hash: Mapped[str]  #: empty until it is chosen by a one-time link
    locale: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    generation: Mapped[int] = mapped_column(default=1)  #: raised to end every session and token there is
    second_factor_at: Mapped[datetime | None]  #: since when a second factor is asked for; None: it is not


class Refused(DubanError):
    """Login and password do not fit, or the account is disabled: one message for all, so nothing is told."""

    def __init__(self) -> None:
        super().__init__("The account name or the password is wrong.", code="signin")


def create(session: Session, login: str, password: str | None, *, trusted: bool = False) -> Account:
    """Return a new account; InvalidInput on a bad login or a weak password, Conflict when it exists.

    Without a password nobody signs in with one until it is chosen by a one-time link.
    The demo is `trusted`: its passwords are weak, and its accounts are named after their roles.
    """
    if not LOGIN.fullmatch(login):
        raise InvalidInput(
            "An account name has 1 to 64 small letters, digits, points, hyphens and underlines, "
            "and begins with a letter or digit.",
            fields={"login": FieldError("login")},
        )
    if session.get(Account, login):
        raise Conflict(f"The account {login} exists already.", code="account_exists", login=login)
    if not trusted:
        _check_no_role(session, login)
    if password is not None and not trusted:
        passwords.check_strength(login, password)
    kept = "" if password is None else passwords.stored(password, known_to_all=trusted)
    account = Account(login=login, password_hash=kept, created_at=clock.now())
    session.add(account)
    session.flush()
    return account


def change_password(
    database: Database, login: str, old: str, new: str, *, remote: str, known: str = ""
) -> None:
    """Replace one's own password and end all of one's sessions; a wrong old one is refused as in `verify`."""
    verify(database, login, old, remote=remote, known=known)
    with database.unit_of_work() as session:
        reset(session, login, new, actor=login)


def reset(session: Session, login: str, password: str, *, actor: str) -> None:
    """Set a new password; whoever knew the old one is out from now on."""
    account = the(session, login)
    passwords.check_strength(login, password, second_factor=account.second_factor_at is not None)
    account.password_hash = passwords.stored(password)
    account.generation += 1
    _note(session, actor, "account.password", login)


def clear(session: Session, login: str, *, actor: str) -> None:
    """Take the password away until a new one is chosen by a one-time link; whoever knew the old one is out."""
    account = the(session, login)
    account.password_hash = ""
    account.generation += 1
    _note(session, actor, "account.clear", login)


def disable(session: Session, login: str, *, actor: str) -> None:
    """Let nobody in under this login from now on, signed in already or not."""
    account = the(session, login)
    if account.disabled_at is None:
        account.disabled_at = clock.now()
        account.generation += 1
        _note(session, actor, "account.disable", login)


def disabled(session: Session) -> frozenset[str]:
    """Return the logins that nobody may sign in under any more."""
    return frozenset(session.scalars(select(Account.login).where(Account.disabled_at.is_not(None))))


def enable(session: Session, login: str, *, actor: str) -> None:
    """Let a disabled account in again, with the password it had."""
    account = the(session, login)
    if account.disabled_at is not None:
        account.disabled_at = None
        _note(session, actor, "account.enable", login)


def use_language(session: Session, login: str, locale: str) -> None:
    """Remember the language that this account wants its pages in."""
    the(session, login).locale = locale


def verify(
    database: Database,
    login: str,
    password: str,
    *,
    remote: str,
    known: str = "",
    remembering: bool = False,
) -> Account:
    """Return the account once the password is proved; raise Refused or TooManyAttempts.

    `known` is the mark of a browser that has signed in to the account before: strangers' attempts do not lock it.
    `remembering` spares clients that send the password with each request the slow check for some minutes.
    """
    source = attempts.Source(remote, known)
    with database.reading() as session:
        account = session.get(Account, login) if LOGIN.fullmatch(login) else None
        found = account if account and account.disabled_at is None else None
        if remembering and found and _memory.knows(login, password, found.password_hash):
            return found
        limit = attempts.met(session, login, source)
    if limit:
        _refuse_for_now(database, limit, account, remote)
    # Outside any transaction: the check takes a tenth of a second.
    if not passwords.fits(found.password_hash if found else None, password):
        with database.unit_of_work() as session:
            attempts.note(session, login, source)
            _note(session, login if account else "", "signin.refused", address=remote)
        raise Refused
    assert found
    if remembering:
        _memory.keep(login, password, found.password_hash)
    return found


def _refuse_for_now(
    database: Database, limit: attempts.Limit, account: Account | None, remote: str
) -> NoReturn:
    """Raise TooManyAttempts; the audit is told once in each span, so that nobody can fill it."""
    with database.unit_of_work() as session:
        if attempts.note_limit(session, limit):
            actor = account.login if account and limit.login_mark else ""
            _note(session, actor, "signin.limit", address=remote)
    raise attempts.TooManyAttempts(limit.retry_after)


def _check_no_role(session: Session, login: str) -> None:
    # Everyone is also in the group of his own name: named as a role, he would hold it.
    if session.get(office.Role, login):
        raise InvalidInput(
            f"An account cannot be named {login}: that is the name of a role.",
            fields={"login": FieldError("login_role")},
        )


def the(session: Session, login: str) -> Account:
    """Return the account, or raise NotFound naming it."""
    account = session.get(Account, login)
    if account is None:
        raise NotFound(f"There is no account {login}.", code="account", login=login)
    return account


def _note(session: Session, actor: str, act: str, subject: str = "", **detail: str) -> None:
    if subject:
        detail["login"] = subject
    audit.record(session, actor=actor, act=act, detail=detail)
