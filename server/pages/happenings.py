"""What a matter may be told from outside: a report withdrawn, a change of jurisdiction, a condition met."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.cases import changes
from handlers.registers import Clue
from handlers.registers.record import handlers_of
from workflows.actor import Actor
from workflows.model import Subscription

#: Who may tell a matter of something.
TELLING = frozenset({"case_supervision", "case_supervision_head", "handler"})
#: Those of them who tell the clue; handlers tell the case.
_OF_CLUE = TELLING - {"handler"}


@dataclass(frozen=True)
class Happening:
    """Something that a matter listens for: the message, its words, and what is asked before it is sent."""

    message: str
    label: str
    confirm: str


def heard(session: Session, actor: Actor, clue: Clue) -> list[Happening]:
    """Return what the matter listens for now and this reader may tell it: its handlers the case, others the clue."""
    if actor.id in handlers_of(session, clue) and changes.listening(session, clue):
        return [_of_case()]
    if not actor.groups & _OF_CLUE:
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


def _of_case() -> Happening:
    return Happening(
        changes.MESSAGE,
        _("Somebody in the case died, retired or is missing"),
        _(
            "Has somebody in the case died, retired or gone missing? The handlers enter it next; the case goes on."
        ),
    )
