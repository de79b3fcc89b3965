"""A short memory of proved passwords, for clients that send theirs with every request."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta

REMEMBERED = timedelta(minutes=5)
MOST_REMEMBERED = 1000


@dataclass(frozen=True)
class _Proof:
    stored: str  #: the hash it was proved against: another one means another password
    until: float  #: of the monotonic clock


class Memory:
    """Proofs of the last minutes, under digests keyed by a secret that dies with the process."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._proofs: OrderedDict[bytes, _Proof] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, login: str, password: str, stored: str) -> None:
        """Remember that the password was proved against the stored hash."""
        proof = _Proof(stored, time.monotonic() + REMEMBERED.total_seconds())
        with self._lock:
            self._proofs[self._digest(login, password)] = proof
            while len(self._proofs) > MOST_REMEMBERED:
                self._proofs.popitem(last=False)

    def knows(self, login: str, password: str, stored: str) -> bool:
        """Return whether it was, not long ago, and the hash is still the same."""
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
