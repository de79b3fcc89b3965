"""Passwords: how strong, how stored, how checked."""

from __future__ import annotations

import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from workflows.errors import FieldError, InvalidInput

SHORTEST = 8
LONGEST = 256

_hasher = PasswordHasher()
#: For passwords that are known to everyone anyway: the demo's many accounts shall be there at once.
_open_hasher = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
# One check takes 64 MB and four lanes: a flood of sign-ins must not take the whole machine.
_turn = threading.BoundedSemaphore(2)
_nobodys: list[str] = []


def check_strength(login: str, password: str) -> None:
    """Raise InvalidInput unless the password is long enough, and not the login."""
    if not SHORTEST <= len(password) <= LONGEST or password.lower() == login:
        raise InvalidInput(
            f"A password has {SHORTEST} to {LONGEST} characters, and is not the account name.",
            fields={"password": FieldError("password", {"min": SHORTEST, "max": LONGEST})},
        )


def stored(password: str, *, known_to_all: bool = False) -> str:
    """Return what is kept of a password; little work is spent on one that is no secret."""
    return (_open_hasher if known_to_all else _hasher).hash(password)


def fits(kept: str | None, password: str) -> bool:
    """Return whether the password is the one that was kept; for nobody's it takes as long to say no."""
    if len(password) > LONGEST:
        return False
    with _turn:
        try:
            return _hasher.verify(kept or _nobody(), password) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def _nobody() -> str:
    if not _nobodys:
        _nobodys.append(_hasher.hash(secrets.token_urlsafe()))
    return _nobodys[0]
