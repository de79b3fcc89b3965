"""Accounts and their passwords: argon2, a limit on failed attempts, and a short memory for API clients."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from handlers import office
from server.db import Database
from workflows import clock
from workflows.errors import Conflict, DubanError, FieldError, InvalidInput, NotFound
from workflows.model import AuditEvent, Base

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 256

#: Failed attempts are counted over this span.
WINDOW = timedelta(minutes=15)
#: For one login from one address; low, since that is what guessing looks like.
MOST_PER_PAIR = 10
#: For one login from everywhere; higher, so that a stranger cannot easily lock a colleague out.
MOST_PER_LOGIN = 50
#: From one address, behind which a whole office may sit.
MOST_PER_ADDRESS = 100

#: How long a verified password is remembered for clients that send it with every request.
REMEMBERED = timedelta(minutes=5)
MOST_REMEMBERED = 1000

_hasher = PasswordHasher()
#: For passwords that are known to everyone anyway: the demo's many accounts shall be there at once.
_open_hasher = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
# One check takes 64 MB and four lanes: a flood of sign-ins must not take the whole machine.
_turn = threading.BoundedSemaphore(2)


class Account(Base):
    """What somebody signs in with. Who that is, and in which groups, is the office's to say."""

    __tablename__ = "account"

    login: Mapped[str] = mapped_column(String(64), primary_key=True)
    password_hash: Mapped[str]
    locale: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    generation: Mapped[int] = mapped_column(default=1)  #: raised to end every session and token there is


class FailedSignIn(Base):
    """One failed attempt, kept for the span over which attempts are counted."""

    __tablename__ = "failed_sign_in"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    login_mark: Mapped[str] = mapped_column(String(8), index=True)
    address: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime] = mapped_column(index=True)


class Refused(DubanError):
    """Login and password do not fit, or the account is disabled: one message for all, so nothing is told."""

    def __init__(self) -> None:
        super().__init__("The account name or the password is wrong.", code="signin")


class TooManyAttempts(DubanError):
    """Too many failed attempts; `retry_after` says how long to wait."""

    def __init__(self, retry_after: timedelta) -> None:
        minutes = max(1, round(retry_after.total_seconds() / 60))
        super().__init__(
            f"Too many failed sign-ins: try again in {minutes} minutes.", code="signin_limit", minutes=minutes
        )
        self.retry_after = retry_after


