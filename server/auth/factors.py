"""The second factor: one-time codes of an authenticator (TOTP, RFC 6238), and recovery codes for when it is lost.

The secret lies sealed under the vault's master key, outside of which nobody can read it; the digests of the recovery
codes are keyed by it, so that neither can be tested with the database alone.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
from sqlalchemy import ForeignKey, String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from handlers import notifications
from handlers.vault import keys, rotation, sealing
from handlers.vault.model import Sealed
from server.auth.credentials import the
from server.auth.sessions import AuthSession
from server.traffic import rates
from workflows import audit, clock
from workflows.errors import Conflict, DubanError
from workflows.model import Base, new_id

STEP = timedelta(seconds=30)
#: Steps that a telephone's clock may be before or behind.
DRIFT = 1
RECOVERY_CODES = 10
#: Without what is easily taken for something else; 16 of them are 79 bits.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
RECOVERY_SIGNS, RECOVERY_GROUP = 16, 4
#: Only who has proved the password comes here, so counting by account locks nobody out but its thief.
LIMITS = (rates.Limit("code", 10, timedelta(minutes=15)), rates.Limit("code-day", 60, timedelta(days=1)))
ISSUER = "Duban"


class WrongCode(DubanError):
    """The code is not the present one, was used before, or is no recovery code that is left."""

    def __init__(self) -> None:
        super().__init__("The code is wrong, too old, or used already.", code="second_factor_code")


@rotation.under_master_key
class SecondFactor(Sealed):
    """The sealed secret of an account's authenticator; it counts from `Account.second_factor_at`."""

    __tablename__ = "second_factor"

    login: Mapped[str] = mapped_column(ForeignKey("account.login"), unique=True)
    begun_at: Mapped[datetime]
    last_step: Mapped[int | None]  #: of the last code that was used: no code is used twice

    @property
    def place(self) -> str:
        """What the envelope is bound to: its row and its account."""
        return f"second_factor {self.id} of {self.login}"


class RecoveryCode(Base):
    """One code for once, when the authenticator is not at hand."""

    __tablename__ = "recovery_code"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(ForeignKey("account.login"), index=True)
    digest: Mapped[str] = mapped_column(String(64))  #: HMAC-SHA256 under the secret of the second factor
    used_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Enrolment:
    """What an authenticator is given: once, before it counts."""

    secret: str
    uri: str  #: as its picture says it


def begin(session: Session, login: str) -> Enrolment:
    """Return a new secret, which counts once a code of it is `confirm`ed; the one begun before is dropped.

    Conflict where the account has a second factor already; NoKey without a master key to seal it.
    """
    if the(session, login).second_factor_at:
        raise Conflict("There is a second factor already.", code="second_factor_there")
    secret = pyotp.random_base32()
    session.execute(delete(SecondFactor).where(SecondFactor.login == login))
    row = SecondFactor(id=new_id(), login=login, begun_at=clock.now())
    envelope = sealing.seal(keys.ring(), row.place, secret.encode())
    row.key_id, row.wrapped_key, row.content = envelope.key_id, envelope.wrapped_key, envelope.content
    session.add(row)
    return _enrolment(login, secret)


def begun(session: Session, login: str) -> Enrolment | None:
    """Return the secret that waits to be confirmed, None where there is none."""
    row = _row(session, login)
    if row is None or the(session, login).second_factor_at:
        return None
    return _enrolment(login, _secret(row))


def confirm(session: Session, login: str, code: str, *, session_id: str | None) -> list[str]:
    """Let the second factor count from now on, and return the recovery codes, shown this once.

    The account's other sessions end: they were signed in without it. WrongCode where the code is not of the secret.
    """
    account, row = the(session, login), _row(session, login)
    if row is None or account.second_factor_at:
        raise Conflict("Nothing waits to be confirmed.", code="second_factor_begin")
    _use_step(session, row, code)
    account.second_factor_at = clock.now()
    others = update(AuthSession).where(AuthSession.login == login, AuthSession.revoked_at.is_(None))
    session.execute(others.where(AuthSession.id != (session_id or "")).values(revoked_at=clock.now()))
    session.execute(others.where(AuthSession.id == session_id).values(second_factor=True))
    _note(session, login, "factor.enrol", login)
    return _new_codes(session, row)


