"""Passwords: how strong, how stored, how checked. NIST SP 800-63B-4 (2025), 3.1.1.

Length, and a list of what is guessed first; no rules of composition, no expiry without cause, any character, and the
same password however a keyboard writes it (Unicode NFKC).
"""

from __future__ import annotations

import re
import secrets
import threading
import unicodedata
from functools import lru_cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from workflows.errors import FieldError, InvalidInput

#: The only thing that is asked for; and beside a second factor.
SHORTEST, SHORTEST_OF_TWO = 15, 8
LONGEST = 256
#: What is guessed first, words between spaces; a derivative of one (doubled, with digits or signs around it) is as well.
COMMON = Path(__file__).with_name("common_passwords.txt")

_ROWS = (
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "abcdefghijklmnopqrstuvwxyz",
)
_AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")

_hasher = PasswordHasher()
#: For passwords that are known to everyone anyway: the demo's many accounts shall be there at once.
_open_hasher = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
# One check takes 64 MB and four lanes: a flood of sign-ins must not take the whole machine.
_turn = threading.BoundedSemaphore(2)
_nobodys: list[str] = []


def check_strength(login: str, password: str, *, second_factor: bool = False) -> None:
    """Raise InvalidInput unless the password is long enough, and none that is guessed first.

    `second_factor` where the account has one: the password may be shorter then.
    """
    shortest = SHORTEST_OF_TWO if second_factor else SHORTEST
    if not shortest <= len(_normal(password)) <= LONGEST:
        raise InvalidInput(
            f"A password has {shortest} to {LONGEST} characters.",
            fields={"password": FieldError("password", {"min": shortest, "max": LONGEST})},
        )
    if _guessed(login, _normal(password).casefold()):
        raise InvalidInput(
            "This password is among the first that are guessed: a common one, the account name, or keys in a row.",
            fields={"password": FieldError("password_common")},
        )


def stored(password: str, *, known_to_all: bool = False) -> str:
    """Return what is kept of a password; little work is spent on one that is no secret."""
    return (_open_hasher if known_to_all else _hasher).hash(_normal(password))


def fits(kept: str | None, password: str) -> bool:
    """Return whether the password is the one that was kept; for nobody's it takes as long to say no.

    An account without a password yet, or none any more, keeps "": nothing fits.
    """
    if len(password) > LONGEST:
        return False
    with _turn:
        try:
            return _hasher.verify(kept or _nobody(), _normal(password)) and bool(kept)
        except (VerificationError, InvalidHashError):
            return False


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _guessed(login: str, password: str) -> bool:
    """Return whether the whole password is a listed one, a row of keys, or little more than one of these."""
    bare = _AROUND.sub("", password)
    known = _common() | {login}
    candidates = {_once(password), _once(bare), _once(re.sub(r"[\W_]+", "", password))}
    return any(one in known or _in_a_row(one) or len(set(one)) < 3 for one in candidates if one) or _pair(
        bare, known
    )


def _pair(text: str, known: frozenset[str] | set[str]) -> bool:
    """Return whether the text is two listed words in a row, with whatever signs and digits between."""
    return any(
        text[:cut] in known and _AROUND.sub("", text[cut:]) in known for cut in range(3, len(text) - 1)
    )


def _once(text: str) -> str:
    """Return what a text repeats throughout, or the text itself."""
    again = (text + text).find(text, 1)
    return text[:again] if 0 < again < len(text) else text


def _in_a_row(text: str) -> bool:
    return any(len(text) > 3 and (text in row or text in row[::-1]) for row in _ROWS)


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    return frozenset(COMMON.read_text("utf-8").casefold().split())


def _nobody() -> str:
    if not _nobodys:
        _nobodys.append(_hasher.hash(secrets.token_urlsafe()))
    return _nobodys[0]
