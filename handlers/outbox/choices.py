"""How a person wants to be told: his address, and for each kind by mail at once, by digest, or on the page alone."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.outbox.kinds import KINDS, MAIL
from handlers.outbox.model import DeliveryChoice, MailAddress
from workflows import clock
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput

#: What mail servers everywhere take; one line, so that nothing else gets into a message's head.
ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+)"
)
LONGEST = 254


@dataclass(frozen=True)
class Choice:
    """How one kind reaches a person beyond his page."""

    mail: str  #: one of MAIL
    webhooks: bool


def of(session: Session, logins: Collection[str]) -> dict[str, dict[str, Choice]]:
    """Return for each login its choice for every kind."""
    found = {login: {kind: Choice(mail, True) for kind, mail in KINDS.items()} for login in logins}
    for row in session.scalars(select(DeliveryChoice).where(DeliveryChoice.login.in_(logins))):
        found[row.login][row.kind] = Choice(row.mail, row.webhooks)
    return found


def addresses(session: Session, logins: Collection[str]) -> dict[str, str]:
    """Return the mail addresses of those who gave one."""
    rows = session.scalars(select(MailAddress).where(MailAddress.login.in_(logins)))
    return {row.login: row.address for row in rows}


def save(
    session: Session,
    actor: Actor,
    *,
    address: str,
    mail: Mapping[str, str],
    webhooks: Collection[str],
    domains: Collection[str] = (),
) -> None:
    """Keep the actor's choices; `domains` are those that mail may go to, none means any.

    Raises InvalidInput naming each bad field: `address`, or `mail-` and the kind.
    """
    wrong = {f"mail-{kind}": FieldError("option") for kind in KINDS if mail.get(kind) not in MAIL}
    if fault := _fault(address, domains):
        wrong["address"] = fault
    if wrong:
        raise InvalidInput("The choices are not understood.", fields=wrong, code="form")
    _keep_address(session, actor.id, address)
    for kind in KINDS:
        session.merge(DeliveryChoice(login=actor.id, kind=kind, mail=mail[kind], webhooks=kind in webhooks))
    session.flush()


def _fault(address: str, domains: Collection[str]) -> FieldError | None:
    if not address:
        return None
    found = ADDRESS.fullmatch(address)
    if found is None or len(address) > LONGEST:
        return FieldError("email")
    if domains and found[1].lower() not in domains:
        return FieldError("mail_domain", {"domains": sorted(domains)})
    return None


def _keep_address(session: Session, login: str, address: str) -> None:
    known = session.get(MailAddress, login)
    if not address:
        if known is not None:
            session.delete(known)
    elif known is None:
        session.add(MailAddress(login=login, address=address, changed_at=clock.now()))
    elif known.address != address:
        known.address, known.changed_at = address, clock.now()
