"""Texts that name the reporter: found by name, numbers and address of the sealed record, and masked.

Exact marks only. Who is told by circumstances, by nicknames or by the way he writes is for people to see.
"""

from __future__ import annotations

import re

from handlers.vault.reporters import Identity

#: What stands in the place of each.
MASKS = {
    "name": "〔举报人〕",
    "id_number": "〔证件号〕",
    "phone": "〔电话〕",
    "email": "〔邮箱〕",
    "address": "〔住址〕",
}
#: Shorter ones would be found in every text.
SHORTEST = 2


def masked(text: str, identity: Identity) -> str:
    """Return the text with every mark of the reporter replaced; the same text where there is none."""
    for name, mask in MASKS.items():
        text = _pattern(getattr(identity, name)).sub(mask, text)
    return text


def _pattern(value: str) -> re.Pattern[str]:
    """Return what finds a value however it is spaced: 0512-6543 2100 as 051265432100."""
    signs = re.findall(r"[^\W_]|[@.]", value)
    if len(signs) < SHORTEST:
        return re.compile(r"(?!)")
    return re.compile(r"[\s\-()（）]*".join(map(re.escape, signs)), re.IGNORECASE)
