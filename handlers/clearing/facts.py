"""What the papers of these processes may say; registers these papers where all kinds of papers are known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from handlers.clearing import tolerating
from handlers.clearing.model import Clarification, Tolerance
from handlers.registers.papers import kinds
from handlers.registers.papers.facts import Fact, Subject, day, identity, organ, word, words


def _cleared(on: Subject) -> dict[str, Any]:
    """Return the result, and nothing of how it was reached: no clue, no report, no handler (S26c, S26d)."""
    row = on.session.scalar(select(Clarification).where(Clarification.number == on.number))
    if row is None:
        return {}
    return {
        **identity(on, row.subject_id),
        "text": row.text,
        "audience": row.audience,
        "methods": words("clarification_methods", row.methods),
        "on": day(row.clarified_on),
    }


def _determined(on: Subject) -> dict[str, Any]:
    row = on.session.scalar(select(Tolerance).where(Tolerance.number == on.number))
    if row is None:
        return {}
    return {
        **identity(on, row.subject_id),
        "grounds": words("tolerance_grounds", row.grounds),
        "hard_stops": words("tolerance_hard_stops", row.hard_stops),
        "criteria": [
            {
                "name": word("tolerance_criteria", one.criterion),
                "score": word("tolerance_scores", one.score),
                "evidence": one.evidence,
            }
            for one in tolerating.last_scores(on.session, row)
        ],
        "conclusion": row.conclusion,
        "outcome": word("tolerance_outcomes", row.outcome),
        "meeting_no": row.meeting_no or "",
        "on": day(row.decided_on),
        "correction": row.correction,
    }


_COMMON: Mapping[str, Fact] = {"organ": lambda on: organ(on.session)}
kinds.offer("clarification_letter", {**_COMMON, "cleared": _cleared})
kinds.offer("tolerance_decision", {**_COMMON, "determined": _determined})
