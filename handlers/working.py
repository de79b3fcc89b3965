"""Who works on a matter: he may tell what happened in it, by its number. Whoever may not learns nothing of it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from handlers import wall
from handlers.registers import Clue
from handlers.registers.record import numbered
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput
from workflows.operations import Context

#: Roles that work on matters.
WORKING = frozenset(
    {
        "intake_clerk",
        "handler",
        "office_head",
        "case_supervision",
        "case_supervision_head",
        "cadre_supervision",
        "reviewer",
        "leader",
        "principal",
    }
)


def works_on(session: Session, actor: Actor, clue: Clue) -> bool:
    """Return whether the actor holds such a role and sees the content of the matter."""
    return bool(actor.groups & WORKING) and wall.view(session, actor, clue) == "content"


def matter_of(context: Context, number: str) -> Clue:
    """Return the matter of this number; InvalidInput, as if there were none, to who does not work on it."""
    clue = numbered(context.session, number)
    if clue is None or context.actor is None or not works_on(context.session, context.actor, clue):
        raise InvalidInput(
            "There is no such matter.",
            fields={"number": FieldError("clue_number", {"number": number})},
            code="form",
        )
    return clue
