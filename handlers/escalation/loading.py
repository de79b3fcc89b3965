"""Taking in the ladders' file: its form is the engine's to check, its words are checked here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.escalation.recipients import RELATIONS
from handlers.office import Role
from workflows import ladder, operations

#: Verbs that pass a task on; the others know nothing of `give_to`.
GIVING = frozenset({"escalation.reassign_if_not_claimed", "escalation.reassign_if_not_finished"})


def load(session: Session, text: str) -> int:
    """Take in `reminders.csv` and return how many rungs are new; the same file again adds nothing.

    InvalidInput names row and column: a verb that there is not, a recipient that is neither a relation to the
    task (`handler`, `head`, `leader`) nor a role, a rung that changed within a version.
    """
    known = frozenset(session.scalars(select(Role.id))) | RELATIONS.keys()
    for number, row in ladder.read(text):
        _guard(number, row, known)
    return ladder.load(session, text)


def verbs() -> list[str]:
    """Return what a rung may name in its column `operation`."""
    return [name for name in sorted(operations.names()) if operations.use_of(name) == "rung"]


def _guard(number: int, row: Mapping[str, Any], known: frozenset[str]) -> None:
    if row["operation"] not in verbs():
        raise ladder.wrong(
            number, "operation", f"there is no {row['operation']!r}; there are: {', '.join(verbs())}"
        )
    named = {"recipients": row["recipients"].split(), "give_to": [row["give_to"]] if row["give_to"] else []}
    for column, words in named.items():
        for word in words:
            if word not in known:
                right = ", ".join(sorted(known))
                raise ladder.wrong(number, column, f"{word!r} is no relation or role; there are: {right}")
    if row["give_to"] and row["operation"] not in GIVING:
        raise ladder.wrong(number, "give_to", f"{row['operation']} passes no task on; leave it empty")
