"""Attempts on a matter by somebody who may not know of it: case supervision is alarmed (domain.md §4.2 rule 7)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import notifications, office, wall
from handlers.notifications import Notification
from handlers.registers import Clue
from server.traffic import rates
from workflows import clock
from workflows.actor import Actor

CODE = "clue.attempt"
#: Who is told: 案件监督管理室.
TOLD = ("case_supervision_head", "case_supervision")
#: Once for each matter in this span, and of one person's attempts no more than so many: all stand in the audit.
QUIET = timedelta(days=1)
MOST = rates.Limit("alarm", 5, QUIET)


def alarm(session: Session, actor: Actor, clue_id: str) -> None:
    """Tell case supervision of a refusal, where the actor is no part of the matter and it has not been told lately."""
    clue = session.get(Clue, clue_id)
    if clue is None or wall.view(session, actor, clue) or _told(session, clue):
        return
    try:
        rates.spend(session, actor.id, MOST)
    except rates.TooMany:
        return
    people = [person.login for group in TOLD for person in office.people_in(session, group)]
    notifications.notify(
        session,
        [login for login in people if login and login != actor.id],
        code=CODE,
        params={"number": clue.clue_no or clue.transfer_no, "login": actor.id},
        scope_id=clue.scope_id,
        level="alarm",
    )


def _told(session: Session, clue: Clue) -> bool:
    lately = select(Notification.id).where(
        Notification.scope_id == clue.scope_id,
        Notification.code == CODE,
        Notification.at > clock.now() - QUIET,
    )
    return session.scalar(lately.limit(1)) is not None
