"""The kinds of papers, and what each may say: what goes out says nothing that the agency may not read."""

from __future__ import annotations

from collections.abc import Mapping

from handlers.registers.papers import facts
from handlers.registers.papers.facts import Fact
from workflows import papers

INWARD: Mapping[str, Fact] = {**facts.OUTWARD, **facts.INWARD}
#: Kind (code of `codes/document_kinds.csv`, name of its template) → what it may say.
KINDS: dict[str, Mapping[str, Fact]] = {
    "transfer_form": facts.OUTWARD,
    "receipt": facts.OUTWARD,
    "transfer_letter": {**facts.OUTWARD, **facts.LETTER},
    "clue_register": INWARD,
    "distribution_form": INWARD,
    "disposal_form": INWARD,
    "jurisdiction_letter": INWARD,
    "extension_form": INWARD,
    "notice_record": {**INWARD, **facts.NOTICE},
    "feedback_record": {**INWARD, **facts.RESULT},
    "supervision_letter": {**INWARD, **facts.SUPERVISED},
}
#: What the agency may see of its own transfers.
FOR_AGENCY = frozenset({"transfer_form", "receipt", "transfer_letter"})


def offer(kind: str, said: Mapping[str, Fact]) -> None:
    """Let there be one more kind of paper, of a register beside this one, and what it may say."""
    KINDS[kind] = said
    papers.know(kind, frozenset(said))


for _kind, _said in KINDS.items():
    papers.know(_kind, frozenset(_said))