def check(session: Session, login: str, code: str) -> None:
    """Prove the second factor by a code of the authenticator or a recovery code, which is spent; else WrongCode."""
    row = _row(session, login)
    if row is None:
        raise WrongCode
    if len(_plain(code)) == RECOVERY_SIGNS:
        _use_recovery_code(session, row, code)
    else:
        _use_step(session, row, code)


def count(session: Session, login: str) -> None:
    """Count an attempt to give a code, in a transaction of its own; TooMany where there were too many."""
    for limit in LIMITS:
        rates.spend(session, login, limit)


def new_codes(session: Session, login: str) -> list[str]:
    """Return new recovery codes, shown this once; the old ones count no more. Conflict without a second factor."""
    row = _row(session, login)
    if row is None or not the(session, login).second_factor_at:
        raise Conflict("There is no second factor.", code="second_factor_begin")
    _note(session, login, "factor.codes", login)
    return _new_codes(session, row)


def codes_left(session: Session, login: str) -> int:
    """Return how many recovery codes are left."""
    left = select(func.count()).where(RecoveryCode.login == login, RecoveryCode.used_at.is_(None))
    return session.scalar(left) or 0


def remove(session: Session, login: str, *, actor: str) -> None:
    """Ask for no second factor any more; the person is told where somebody else did it, and signed out everywhere."""
    account = the(session, login)
    if account.second_factor_at is None:
        raise Conflict("There is no second factor.", code="second_factor_begin")
    account.second_factor_at = None
    for table in (RecoveryCode, SecondFactor):
        session.execute(delete(table).where(table.login == login))
    live = update(AuthSession).where(AuthSession.login == login, AuthSession.revoked_at.is_(None))
    if actor == login:
        session.execute(live.values(second_factor=False))
    else:
        session.execute(live.values(revoked_at=clock.now()))
        notifications.notify(session, [login], code="account.factor_reset", level="warn")
    _note(session, actor, "factor.remove", login)


def _use_step(session: Session, row: SecondFactor, code: str) -> None:
    secret, now = pyotp.TOTP(_secret(row)), int(clock.now().timestamp() // STEP.total_seconds())
    given = _plain(code)
    fitting = [
        step
        for step in range(now - DRIFT, now + DRIFT + 1)
        if hmac.compare_digest(secret.generate_otp(step).encode(), given.encode())
    ]
    if not fitting:
        raise WrongCode
    # One statement, so that of two at a time one only gets in by a code.
    later = (SecondFactor.last_step.is_(None)) | (SecondFactor.last_step < fitting[0])
    used = update(SecondFactor).where(SecondFactor.id == row.id, later).values(last_step=fitting[0])
    if session.scalar(used.returning(SecondFactor.id)) is None:
        raise WrongCode


def _use_recovery_code(session: Session, row: SecondFactor, code: str) -> None:
    mine = (RecoveryCode.login == row.login, RecoveryCode.digest == _digest(row, code))
    used = update(RecoveryCode).where(*mine, RecoveryCode.used_at.is_(None)).values(used_at=clock.now())
    if session.scalar(used.returning(RecoveryCode.id)) is None:
        raise WrongCode
    _note(session, row.login, "factor.recovery", row.login)


def _new_codes(session: Session, row: SecondFactor) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.login == row.login))
    made = ["".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_SIGNS)) for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(login=row.login, digest=_digest(row, code)) for code in made)
    return [
        "-".join(code[at : at + RECOVERY_GROUP] for at in range(0, RECOVERY_SIGNS, RECOVERY_GROUP))
        for code in made
    ]


def _digest(row: SecondFactor, code: str) -> str:
    return hmac.digest(_secret(row).encode(), b"recovery " + _plain(code).encode(), "sha256").hex()


def _plain(code: str) -> str:
    return "".join(code.split()).replace("-", "").lower()


def _secret(row: SecondFactor) -> str:
    return sealing.unseal(keys.ring(), row.place, row.envelope).decode()


def _row(session: Session, login: str) -> SecondFactor | None:
    return session.scalar(select(SecondFactor).where(SecondFactor.login == login))


def _enrolment(login: str, secret: str) -> Enrolment:
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER))


def _note(session: Session, actor: str, act: str, login: str) -> None:
    audit.record(session, actor=actor, act=act, detail={"login": login})


def note_refusal(session: Session, login: str, remote: str) -> None:
    """Write down that a wrong code was given, by who knew the password."""
    audit.record(session, actor=login, act="factor.refused", detail={"login": login, "address": remote})
