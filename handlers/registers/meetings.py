"""Records of meetings: what is decided collectively has one, and nobody sits in it who keeps out (domain.md §4.2 rule 4).

Who was there is checked against the wall, whatever the diagram or its form asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from handlers import acts
from handlers.registers.model import Clue, Meeting
from handlers.registers.numbers import next_number
from handlers.registers.record import FEWEST_HANDLERS, Answers, clue_of, keep_files, note, who
from workflows.actor import Actor
from workflows.errors import EngineFault, refused
from workflows.model import Task
from workflows.operations import Context, operation
from workflows.visibility import policy


@operation("meetings.record")
def record(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Record a meeting that decides collectively; `decision`, where the form asks for it, becomes a variable."""
    clue = clue_of(context)
    row = keep(context, clue, answers, step=str(context.variables.get("about") or context.element_id or ""))
    keep_files(context, clue, answers.get("minutes"), "minutes", "minutes")
    note(context, clue, "meeting.recorded", number=row.number, act=row.act)
    decided = {"decision_meeting": answers["decision"]} if answers.get("decision") else {}
    return {"meeting_no": row.number, **decided}


def keep(context: Context, clue: Clue, answers: Answers, *, step: str) -> Meeting:
    """Return the new record of a meeting; InvalidInput names who may not sit in it, or that they are too few."""
    task = context.session.get(Task, context.task_id) if context.task_id else None
    if task is None:
        raise EngineFault("Only a step that somebody does records a meeting.", element=context.element_id)
    present, recused = list(answers["present"]), list(answers.get("recused") or ())
    _check(context, task, present, recused)
    row = Meeting(
        number=next_number(context.session, "meeting", context.now),
        clue_id=clue.id,
        step=step,
        act=task.act,
        stage=task.stage,
        body=answers["body"],
        held_on=date.fromisoformat(answers["held_on"]),
        present=present,
        recused=recused,
        opinions=[line.strip() for line in answers["opinions"].splitlines() if line.strip()],
        vote=answers.get("vote") or "",
        resolution=answers["resolution"],
        recorded_by=who(context),
        recorded_at=context.now,
    )
    context.session.add(row)
    return row


def _check(context: Context, task: Task, present: Sequence[str], recused: Sequence[str]) -> None:
    """Refuse a meeting in which somebody sits twice, or who may not, or in which too few do."""
    if set(present) & set(recused):
        raise refused("recused", "recused_present")
    if twice := sorted({login for login in present if list(present).count(login) > 1}):
        raise refused("present", "sits_twice", logins=twice)
    least = acts.members(task.act) or FEWEST_HANDLERS
    if len(present) < least:
        raise refused("present", "too_few", min=least)
    may = policy().may
    barred = [login for login in present if not may(context.session, Actor(login), "sit", task).allowed]
    if barred:
        raise refused("present", "may_not_sit", logins=barred)
