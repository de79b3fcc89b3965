"""Where messages leave by, as the operator says: the mail server, the webhooks' networks, the address of the pages."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from handlers.outbox.choices import ADDRESS
from workflows.errors import InvalidInput

#: Scheme of DUBAN_SMTP → how the connection is encrypted, and the usual port.
SCHEMES = {"smtps": ("tls", 465), "smtp": ("starttls", 587), "smtp+plain": ("none", 25)}
DIGEST_HOUR = 8


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over."""

    host: str
    port: int
    encryption: str  #: tls starttls none
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class WayOut:
    """Everything about messages that differs between one installation and another."""

    smtp: MailServer | None = None  #: None: no mail is sent
    sender: str = ""
    domains: frozenset[str] = frozenset()  #: that mail may go to; empty means any
    digest_hour: int = DIGEST_HOUR  #: of the office's clock, on working days
    networks: tuple[
        ipaddress.IPv4Network | ipaddress.IPv6Network, ...
    ] = ()  #: inner ones webhooks may stand in
    public_url: str = (
        ""  #: where people reach the pages, without a slash at the end; empty: where it is served
    )

    @classmethod
    def of(cls, said: Mapping[str, str]) -> WayOut:
        """Return what the environment says; InvalidInput names the variable, and repeats no password."""
        smtp = _server(said.get("DUBAN_SMTP", ""))
        found = cls(
            smtp=smtp,
            sender=_sender(said.get("DUBAN_MAIL_FROM", ""), needed=smtp is not None),
            domains=frozenset(said.get("DUBAN_MAIL_DOMAINS", "").lower().replace(",", " ").split()),
            digest_hour=_hour(said.get("DUBAN_DIGEST_HOUR", "")),
            networks=tuple(map(_network, said.get("DUBAN_WEBHOOK_NETWORKS", "").replace(",", " ").split())),
            public_url=_public(said.get("DUBAN_PUBLIC_URL", "")),
        )
        if smtp and not found.public_url:
            raise InvalidInput(
                "DUBAN_PUBLIC_URL is needed with DUBAN_SMTP: mails carry links to the pages, "
                "such as https://duban.example.gov.cn."
            )
        return found


def _server(value: str) -> MailServer | None:
    if not value:
        return None
    # The value may hold a password: it is not repeated.
    wrong = InvalidInput(
        "DUBAN_SMTP is no address of a mail server; it looks like smtps://user:password@mail.example.gov.cn, "
        "with smtp:// for STARTTLS, or smtp+plain:// for a relay without encryption."
    )
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in SCHEMES or not parts.hostname or parts.path.strip("/") or parts.query:
        raise wrong
    encryption, usual = SCHEMES[parts.scheme]
    if encryption == "none" and parts.password is not None:
        raise InvalidInput(
            "DUBAN_SMTP would send a password unencrypted: use smtps:// or smtp:// (STARTTLS), or leave it out."
        )
    return MailServer(parts.hostname, port or usual, encryption, *_credentials(parts))


def _credentials(parts: SplitResult) -> tuple[str, str]:
    return unquote(parts.username or ""), unquote(parts.password or "")


def _sender(value: str, *, needed: bool) -> str:
    if not value and not needed:
        return ""
    if not ADDRESS.fullmatch(value):
        raise InvalidInput(
            f"DUBAN_MAIL_FROM is {value!r}; it must be the address that mail comes from, "
            "such as duban@example.gov.cn."
        )
    return value


def _hour(value: str) -> int:
    if not value:
        return DIGEST_HOUR
    if not value.isascii() or not value.isdecimal() or int(value) > 23:
        raise InvalidInput(f"DUBAN_DIGEST_HOUR is {value!r}; it must be an hour of the day, from 0 to 23.")
    return int(value)


def _network(value: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(value)
    except ValueError:
        raise InvalidInput(
            f"DUBAN_WEBHOOK_NETWORKS holds {value!r}; it must be networks such as 10.20.0.0/16, "
            "separated by commas."
        ) from None


def _public(value: str) -> str:
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.username is not None or parts.query or parts.fragment or parts.path.strip("/"):
        raise InvalidInput(
            f"DUBAN_PUBLIC_URL is {value!r}; it must be where people reach the pages, "
            "such as https://duban.example.gov.cn."
        )
    return value.rstrip("/")
