"""Webhooks: how a message is signed, and posted to the very address that was found to be allowed.

Signatures are those of Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over id, timestamp and body. The id
stays the same when a message is sent again; the timestamp is of the attempt. See `docs/how-to/receive-webhooks.md`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import socket
import ssl
from urllib.parse import urlsplit

from handlers.outbox import Webhook
from handlers.outbox.webhooks import Networks, allowed
from server.outgoing.content import Content
from workflows import clock

SECONDS = 10
#: Answers by which a receiver asks for another attempt, besides all of 500 and more.
LATER = frozenset({408, 425, 429})


class Refused(Exception):
    """The message was not taken; `for_good` if another attempt would not help."""

    def __init__(self, why: str, *, for_good: bool) -> None:
        super().__init__(why)
        self.for_good = for_good


def secret(webhook: Webhook, secret_key: str) -> str:
    """Return what the receiver verifies signatures with: derived from the server's key, stored nowhere."""
    said = f"webhook:{webhook.id}:{webhook.generation}".encode()
    made = hmac.digest(secret_key.encode(), said, hashlib.sha256)
    return "whsec_" + base64.b64encode(made).decode()


def body(message_id: str, login: str, content: Content) -> bytes:
    """Return what is posted: whom it is for, and of the matter number, step, date and link."""
    said = {
        "id": message_id,
        "kind": content.kind,
        "to": login,
        "number": content.number or None,
        "step": content.step_zh or None,
        "step_en": content.step_en or None,
        "due": content.due or None,
        "link": content.link,
    }
    return json.dumps(said, ensure_ascii=False).encode()


def headers(message_id: str, payload: bytes, key: str) -> dict[str, str]:
    """Return the head of the request, signed as of now."""
    timestamp = str(int(clock.now().timestamp()))
    signed = f"{message_id}.{timestamp}.".encode() + payload
    made = hmac.digest(base64.b64decode(key.removeprefix("whsec_")), signed, hashlib.sha256)
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Duban",
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": "v1," + base64.b64encode(made).decode(),
    }


def post(url: str, payload: bytes, head: dict[str, str], networks: Networks) -> None:
    """Post a message and return once the receiver has taken it with an answer of 200 to 299; else Refused.

    Redirects are refused, environment proxies not asked, and nothing of the answer but its number is kept.
    """
    parts = urlsplit(url)
    host, encrypted = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if encrypted else 80)
    address = _address(host, port, networks, encrypted)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _Pinned(host, port, address, encrypted)
    try:
        connection.request("POST", path, payload, head)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        untrusted = isinstance(error, ssl.SSLCertVerificationError)
        why = "the certificate is not trusted" if untrusted else type(error).__name__
        raise Refused(why, for_good=False) from None
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise Refused(f"HTTP {status}", for_good=status < 500 and status not in LATER)


class _Pinned(http.client.HTTPConnection):
    """A connection to one IP address, whatever the name resolves to a moment later."""

    def __init__(self, host: str, port: int, address: str, encrypted: bool) -> None:
        super().__init__(host, port, timeout=SECONDS)
        self.default_port = 443 if encrypted else 80
        self._address = address
        self._encrypted = encrypted

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._encrypted:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


def _address(host: str, port: int, networks: Networks, encrypted: bool) -> str:
    """Return an IP address of the host. All of them have to be allowed: which is taken is not ours to say."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        raise Refused("the name does not resolve", for_good=False) from None
    if not all(allowed(address.partition("%")[0], networks, encrypted=encrypted) for address in found):
        raise Refused("the address is a private one that is not allowed", for_good=True)
    return min(found, key=lambda address: (":" in address, address))