def create(session: Session, login: str, password: str, *, trusted: bool = False) -> Account:
    """Return a new account; InvalidInput on a bad login or a weak password, Conflict when it exists.

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
        _check_strength(login, password)
        _check_no_role(session, login)
    hasher = _open_hasher if trusted else _hasher
    account = Account(login=login, password_hash=hasher.hash(password), created_at=clock.now())
    session.add(account)
    session.flush()
    return account


def change_password(database: Database, login: str, old: str, new: str, *, remote: str) -> None:
    """Replace one's own password and end all of one's sessions; a wrong old one is refused as in `verify`."""
    verify(database, login, old, remote=remote)
    with database.unit_of_work() as session:
        reset(session, login, new, actor=login)


def reset(session: Session, login: str, password: str, *, actor: str) -> None:
    """Set a new password; whoever knew the old one is out from now on."""
    account = _account(session, login)
    _check_strength(login, password)
    account.password_hash = _hasher.hash(password)
    account.generation += 1
    _note(session, actor, "account.password", login)


def disable(session: Session, login: str, *, actor: str) -> None:
    """Let nobody in under this login from now on, signed in already or not."""
    account = _account(session, login)
    if account.disabled_at is None:
        account.disabled_at = clock.now()
        account.generation += 1
        _note(session, actor, "account.disable", login)


def enable(session: Session, login: str, *, actor: str) -> None:
    """Let a disabled account in again, with the password it had."""
    account = _account(session, login)
    if account.disabled_at is not None:
        account.disabled_at = None
        _note(session, actor, "account.enable", login)


def use_language(session: Session, login: str, locale: str) -> None:
    """Remember the language that this account wants its pages in."""
    _account(session, login).locale = locale


def verify(
    database: Database, login: str, password: str, *, remote: str, remembering: bool = False
) -> Account:
    """Return the account once the password is proved; raise Refused or TooManyAttempts.

    `remembering` spares clients that send the password with each request the slow check for some minutes.
    """
    with database.reading() as session:
        account = session.get(Account, login) if LOGIN.fullmatch(login) else None
        known = account if account and account.disabled_at is None else None
        if remembering and known and _memory.knows(login, password, known.password_hash):
            return known
        _check_attempts(session, login, remote)
    # Outside any transaction: the check takes a tenth of a second.
    if not _fits(known, password):
        with database.unit_of_work() as session:
            session.add(FailedSignIn(login_mark=_mark(login), address=remote[:64], at=clock.now()))
            _note(session, login if account else "", "signin.refused", address=remote)
        raise Refused
    assert known
    if remembering:
        _memory.keep(login, password, known.password_hash)
    return known


def forget_attempts(session: Session) -> None:
    """Delete the failed attempts that no longer count."""
    session.execute(delete(FailedSignIn).where(FailedSignIn.at < clock.now() - WINDOW))


def _check_strength(login: str, password: str) -> None:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD or password.lower() == login:
        raise InvalidInput(
            f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters, "
            "and is not the account name.",
            fields={"password": FieldError("password", {"min": SHORTEST_PASSWORD, "max": LONGEST_PASSWORD})},
        )


def _check_no_role(session: Session, login: str) -> None:
    # Everyone is also in the group of his own name: named as a role, he would hold it.
    if session.get(office.Role, login):
        raise InvalidInput(
            f"An account cannot be named {login}: that is the name of a role.",
            fields={"login": FieldError("login_role")},
        )


def _check_attempts(session: Session, login: str, remote: str) -> None:
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


def _fits(account: Account | None, password: str) -> bool:
    if len(password) > LONGEST_PASSWORD:
        return False
    with _turn:
        try:
            # An unknown login takes as long as a wrong password.
            stored = account.password_hash if account else _nobody()
            return _hasher.verify(stored, password) and account is not None
        except (VerificationError, InvalidHashError):
            return False


_nobodys: list[str] = []


def _nobody() -> str:
    if not _nobodys:
        _nobodys.append(_hasher.hash(secrets.token_urlsafe()))
    return _nobodys[0]


def _mark(login: str) -> str:
    """Return enough of a digest to count by, and too little to recover a password typed as a login."""
    return hashlib.sha256(login.encode()).hexdigest()[:8]


def _account(session: Session, login: str) -> Account:
    account = session.get(Account, login)
    if account is None:
        raise NotFound(f"There is no account {login}.", code="account", login=login)
    return account


def _note(session: Session, actor: str, act: str, subject: str = "", **detail: str) -> None:
    if subject:
        detail["login"] = subject
    session.add(AuditEvent(at=clock.now(), actor=actor, act=act, detail=detail))


@dataclass(frozen=True)
class _Proof:
    stored: str  #: the hash it was proved against: another one means another password
    until: float  #: of the monotonic clock


class _Memory:
    """Proofs of the last minutes, under digests keyed by a secret that dies with the process."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._proofs: OrderedDict[bytes, _Proof] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, login: str, password: str, stored: str) -> None:
        proof = _Proof(stored, time.monotonic() + REMEMBERED.total_seconds())
        with self._lock:
            self._proofs[self._digest(login, password)] = proof
            while len(self._proofs) > MOST_REMEMBERED:
                self._proofs.popitem(last=False)

    def knows(self, login: str, password: str, stored: str) -> bool:
        with self._lock:
            proof = self._proofs.get(self._digest(login, password))
        return (
            proof is not None
            and proof.until > time.monotonic()
            # A changed password is forgotten at once, on every server and for the command line too.
            and hmac.compare_digest(proof.stored, stored)
        )

    def _digest(self, login: str, password: str) -> bytes:
        return hashlib.blake2b(f"{login}\0{password}".encode(), key=self._key).digest()


_memory = _Memory()
