"""The page of missing clocks, for supervisors and administrators: at which steps, and nothing of any matter."""

from __future__ import annotations

from collections import Counter

from flask import render_template
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.db import reading
from server.guard import guard
from server.pages import names
from server.pages.blueprint import blueprint
from workflows import clock, deployed, watchdog
from workflows.actor import Actor
from workflows.model import ProcessDefinition, Timer

READERS = {"supervisor", "admin"}


@blueprint.get("/clocks")
@guard(roles=READERS)
def clocks(actor: Actor) -> str:
    """Say at which steps open tasks lack a due date, their reminders or a timer, and what is late to fire."""
    with reading() as session:
        found = Counter(
            (one.definition_id, one.element_id, one.what, one.name) for one in watchdog.missing(session)
        )
        return render_template(
            "clocks.html",
            rows=[
                (
                    session.get_one(ProcessDefinition, definition),
                    _step(session, definition, element),
                    count,
                    _words(session, definition, what, name),
                )
                for (definition, element, what, name), count in sorted(found.items())
            ],
            late=_late(session),
        )


def _step(session: Session, definition_id: str, element_id: str) -> str:
    node = deployed.compiled(session, definition_id).node(element_id)
    english = node.attributes.get("properties", {}).get("en") if names.lang() == "en" else None
    return english or node.name or element_id


def _words(session: Session, definition_id: str, what: str, name: str) -> str:
    if what == "timer":
        return _("the timer \u201c%(name)s\u201d", name=_step(session, definition_id, name))
    return {"deadline": _("the due date"), "reminders": _("the reminders")}[what]


def _late(session: Session) -> int:
    """Return how many timers are due and have not fired; a number, and nothing of any matter."""
    waiting = select(func.count()).where(Timer.status == "waiting", Timer.due_at < clock.now())
    return session.scalar(waiting) or 0
