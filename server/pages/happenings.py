"""What a matter may be told from outside: a report withdrawn, a change of jurisdiction, a condition met."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.registers import Clue
from workflows.actor import Actor
from workflows.model import Subscription

#: Who may tell a matter of something.
TELLING = frozenset({"case_supervision", "case_supervision_head"})


@dataclass(frozen=True)
class Happening:
    """Something that a matter listens for: the message, its words, and what is asked before it is sent."""

    message: str
    label: str
    confirm: str


def heard(session: Session, actor: Actor, clue: Clue) -> list[Happening]:
    """Return what the matter listens for now and this reader may tell it."""
    if not actor.groups & TELLING:
        return []
    waiting = select(Subscription.name).where(
        Subscription.instance_id == clue.instance_id, Subscription.kind == "message"
    )
    names = set(session.scalars(waiting))
    return [happening for happening in _known() if happening.message in names]


def _known() -> tuple[Happening, ...]:
    return (
        Happening(
            "clue_withdrawn",
            _("The reporter withdraws"),
            _("Record that the reporter withdraws? The clue goes on all the same."),
        ),
        Happening(
            "clue_jurisdiction_changed",
            _("An order on jurisdiction has come"),
            _("Has an order on jurisdiction come? You enter it next; until then everything goes on."),
        ),
        Happening(
            "clue_reopen",
            _("The condition for reopening is met"),
            _("Bring the held clue back to study?"),
        ),
    )
