"""Attempts on a matter by somebody who may not know of it: case supervision is alarmed (domain.md §4.2 rule 7).

The sealer raises the alarm as it seals a refusal, once for each: the request itself must not take longer for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import notifications, office, wall
from handlers.notifications import Notification
from handlers.registers import Clue
from handlers.wall.rules import PREFIX
from server.traffic import rates
from workflows import clock
from workflows.actor import Actor
from workflows.model import AuditEvent

CODE = "clue.attempt"
#: Who is told: 案件监督管理室.
TOLD = ("case_supervision_head", "case_supervision")
#: Once for each matter in this span, and of one person's attempts no more than so many: all stand in the audit.
QUIET = timedelta(days=1)
MOST = rates.Limit("alarm", 5, QUIET)


def alarm(session: Session, sealed: Sequence[int]) -> None:
    """Tell case supervision of the refusals among these rows of the audit, whose actors are no part of the matter."""
    # Whoever tries a hundred times is looked at once.
    wanted = select(AuditEvent.actor, AuditEvent.scope_id).distinct()
    refused = wanted.where(
        AuditEvent.id.in_(sealed), AuditEvent.act == "refusal", AuditEvent.scope_id.startswith(PREFIX)
    )
    for login, scope_id in session.execute(refused).all():
        clue = session.get(Clue, (scope_id or "").removeprefix(PREFIX))
        if login and clue and not _told(session, clue):
            _alarm(session, office.actor_for(session, login), clue)


def _alarm(session: Session, actor: Actor, clue: Clue) -> None:
    if wall.view(session, actor, clue):
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
