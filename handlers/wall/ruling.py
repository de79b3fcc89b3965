"""Decisions of the wall with their reasons: each refusal names a rule of `bpmn/codes/wall_rules.csv`."""

from __future__ import annotations

from handlers import codes
from workflows.visibility import Decision

RULES = "wall_rules"


def allowed(reason: str = "", *, rule: str = "granted") -> Decision:
    """Return that an act is allowed."""
    return Decision(True, reason, rule)


def refused(rule: str, reason: str = "") -> Decision:
    """Return that an act is refused by a rule, in its words unless there are closer ones."""
    return Decision(False, reason or f"{codes.word(RULES, rule, 'en')}.", rule)


def decide(is_allowed: bool, rule: str, reason: str = "") -> Decision:
    """Return that an act is allowed, or refused by this rule."""
    return allowed() if is_allowed else refused(rule, reason)


UNSEEN = refused("unseen", "This user may not know of it.")
