"""The table of limits, for supervisors: every rule with its source and all its versions."""

from __future__ import annotations

from collections.abc import Sequence

from flask import render_template, request
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handlers import office
from server.db import reading
from server.guard import guard
from server.pages.blueprint import blueprint
from server.pages.limit_words import STATUSES, approvers, cap, grounds, length, statuses, word
from workflows import calendar, limits, plans
from workflows.actor import Actor
from workflows.calendar import Limit
from workflows.model import Task, TimeLimit

SUPERVISOR = {"supervisor"}


@blueprint.get("/limits", endpoint="limits")
@guard(roles=SUPERVISOR)
def limits_list(actor: Actor) -> str:
    """List every rule as it holds today, with the loaded holiday plans."""
    status = request.args.get("status", "")
    today = office.today()
    with reading() as session:
        every = limits.every(session)
        rows = [(limits.current(session, rule, today), found) for rule, found in every.items()]
        return render_template(
            "limits.html",
            groups=_groups([(now, found) for now, found in rows if not status or now.status == status]),
            status=status,
            counted={code: sum(now.status == code for now, _found in rows) for code in STATUSES},
            statuses=statuses(),
            length=length,
            word=word,
            approvers=approvers,
            today=today,
            plans=plans.newest(session),
            official=calendar.WorkDays.official().years,
            jurisdiction=plans.jurisdiction(),
            provisional=_provisional(session),
        )


@blueprint.get("/limits/<rule_id>")
@guard(roles=SUPERVISOR)
def limit(actor: Actor, rule_id: str) -> str:
    """Show one rule with all its versions, the newest first: who wrote each, when and why."""
    with reading() as session:
        found = limits.versions(session, rule_id)
        return render_template(
            "limit.html",
            versions=found[::-1],
            now=limits.current(session, rule_id, office.today()),
            running=_running(session, rule_id),
            statuses=statuses(),
            length=length,
            cap=cap,
            word=word,
            approvers=approvers,
            grounds=grounds,
        )


def _groups(
    rows: Sequence[tuple[Limit, Sequence[TimeLimit]]],
) -> list[tuple[str, list[tuple[Limit, Sequence[TimeLimit]]]]]:
    """Return the rules as the page groups them: of the law, recorded only, the office's own."""
    named = (
        (_("Limits of law and Party rules"), lambda now: now.id.startswith("T") and not now.recorded),
        (_("Measures that deprive of liberty: dates only, no clock runs here"), lambda now: now.recorded),
        (
            _("Limits that the office has set for itself"),
            lambda now: now.id.startswith("D") and not now.recorded,
        ),
    )
    return [(title, found) for title, of in named if (found := [row for row in rows if of(row[0])])]


def _provisional(session: Session) -> int:
    """Return how many running deadlines wait for a plan; a number, and nothing of any matter."""
    waiting = select(func.count()).where(Task.closed_at.is_(None), Task.due_provisional)
    return session.scalar(waiting) or 0


def _running(session: Session, rule_id: str) -> dict[int, int]:
    """Return how many open tasks run on each version."""
    counted = (
        select(Task.limit_version, func.count())
        .where(Task.limit_id == rule_id, Task.closed_at.is_(None))
        .group_by(Task.limit_version)
    )
    return {version or 1: number for version, number in session.execute(counted)}
