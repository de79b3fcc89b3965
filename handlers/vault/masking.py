"""Texts that name the reporter: found by name, numbers and address of the sealed record, and masked.

Exact marks only. Who is told by circumstances, by nicknames or by the way he writes is for people to see.
"""

from __future__ import annotations

import re
from dataclasses import asdict

from sqlalchemy.orm import Session

from handlers.registers import Clue
from handlers.vault import reporters
from handlers.vault.reporters import Identity
from workflows import audit
from workflows.actor import Actor
from workflows.errors import NotFound

#: What stands in the place of each.
MASKS = {
    "name": "〔举报人〕",
    "id_number": "〔证件号〕",
    "phone": "〔电话〕",
    "email": "〔邮箱〕",
    "address": "〔住址〕",
}
#: Where the intake office writes of a clue.
TEXTS = ("facts", "agency_conclusion", "contact", "head_sign", "summary")
#: Shorter ones would be found in every text.
SHORTEST = 2


def masked(text: str, identity: Identity) -> str:
    """Return the text with every mark of the reporter replaced; the same text where there is none."""
    for name, mask in MASKS.items():
        text = _pattern(getattr(identity, name)).sub(mask, text)
    return text


def proposals(clue: Clue, identity: Identity) -> dict[str, str]:
    """Return each text of the clue that bears a mark of its reporter, as it would be without: by field."""
    texts = {name: getattr(clue, name) or "" for name in TEXTS}
    return {name: cut for name, text in texts.items() if (cut := masked(text, identity)) != text}


def mask(session: Session, actor: Actor, clue: Clue) -> None:
    """Take the marks of the reporter out of the clue's texts; what stood there lies sealed with the identity.

    By who may write the reporter, see `reporters.write`. Papers that were made before stay as they are.
    """
    row = reporters.found(session, clue)
    if row is None:
        raise NotFound(f"There is no reporter of {clue.id}.", code="clue")
    identity = reporters.opened(row)
    cut = proposals(clue, identity)
    old = "\n".join(f"{name}: {getattr(clue, name)}" for name in cut)
    given = {**asdict(identity), "before": "\n".join(filter(None, (identity.before, old)))}
    reporters.write(session, actor, clue, given)
    for name, text in cut.items():
        setattr(clue, name, text)
    audit.record(
        session,
        actor=actor,
        act="vault.mask",
        scope_id=clue.scope_id,
        field_group="content",
        detail={"fields": sorted(cut)},
    )


def _pattern(value: str) -> re.Pattern[str]:
    """Return what finds a value however it is spaced: 0512-6543 2100 as 051265432100."""
    signs = re.findall(r"[^\W_]|[@.]", value)
    if len(signs) < SHORTEST:
        return re.compile(r"(?!)")
    return re.compile(r"[\s\-()（）]*".join(map(re.escape, signs)), re.IGNORECASE)
