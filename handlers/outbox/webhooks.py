"""The office's own systems that are told: which there are, and what an administrator may write as an address."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Sequence
from urllib.parse import SplitResult, urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.outbox.kinds import KINDS
from handlers.outbox.model import Webhook
from workflows import audit, clock
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput, NotFound

Networks = Collection[ipaddress.IPv4Network | ipaddress.IPv6Network]
LONGEST_NAME, LONGEST_URL = 64, 1000
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def listing(session: Session) -> Sequence[Webhook]:
    """Return those that are told, oldest first."""
    rows = select(Webhook).where(Webhook.stopped_at.is_(None))
    return session.scalars(rows.order_by(Webhook.created_at, Webhook.id)).all()


def add(
    session: Session, *, name: str, url: str, kinds: Collection[str], networks: Networks, actor: Actor
) -> Webhook:
    """Return a new webhook; InvalidInput names every bad field: `name`, `url`, `kinds`."""
    wrong: dict[str, FieldError] = {}
    if not name:
        wrong["name"] = FieldError("required")
    elif len(name) > LONGEST_NAME:
        wrong["name"] = FieldError("too_long", {"length": len(name), "max": LONGEST_NAME})
    if fault := url_fault(url, networks):
        wrong["url"] = fault
    if not kinds or not set(kinds) <= set(KINDS):
        wrong["kinds"] = FieldError("option" if kinds else "required")
    if wrong:
        raise InvalidInput("The webhook is not understood.", fields=wrong, code="form")
    made = Webhook(
        name=name,
        url=url,
        kinds=[kind for kind in KINDS if kind in kinds],
        created_by=actor.id,
        created_at=clock.now(),
    )
    session.add(made)
    session.flush()
    _note(session, actor, "add", made)
    return made


def renew(session: Session, webhook_id: str, *, actor: Actor) -> Webhook:
    """Return the webhook, from now on with another secret; NotFound when it is not told."""
    found = _live(session, webhook_id)
    found.generation += 1
    _note(session, actor, "renew", found)
    return found


def stop(session: Session, webhook_id: str, *, actor: Actor) -> None:
    """Tell this one nothing more, what waits for it included; NotFound when it is not told."""
    found = _live(session, webhook_id)
    found.stopped_at = clock.now()
    _note(session, actor, "stop", found)


def url_fault(url: str, networks: Networks) -> FieldError | None:
    """Return what is wrong with an address: https to a public host, or anything within the allowed networks.

    A name is judged again by what it resolves to, each time that something is sent to it.
    """
    if not url:
        return FieldError("required")
    if len(url) > LONGEST_URL:
        return FieldError("too_long", {"length": len(url), "max": LONGEST_URL})
    parts = _parts(url)
    if parts is None or parts.scheme not in ("https", "http"):
        return FieldError("webhook_url")
    if parts.username is not None or parts.password is not None or parts.fragment:
        return FieldError("webhook_url")
    if parts.scheme == "http" and not networks:
        return FieldError("webhook_https")
    return _host_fault(parts.hostname or "", networks)


def allowed(address: str, networks: Networks, *, encrypted: bool = True) -> bool:
    """Return whether something may be sent to this IP address: unencrypted within the allowed networks only."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if any(ip.version == network.version and ip in network for network in networks):
        return True
    return encrypted and ip.is_global and not ip.is_multicast


def _parts(url: str) -> SplitResult | None:
    if any(character <= " " or character == "\\" or ord(character) > 126 for character in url):
        return None
    try:
        parts = urlsplit(url)
        return parts if parts.hostname and parts.port != 0 else None
    except ValueError:
        return None


def _host_fault(host: str, networks: Networks) -> FieldError | None:
    try:
        inside = allowed(host, networks)
    except ValueError:
        # A name: all digits would be read as an address by some resolvers and not by us.
        if not _HOST.fullmatch(host) or not re.match("[A-Za-z]", host.rpartition(".")[2]):
            return FieldError("webhook_url")
        inside = bool(networks) or ("." in host and not host.endswith((".local", ".localhost", ".internal")))
    return None if inside else FieldError("webhook_private")


def _live(session: Session, webhook_id: str) -> Webhook:
    found = session.get(Webhook, webhook_id)
    if found is None or found.stopped_at is not None:
        raise NotFound("There is no such webhook.", code="webhook")
    return found


def _note(session: Session, actor: Actor, act: str, webhook: Webhook) -> None:
    detail = {"webhook": webhook.id, "name": webhook.name, "url": webhook.url}
    audit.record(session, actor=actor, act=f"webhook.{act}", detail=detail)
