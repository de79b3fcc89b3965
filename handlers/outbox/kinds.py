"""What people are told about, sorted into the kinds for which each person chooses how it reaches him.

Every notice stands on the person's own page whatever he chooses: legal deadlines are not switched off.
"""

from __future__ import annotations

from collections.abc import Mapping

#: How a notice goes by mail: not at all, at once, or with the others of the day.
MAIL = ("none", "now", "digest")
#: Kind → how it goes by mail until its reader chooses.
KINDS: Mapping[str, str] = {
    "near": "now",
    "overdue": "now",
    "changed": "digest",
    "matter": "now",
    "return": "digest",
    "other": "digest",
}
_DEADLINES = {
    **dict.fromkeys(("normal", "remind", "warn", "alarm", "notified", "letter", "interview"), "near"),
    **dict.fromkeys(("overdue", "listed"), "overdue"),
    **dict.fromkeys(("given", "released", "stranded", "kept"), "other"),
}
_SUBJECTS = {"clue": "matter", "return": "return"}


def kind_of(code: str) -> str:
    """Return the kind of a notice by its code; every code has one, `other` if nothing fits."""
    subject, _, event = code.partition(".")
    if subject == "deadline":
        return _DEADLINES.get(event, "changed")
    return _SUBJECTS.get(subject, "other")
