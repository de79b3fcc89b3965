"""When a transfer says what one that was sent before has said: the same persons and bodies, the same facts."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.registers.model import Clue

#: Digests that one query asks for: databases take only so many.
_AT_ONCE = 500


def same(words: str) -> str:
    """Return words as they are compared: one width, no blanks, no case."""
    return "".join(unicodedata.normalize("NFKC", words).split()).casefold()


def digest(names: Iterable[str], facts: str) -> str:
    """Return what is the same for two transfers about the same persons and facts, however they are spaced."""
    said = "\n".join((*sorted({same(name) for name in names}), "", same(facts)))
    return hashlib.sha256(said.encode()).hexdigest()


def sent_before(session: Session, agency: str, digests: Iterable[str]) -> Mapping[str, Clue]:
    """Return the agency's clues that have these digests: digest → the one that was sent first."""
    wanted = list(dict.fromkeys(digests))
    found: dict[str, Clue] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        clues = select(Clue).where(
            Clue.agency_code == agency, Clue.content_digest.in_(wanted[start : start + _AT_ONCE])
        )
        for clue in session.scalars(clues.order_by(Clue.submitted_at, Clue.id)):
            found.setdefault(clue.content_digest or "", clue)
    return found
