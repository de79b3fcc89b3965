"""Envelopes: content under a key of its own, that key under a master key, both bound to the place where they lie.

AES-256-GCM. The place (table, id, matter …) is authenticated with the content and with its key: a row that stands
for another, or of which a bit has changed, does not open.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from handlers.vault.keys import KEY_BYTES, KeyRing
from workflows.errors import Conflict

NONCE_BYTES = 12
#: What stands for the master key of a record that has no data key any more, see `shredding`.
SHREDDED = ""


class Unreadable(Conflict):
    """A sealed row does not open: it was changed, stands in another's place, or its master key is missing."""

    def __init__(self, place: str, why: str, code: str) -> None:
        super().__init__(f"{place}: {why}", code=code, place=place)


@dataclass(frozen=True)
class Envelope:
    """Sealed content with its wrapped key."""

    key_id: str  #: of the master key
    wrapped_key: bytes = field(repr=False)
    content: bytes = field(repr=False)


def seal(ring: KeyRing, place: str, content: bytes) -> Envelope:
    """Return the content sealed for its place, under a new key of its own."""
    key = secrets.token_bytes(KEY_BYTES)
    key_id, wrapped = _wrap(ring, place, key)
    return Envelope(key_id, wrapped, _encrypt(key, content, f"content {place}"))


def unseal(ring: KeyRing, place: str, envelope: Envelope) -> bytes:
    """Return the content; Unreadable names the place."""
    key = _unwrap(ring, place, envelope.key_id, envelope.wrapped_key)
    return _decrypt(key, envelope.content, f"content {place}", place)


def rewrap(ring: KeyRing, place: str, key_id: str, wrapped_key: bytes) -> tuple[str, bytes]:
    """Return the id of the present master key, and the row's key wrapped by it; the content stays as it is."""
    return _wrap(ring, place, _unwrap(ring, place, key_id, wrapped_key))


def _wrap(ring: KeyRing, place: str, key: bytes) -> tuple[str, bytes]:
    master = ring.current
    return master, _encrypt(ring.keys[master], key, f"key {master} {place}")


def _unwrap(ring: KeyRing, place: str, key_id: str, wrapped: bytes) -> bytes:
    if key_id not in ring.keys:
        why = f"sealed by the master key {key_id}, which is not in the file of keys."
        raise Unreadable(place, why, "vault_key_missing")
    return _decrypt(ring.keys[key_id], wrapped, f"key {key_id} {place}", place)


def _encrypt(key: bytes, content: bytes, bound: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, bound.encode())


def _decrypt(key: bytes, sealed: bytes, bound: str, place: str) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound.encode())
    except (InvalidTag, ValueError):
        why = "the seal is broken: it was changed, or put in the place of another."
        raise Unreadable(place, why, "vault_tampered") from None
